"""Trained routers as the gateway uses them: the suite's reader and one router of it, with this pool's experts in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gateway.batching import Batching
from gateway.document import Misplaced
from gateway.errors import ConfigError
from gateway.experts import Expert, Experts
from routers.abilities import Ability
from routers.base import Array, Router
from routers.categories import nearest
from routers.errors import ArtifactError, UnknownProfile
from routers.knowledge import Knowledge
from routers.pool import for_pool
from routers.suite import Suite, load_bundled_suite, load_suite
from routers.verbosity import Verbosity

QUICK_CHARACTERS = 1000
"""As much as the quick encoder reads in well under a millisecond."""
ROUTERS: frozenset[str] = frozenset({"blend", "category", "irt", "skills", "linear"})
"""The routers that a policy or a wish may name."""


class TextReader(Protocol):
    """Texts to rows, at two speeds. Below `sure_above` a confidence is not to be relied on."""

    @property
    def sure_above(self) -> float: ...

    def glance(self, texts: Sequence[str]) -> tuple[Array, Array]:
        """Quick rows (n, d), and (n,) bool: which of them stand."""

    def encode(self, texts: Sequence[str]) -> Array:
        """Careful rows (n, d)."""

    def strange(self, rows: Array) -> Sequence[str]:
        """Per careful row: in words why it is nothing a router was made for, or ""."""


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """What a router says of one query: quality and its uncertainty (m,), and what it takes the query for.

    skills: what the query asks for, in words. outlier: in words why the query is none the router was made for, or "".
    output_tokens: what the average expert is expected to write; None where nobody has learned it.
    """

    mean: Array
    std: Array
    confidence: float
    label: str
    reason: str
    skills: tuple[str, ...] = ()
    outlier: str = ""
    output_tokens: float | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One router by name, its columns the experts of the pool, with the reader of its rows."""

    name: str
    reader: TextReader
    router: Router
    version: str
    verbosity: Verbosity | None = None

    @property
    def sure_above(self) -> float:
        return self.reader.sure_above

    def quick(self, text: str) -> bool:
        """So little work that an event loop may begin with it."""
        return len(text) <= QUICK_CHARACTERS

    def at_once(self, texts: Sequence[str]) -> list[Forecast | None]:
        """What the router says of the texts that the quick encoder settles; None of the others."""
        rows, settled = self.reader.glance(texts)
        if not settled.any():
            return [None] * len(texts)
        said = iter(self._said(rows[settled], ("",) * int(settled.sum())))
        return [next(said) if stands else None for stands in settled.tolist()]

    def with_care(self, texts: Sequence[str]) -> list[Forecast]:
        """What the router says of texts that the full encoder reads."""
        rows = self.reader.encode(texts)
        return self._said(rows, self.reader.strange(rows))

    def _said(self, rows: Array, strange: Sequence[str]) -> list[Forecast]:
        prediction = self.router.predict(rows)
        columns = zip(
            prediction.mean,
            prediction.std,
            prediction.confidence.tolist(),
            prediction.labels,
            prediction.reasons,
            prediction.skills or ((),) * len(rows),
            strange,
            [None] * len(rows) if self.verbosity is None else self.verbosity.lengths(rows).tolist(),
            strict=True,
        )
        return [Forecast(*row) for row in columns]


def rows_of(reader: TextReader, texts: Sequence[str]) -> Array:
    """Rows (n, d) of texts, the full encoder asked where the quick one is not sure; any router may judge them."""
    rows, settled = reader.glance(texts)
    asked = [n for n, stands in enumerate(settled.tolist()) if not stands]
    if asked:
        rows[asked] = reader.encode([texts[n] for n in asked])
    return rows


class Reader:
    """A reading shared by all requests: what arrives together is read together, off the event loop if it takes long.

    The quick encoder works on the loop; what it cannot settle, and what is long, is read with care in the thread.
    `settled` and `asked` count which of both it was. general: what each expert scores on average over all categories.
    """

    def __init__(self, reading: Reading, thread: Executor, general: Mapping[str, float] | None = None) -> None:
        self.reading = reading
        self.general: Mapping[str, float] = general or {}
        self.settled = self.asked = 0
        self._at_once = Batching(reading.at_once, lambda text: True, thread)
        self._with_care = Batching(reading.with_care, lambda text: False, thread)

    async def __call__(self, text: str) -> Forecast:
        if self.reading.quick(text):
            found = await self._at_once(text)
            if found is not None:
                self.settled += 1
                return found
        self.asked += 1
        return await self._with_care(text)


def load_artifact(folder: Path | None) -> Suite:
    """The operator's own routers, or the bundled ones; ConfigError where they cannot be used."""
    try:
        return load_bundled_suite(only=ROUTERS) if folder is None else load_suite(folder, only=ROUTERS)
    except ArtifactError as error:
        raise ConfigError(f"router artifact: {error}") from None


def readings(suite: Suite, experts: Experts, folder: Path) -> dict[str, Reading]:
    """The routers that know this pool, by name; Misplaced where an expert's abilities or profile are not known.

    folder: what a profile's path is relative to.
    """
    pool = {expert.name: _knowledge(expert, place, suite, folder) for place, expert in enumerate(experts.experts)}
    routers = for_pool(suite.routers, pool, suite.version)
    return {
        name: Reading(name, suite.reader, router, suite.version, suite.verbosity) for name, router in routers.items()
    }


def _knowledge(expert: Expert, place: int, suite: Suite, folder: Path) -> Knowledge:
    try:
        if expert.profile is not None:
            return _profile(expert.profile, suite, folder)
        if expert.abilities:
            return Knowledge(ability=Ability.declared(expert.abilities))
        return Knowledge(recorded=expert.name if expert.name in suite.experts else None)
    except UnknownProfile as error:
        raise Misplaced(("experts", place, "profile"), str(error)) from None
    except ValueError as error:
        raise Misplaced(("experts", place, "abilities"), str(error)) from None


def _profile(profile: str, suite: Suite, folder: Path) -> Knowledge:
    """A recorded model's, or that of a file which onboarding wrote."""
    if profile in suite.experts:
        return Knowledge(recorded=profile)
    if profile.endswith(".json"):
        return Knowledge.from_profile(folder / profile)
    raise UnknownProfile(f"no profile of {profile!r}; the nearest are {nearest(profile, suite.experts)}")
