"""An evaluation from end to end: predictions, choices, yardsticks, rows. Reads no file and prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from eval.metrics.bootstrap import RESAMPLES, Interval, interval, resampled_means
from eval.routing.abstaining import Selective, selective_of
from eval.routing.chances import Chances, chances_of
from eval.routing.choice import Choice, chosen
from eval.routing.data import Trial
from eval.routing.pick import picks
from eval.routing.rows import Resampling, Row, rows_of
from eval.routing.settings import THRIFTS
from eval.routing.suite import Contestant, Suite, contestants
from eval.routing.yardsticks import yardsticks
from routers.base import Array, Matrix
from routers.categories import ACADEMIC
from routers.corpus import reference_source

BATCH = 2048
"""Questions that are encoded and predicted at once."""
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class CategoryAccuracy:
    """How often the likeliest category is the true one, over the questions of the fourteen academic categories."""

    n: int
    accuracy: float
    interval: Interval | None


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Everything that was found.

    best_expert: the single expert that the others are compared with; on `absent` questions it has no outcome.
    """

    trial: Trial
    artifact: str | None
    rows: tuple[Row, ...]
    best_expert: str
    absent: int
    category: CategoryAccuracy | None
    resampling: Resampling
    left_out: tuple[str, ...]
    selective: Mapping[str, Selective]
    """By router, where it may say that nobody knows."""


def evaluate(
    trial: Trial, suite: Suite | None, resampling: Resampling | None = None, progress: Progress = lambda line: None
) -> Evaluation:
    """Each router of the suite at each setting, beside the yardsticks; without a suite the yardsticks alone."""
    drawn = resampling or Resampling(RESAMPLES, seed=0)
    measures = yardsticks(trial)
    choices: list[Choice] = []
    chances: dict[str, Chances] = {}
    selective: dict[str, Selective] = {}
    category: CategoryAccuracy | None = None
    unable: tuple[str, ...] = ()
    if suite is not None:
        progress(f"encoding {len(trial.texts)} questions")
        X = encoded(trial, suite)
        category = _category_accuracy(trial, suite, X, drawn)
        taking_part, unable = contestants(suite, trial)
        for one in taking_part:
            progress(f"asking {one.title}")
            mean = _predicted(one, X)
            chances[one.title] = chances_of(trial, mean)
            choices += _choices(trial, one, mean)
            if one.kind == "router":
                selective[one.title] = _selective(trial, mean, drawn)
    progress(f"resampling {drawn.resamples} times")
    rows = rows_of(trial, [*choices, *measures.choices], measures, chances, drawn)
    version = None if suite is None else suite.version
    return Evaluation(
        trial,
        version,
        rows,
        measures.best_expert,
        measures.absent,
        category,
        drawn,
        (*trial.left_out, *unable),
        selective,
    )


def encoded(trial: Trial, suite: Suite) -> Matrix:
    """The rows of all questions, in memory at once; their texts are encoded batch by batch."""
    parts = [suite.encode(trial.texts[batch]) for batch in _batches(len(trial.texts))]
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    from scipy.sparse import vstack

    return vstack(parts, format="csr")


def _predicted(one: Contestant, X: Matrix) -> Array:
    """(n, m), a batch at a time: some routers hold every distance of a batch."""
    parts = [one.router.predict(X[batch]).mean for batch in _batches(X.shape[0])]
    return np.concatenate(parts)


def _selective(trial: Trial, mean: Array, drawn: Resampling) -> Selective:
    at, places = np.arange(len(mean)), picks(trial, mean)
    return selective_of(mean[at, places], trial.scores[at, places], trial.table.groups, drawn)


def _choices(trial: Trial, one: Contestant, mean: Array) -> Iterator[Choice]:
    """By quality alone, and where costs are known at each setting of the knob."""
    yield chosen(trial, one.title, one.kind, picks(trial, mean))
    for thrift in THRIFTS if trial.costs is not None else ():
        yield chosen(trial, one.title, one.kind, picks(trial, mean, thrift), thrift)


def _category_accuracy(trial: Trial, suite: Suite, X: Matrix, drawn: Resampling) -> CategoryAccuracy | None:
    """Of the source that names our categories itself; None where no question has one of the fourteen."""
    reference = reference_source(trial.table)
    truth = [name.strip().lower() for name in trial.table.categories]
    named = zip(truth, trial.table.sources, strict=True)
    asked = np.flatnonzero([name in ACADEMIC and source == reference for name, source in named])
    if not len(asked):
        return None
    chances, names = suite.category_chances(X[asked])
    likeliest = chances.argmax(axis=1)
    right = np.array([names[k] == truth[n] for k, n in zip(likeliest, asked, strict=True)], dtype=np.float64)
    means = resampled_means(right[:, None], trial.table.groups[asked], drawn.resamples, drawn.seed)
    return CategoryAccuracy(len(asked), float(right.mean()), interval(means[:, 0]))


def _batches(count: int) -> list[slice]:
    return [slice(start, start + BATCH) for start in range(0, count, BATCH)]
