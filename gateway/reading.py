"""A trained router as the gateway uses it: the artifact's encoder and classifier, with this pool's experts in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from gateway.batching import Batching
from gateway.document import Misplaced
from gateway.errors import ConfigError
from gateway.experts import Expert, Experts
from routers.abilities import Ability, Profiles
from routers.artifacts import CategoryArtifact, load_bundled, load_category
from routers.base import Encoder, Router
from routers.errors import ArtifactError, UnknownProfile

QUICK_CHARACTERS = 1000
"""As much as an inline encoder reads in well under a millisecond."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a router says of one query: quality and its uncertainty by expert, and what it takes the query for."""

    mean: Mapping[str, float]
    std: Mapping[str, float]
    confidence: float
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One router by name, with its encoder. Below `sure_above` what it says of a query is not to be relied on."""

    name: str
    encoder: Encoder
    router: Router
    sure_above: float
    version: str

    def quick(self, text: str) -> bool:
        """So little work that an event loop may do it."""
        return self.encoder.inline and len(text) <= QUICK_CHARACTERS

    def forecast(self, texts: Sequence[str]) -> list[Forecast]:
        """What the router says of each text."""
        prediction = self.router.predict(self.encoder.encode(texts))
        experts = self.router.experts_
        rows = zip(
            prediction.mean.tolist(),
            prediction.std.tolist(),
            prediction.confidence.tolist(),
            prediction.labels,
            prediction.reasons,
            strict=True,
        )
        return [
            Forecast(
                dict(zip(experts, mean, strict=True)), dict(zip(experts, std, strict=True)), confidence, label, reason
            )
            for mean, std, confidence, label, reason in rows
        ]


class Reader:
    """A reading shared by all requests: what arrives together is read together, off the event loop if it is long."""

    def __init__(self, reading: Reading, thread: Executor) -> None:
        self.reading = reading
        self._forecast = Batching(reading.forecast, reading.quick, thread)

    async def __call__(self, text: str) -> Forecast:
        return await self._forecast(text)


ROUTERS: frozenset[str] = frozenset({"category"})
"""The routers that a policy or a wish may name."""


def load_artifact(folder: Path | None) -> CategoryArtifact:
    """The operator's own artifact, or the bundled one; ConfigError where it cannot be used."""
    try:
        return load_bundled() if folder is None else load_category(folder)
    except ArtifactError as error:
        raise ConfigError(f"router artifact: {error}") from None


def readings(artifact: CategoryArtifact, experts: Experts) -> dict[str, Reading]:
    """The routers over this pool, by name; Misplaced where an expert's abilities or profile are not known."""
    abilities = {
        expert.name: _ability(expert, place, artifact.profiles) for place, expert in enumerate(experts.experts)
    }
    category = Reading("category", artifact.encoder, artifact.router(abilities), artifact.sure_above, artifact.version)
    return {category.name: category}


def _ability(expert: Expert, place: int, profiles: Profiles) -> Ability:
    try:
        if expert.profile is not None:
            return profiles.profile(expert.profile)
        return Ability.declared(expert.abilities) if expert.abilities else Ability.unknown()
    except UnknownProfile as error:
        raise Misplaced(("experts", place, "profile"), str(error)) from None
    except ValueError as error:
        raise Misplaced(("experts", place, "abilities"), str(error)) from None
