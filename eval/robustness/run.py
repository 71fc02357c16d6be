"""How many choices survive when the questions are asked otherwise: variants, choices, intervals. Reads no file."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from eval.metrics.arena import latency_score
from eval.robustness.paraphrases import Paraphrases
from eval.robustness.variants import TYPOS, WORDING, Variant, variants_of
from eval.routing.data import Trial
from eval.routing.means import Figure, Resampling, figure_of, means_of
from eval.routing.pick import picks
from eval.routing.suite import Contestant, Suite, contestants
from eval.watching import Watch, unwatched
from routers.base import Array
from routers.errors import TableError

BATCH = 512
"""Variants that are encoded and predicted at once."""
TIMED = 20
"""Questions that are asked one by one, to time a decision."""


@dataclass(frozen=True, slots=True)
class Steadiness:
    """Of one kind of variant. unchanged: the share of choices that stay. gain: in accuracy, by those that do not.

    variants, questions: how many there were; a question counts once, whatever its variants.
    """

    kind: str
    variants: int
    questions: int
    unchanged: Figure
    gain: Figure


@dataclass(frozen=True, slots=True)
class RouterSteadiness:
    """decision_ms: the median time of reading and choosing, one question at a time; latency: RouterArena's score of it.

    found: both families, then each kind.
    """

    router: str
    decision_ms: float
    latency: float
    found: tuple[Steadiness, ...]


@dataclass(frozen=True, slots=True)
class Robustness:
    """Of so many questions, drawn at random."""

    questions: int
    routers: tuple[RouterSteadiness, ...]


def robustness_of(
    trial: Trial,
    suite: Suite,
    timed: Suite,
    count: int,
    drawn: Resampling,
    paraphrases: Paraphrases,
    watch: Watch = unwatched,
) -> Robustness:
    """Of the suite's routers on `count` of the questions (all, where there are fewer), by quality alone.

    timed: the same suite, without a memory of what it has encoded, to time decisions. TableError where no router of
    the suite knows the trial's experts: there is none to ask again.
    """
    asked = [one for one in contestants(suite, trial)[0] if one.kind == "router"]
    if not asked:
        raise TableError("robustness needs trained routers, which know these experts: give their folder as --artifact")
    number = min(count, len(trial.texts))
    rows = np.sort(np.random.default_rng(drawn.seed).permutation(len(trial.texts))[:number])
    variants = list(variants_of(trial.table, rows.tolist(), paraphrases, drawn.seed))
    texts = [*(trial.texts[row] for row in rows), *(one.text for one in variants)]
    where = np.concatenate([rows, np.array([one.row for one in variants], dtype=rows.dtype)])
    chosen = _chosen(trial, suite, asked, texts, where, watch)
    first = texts[: min(TIMED, number)]
    routers = (
        RouterSteadiness(one.title, *_timed(timed, one, first), _found(trial, rows, variants, chosen[one.title], drawn))
        for one in asked
    )
    return Robustness(number, tuple(routers))


def _chosen(
    trial: Trial, suite: Suite, asked: Sequence[Contestant], texts: Sequence[str], rows: Array, watch: Watch
) -> Mapping[str, Array]:
    """By router, (k,) whom each text goes to; the text at k is one of the trial's question at rows[k]."""
    parts: dict[str, list[Array]] = {one.title: [] for one in asked}
    for start in range(0, len(texts), BATCH):
        watch(f"asking {len(texts)} variants", start / len(texts))
        batch = slice(start, start + BATCH)
        X = suite.encode(texts[batch])
        part = replace(trial, table=trial.table.part(rows[batch]), texts=tuple(texts[batch]), costs=None)
        for one in asked:
            parts[one.title].append(picks(part, one.router.predict(X).mean))
    return {title: np.concatenate(found) for title, found in parts.items()}


def _found(
    trial: Trial, rows: Array, variants: Sequence[Variant], chosen: Array, drawn: Resampling
) -> tuple[Steadiness, ...]:
    """Families first, then kinds. chosen: for the questions, then for the variants."""
    before = dict(zip(rows.tolist(), chosen[: len(rows)].tolist(), strict=True))
    after = chosen[len(rows) :]
    belongs = {family: [n for n, one in enumerate(variants) if one.family == family] for family in (TYPOS, WORDING)}
    for kind in dict.fromkeys(one.kind for one in variants):
        belongs[kind] = [n for n, one in enumerate(variants) if one.kind == kind]
    return tuple(
        _steadiness(trial, kind, [(variants[n].row, before[variants[n].row], int(after[n])) for n in numbers], drawn)
        for kind, numbers in belongs.items()
        if numbers
    )


def _steadiness(trial: Trial, kind: str, changes: Sequence[tuple[int, int, int]], drawn: Resampling) -> Steadiness:
    """changes: row, who was chosen, who is now."""
    rows, before, after = (np.array(column) for column in zip(*changes, strict=True))
    asked, number = np.unique(rows, return_inverse=True)
    times = np.bincount(number)
    unchanged = np.bincount(number, weights=before == after) / times
    gain = np.bincount(number, weights=trial.scores[rows, after] - trial.scores[rows, before]) / times
    means = means_of({(0, "unchanged"): unchanged, (0, "gain"): gain}, trial.table.groups[asked], drawn)
    figures = (figure_of(means.point[key], means.drawn[key]) for key in means.point)
    return Steadiness(kind, len(changes), len(asked), *figures)


def _timed(suite: Suite, one: Contestant, texts: Sequence[str]) -> tuple[float, float]:
    """The median milliseconds of a decision, and RouterArena's score of them."""
    taken = []
    for text in texts:
        begun = time.perf_counter()
        one.router.predict(suite.encode([text]))
        taken.append(1000 * (time.perf_counter() - begun))
    median = float(np.median(taken))
    return median, latency_score(median)
