"""An evaluation from end to end: predictions, choices, yardsticks, rows. Reads no file and prints nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from eval.metrics.bootstrap import RESAMPLES, Interval, interval, resampled_means
from eval.robustness.run import Robustness
from eval.routing.abstaining import Selective, selectives_of
from eval.routing.chances import chances_of
from eval.routing.choice import Choice, chosen
from eval.routing.data import Trial
from eval.routing.detail import Categories, Detail, categories_of, items_of
from eval.routing.folded import BEST_SINGLE, TOO_FEW, Foretold, by_category, enough, folded
from eval.routing.ground import Against, ground_of
from eval.routing.pick import picks
from eval.routing.reading import encoded, foreseen
from eval.routing.rows import Resampling, Row, rows_of
from eval.routing.settings import THRIFTS
from eval.routing.suite import Suite, contestants
from eval.routing.yardsticks import yardsticks
from eval.watching import Watch, unwatched
from routers.base import Matrix


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
    against: Against
    """What the rows' figures are held against."""
    detail: Detail = field(default_factory=Detail)
    encodings: str = ""
    """In words, how many texts had been encoded before."""
    robustness: Robustness | None = None
    """None where the questions were asked in one form alone."""


def evaluate(
    trial: Trial, suite: Suite | None, resampling: Resampling | None = None, watch: Watch = unwatched
) -> Evaluation:
    """Each router of the suite at each setting, beside the yardsticks; without a suite the yardsticks alone.

    Baselines that the suite lacks are fitted fold by fold on the trial itself; so are routers where it has none.
    """
    drawn = resampling or Resampling(RESAMPLES, seed=0)
    measures = yardsticks(trial)
    detail = Detail()
    foretold: list[Foretold] = []
    unable: tuple[str, ...] = ()
    if suite is not None:
        X = encoded(trial.texts, suite, watch)
        detail = Detail(categories=categories_of(trial, suite, X), items=items_of(trial, suite, X))
        foretold, unable = _foretold(trial, suite, X, drawn.seed, watch)
    means = {one.title: one.mean for one in foretold if one.kind != "oracle"}
    chances = {title: chances_of(trial, mean, ranks=title != BEST_SINGLE) for title, mean in means.items()}
    watch(f"resampling {drawn.resamples} times", 1.0)
    everything = (*(choice for one in foretold for choice in _choices(trial, one)), *measures.choices)
    ground = ground_of(trial, everything, measures, means, drawn)
    rows = rows_of(ground, chances)
    version = suite.version if suite is not None and suite.routers else None
    return Evaluation(
        trial,
        version,
        rows,
        measures.best_expert,
        measures.absent,
        _category_accuracy(trial, detail.categories, drawn),
        drawn,
        (*trial.left_out, *unable),
        _selective(trial, foretold, drawn),
        ground.against,
        replace(detail, means=means, choices=everything, frontier=measures.frontier),
    )


def _foretold(trial: Trial, suite: Suite, X: Matrix, seed: int, watch: Watch) -> tuple[list[Foretold], tuple[str, ...]]:
    """What the suite's routers expect, and what is fitted beside them; in words what cannot take part."""
    taking_part, unable = contestants(suite, trial)
    found = []
    for k, one in enumerate(taking_part):
        watch(f"asking {one.title}", k / len(taking_part))
        found.append(Foretold(one.title, one.kind, foreseen(one.router, X)))
        if one.name == "category":
            found.append(by_category(one.router, suite, X))
    if not enough(trial):
        return found, (*unable, TOO_FEW)
    return [*found, *folded(trial, suite, X, {one.name for one in taking_part}, seed, watch)], unable


def _selective(trial: Trial, foretold: Sequence[Foretold], drawn: Resampling) -> dict[str, Selective]:
    """Of the routers, by their titles."""
    at, said = np.arange(len(trial.texts)), {}
    for one in foretold:
        if one.kind == "router":
            places = picks(trial, one.mean)
            said[one.title] = one.mean[at, places], trial.scores[at, places]
    return selectives_of(said, trial.table.groups, drawn)


def _choices(trial: Trial, one: Foretold) -> Iterator[Choice]:
    """By quality alone, and where costs are known at each setting of the knob; an oracle knows of no knob."""
    yield chosen(trial, one.title, one.kind, picks(trial, one.mean))
    for thrift in THRIFTS if trial.costs is not None and one.kind != "oracle" else ():
        yield chosen(trial, one.title, one.kind, picks(trial, one.mean, thrift), thrift)


def _category_accuracy(trial: Trial, found: Categories | None, drawn: Resampling) -> CategoryAccuracy | None:
    if found is None:
        return None
    right = (found.predicted == found.truth).astype(np.float64)
    means = resampled_means(right[:, None], trial.table.groups[found.rows], drawn.resamples, drawn.seed)
    return CategoryAccuracy(len(right), float(right.mean()), interval(means[:, 0]))
