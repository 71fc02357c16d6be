"""Two ways of choosing put beside each other: another artifact, another setting of the thrift knob. Reads no file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eval.changes.change import Change, Side
from eval.changes.rows import Figure
from eval.metrics.auc import SUCCESS_ABOVE
from eval.metrics.bootstrap import interval, resampled_means
from eval.routing.data import Trial
from eval.routing.pick import picks
from eval.routing.reading import encoded, foreseen
from eval.routing.rows import Resampling
from eval.routing.suite import Suite
from routers.base import Array
from routers.errors import TableError


@dataclass(frozen=True, slots=True)
class Chooser:
    """A router of an artifact, at a setting of the knob. experts: who may be asked, None for anybody."""

    suite: Suite
    router: str
    thrift: float
    experts: tuple[str, ...] | None = None

    @property
    def title(self) -> str:
        return f"{self.router} of {self.suite.version} at thrift {self.thrift:g}"


@dataclass(frozen=True, slots=True)
class Moves:
    """changed: the share of questions that go to another expert. shares: by expert, before and after.

    cost: dollars per thousand questions, after less before; None where costs are not known.
    """

    changed: Figure
    shares: tuple[tuple[str, float, float], ...]
    cost: Figure | None


def choice_change(trial: Trial, before: Chooser, after: Chooser, drawn: Resampling) -> tuple[Change, Moves]:
    """What the change of choosers does to the answers; ArtifactError for a router or an expert that one lacks."""
    old, new = (chosen_places(trial, chooser) for chooser in (before, after))
    name = f"{before.title} -> {after.title}"
    graded = bool(((trial.scores > 0) & (trial.scores < 1)).any())
    return Change(name, _side(trial, old), _side(trial, new), graded), _moves(trial, old, new, drawn)


def chosen_places(trial: Trial, chooser: Chooser) -> Array:
    """(n,) whom it asks, among those that were measured."""
    router = chooser.suite.routers.get(chooser.router)
    version = chooser.suite.version
    if router is None:
        raise TableError(
            f"the artifact {version} has no router {chooser.router}; it has {', '.join(chooser.suite.routers)}"
        )
    if lacking := [expert for expert in trial.experts if expert not in router.experts_]:
        raise TableError(f"the router {chooser.router} of {version} does not know {', '.join(lacking)}; name --experts")
    if chooser.thrift and trial.costs is None:
        raise TableError("thrift weighs costs, and none are known; give --models with prices")
    over = router.select(trial.experts)
    mean = foreseen(over, encoded(trial.texts, chooser.suite))
    if chooser.experts is not None:
        mean[:, [expert not in chooser.experts for expert in trial.experts]] = np.nan
    return picks(trial, mean, chooser.thrift)


def _side(trial: Trial, places: Array) -> Side:
    scores = trial.scores[np.arange(len(places)), places]
    right = np.where(np.isnan(scores), np.nan, scores > SUCCESS_ABOVE)
    return Side(right, scores, np.full(len(scores), np.nan), [trial.experts[m] for m in places])


def _moves(trial: Trial, old: Array, new: Array, drawn: Resampling) -> Moves:
    at, m = np.arange(len(old)), len(trial.experts)
    values = [(old != new).astype(np.float64)]
    if trial.costs is not None:
        values.append(1000 * (trial.costs.spent[at, new] - trial.costs.spent[at, old]))
    means = resampled_means(np.stack(values, axis=1), trial.table.groups, drawn.resamples, drawn.seed)
    figures = [Figure(float(np.nanmean(one)), interval(means[:, k])) for k, one in enumerate(values)]
    before, after = (np.bincount(places, minlength=m) / len(places) for places in (old, new))
    shares = zip(trial.experts, before.tolist(), after.tolist(), strict=True)
    return Moves(figures[0], tuple(shares), figures[1] if len(figures) > 1 else None)
