"""Logged queries put to another router, from the texts that the operator keeps. Knows no policy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from eval.counterfactual.logs import Logs
from eval.counterfactual.reading import Recorded
from eval.counterfactual.targets import Reread, none_said, put
from gateway.errors import ConfigError
from gateway.features import features_of
from gateway.reading import Forecast, Reading
from gateway.types import Json, Query
from routers.base import Array

AT_ONCE = 64
"""Texts that are read together."""
NO_TEXTS = (
    "another router must read the queries again, and no text of them is kept; serve with COTERIE_KEEP_TEXTS_DAYS=7 (or"
    " more), and replay when there are some"
)


@dataclass(frozen=True, slots=True, eq=False)
class Again:
    """Of `recorded` only what could be read again, and what was said of it."""

    recorded: Recorded
    said: Reread


def read_again(
    recorded: Recorded,
    prompts: Callable[[Sequence[str]], Iterable[tuple[str, list[Json]]]],
    reading: Reading,
    heard: Callable[[], None],
) -> Again:
    """What this router says of the logged queries; ConfigError where no text of them was kept.

    Scores that stood on documents are left out, since those are not looked into again.
    """
    rows = {seen.id: row for row, seen in enumerate(recorded.seen) if not seen.grounded}
    where = _where(recorded.logs.experts, reading.router.experts_)
    said, found = none_said(*recorded.logs.allowed.shape), []
    for batch in _batches(prompts(list(rows))):
        forecasts = _forecasts(reading, [_text(messages) for _, messages in batch])
        for (id_, _), forecast in zip(batch, forecasts, strict=True):
            put(said, rows[id_], forecast, where, reading.sure_above)
            found.append(rows[id_])
            heard()
    if not found:
        raise ConfigError(NO_TEXTS)
    kept = np.sort(np.array(found, dtype=np.intp))
    lost = len(recorded.seen) - len(kept)
    if lost:
        recorded.tally.left_out[
            "another router cannot read them: their texts are not kept, or documents were read"
        ] += lost
    return Again(only(recorded, kept), Reread(*(column[kept] for column in _columns(said))))


def only(recorded: Recorded, rows: Array) -> Recorded:
    """These rows."""
    logs = recorded.logs
    columns = {name: getattr(logs, name)[rows] for name in Logs.__slots__ if name != "experts"}
    return Recorded(
        replace(logs, **columns),
        recorded.std[rows],
        recorded.expected_s[rows],
        recorded.load[rows],
        recorded.raw[rows],
        tuple(recorded.seen[row] for row in rows.tolist()),
        recorded.tally,
    )


def _columns(said: Reread) -> tuple[Array, ...]:
    return said.score, said.std, said.confidence, said.sure, said.outlier


def _text(messages: list[Json]) -> str:
    return features_of(Query("", "", {"messages": messages}), read=True).text


def _forecasts(reading: Reading, texts: Sequence[str]) -> list[Forecast]:
    """As `gateway.reading.Reader` gets them: at once where the quick encoder settles it, else with care."""
    found: list[Forecast | None] = [None] * len(texts)
    quick = [place for place, text in enumerate(texts) if reading.quick(text)]
    if quick:
        for place, forecast in zip(quick, reading.at_once([texts[place] for place in quick]), strict=True):
            found[place] = forecast
    rest = [place for place, forecast in enumerate(found) if forecast is None]
    if rest:
        for place, forecast in zip(rest, reading.with_care([texts[place] for place in rest]), strict=True):
            found[place] = forecast
    return [forecast for forecast in found if forecast is not None]


def _where(experts: Sequence[str], known: Sequence[str]) -> Array:
    places = {name: place for place, name in enumerate(known)}
    return np.array([places.get(name, -1) for name in experts], dtype=np.intp)


def _batches(found: Iterable[tuple[str, list[Json]]]) -> Iterable[list[tuple[str, list[Json]]]]:
    batch: list[tuple[str, list[Json]]] = []
    for one in found:
        batch.append(one)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
