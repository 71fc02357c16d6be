"""An evaluation from end to end: baselines, decisions, every strategy at every setting, rows. Reads no file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.compose.answers import Answers, Recorded, answers_of
from eval.compose.baselines import Record, baselines
from eval.compose.comparison import Entry
from eval.compose.rows import Row, rows_of
from eval.compose.settings import Setting, settings
from eval.compose.slices import Playing, play_all
from eval.compose.stage import asked_of
from eval.routing.data import Trial
from eval.routing.prices import Models
from eval.routing.rows import Resampling
from eval.watching import Watch, unwatched
from gateway.fanout import SINGLE
from routers.suite import Suite

CONSTANT = "constant"
"""The router that knows each expert's accuracy on the training questions, and nothing else."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be played: strategies by name, on the predictions of one router.

    artifact: the folder the suite came from, where other processes may load it to play a part; None to play all here.
    cached: what encoders make of texts is kept on disk.
    """

    strategies: Sequence[str]
    router: str = "blend"
    artifact: Path | None = None
    cached: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Everything that was found. record: where the accuracies come from by which the baselines choose."""

    trial: Trial
    answers: Answers
    artifact: str | None
    router: str
    record: str
    rows: tuple[Row, ...]
    resampling: Resampling
    entries: tuple[Entry, ...] = ()
    """How each baseline went, and each strategy at its default, question by question."""


def evaluate(
    trial: Trial,
    recorded: Recorded,
    suite: Suite | None,
    models: Models | None,
    order: Order,
    resampling: Resampling,
    watch: Watch = unwatched,
) -> Evaluation:
    """Each strategy at each setting, beside the baselines; without a suite the baselines alone."""
    asked = asked_of(trial)
    answers = answers_of(trial, recorded, asked.forms)
    record = None if suite is None else _record(suite, trial)
    entries = [Entry(one.name, one.kind, one.played) for one in baselines(trial, answers, asked.forms, record)]
    if suite is not None:
        wanted = _wanted(trial, order)
        playing = Playing(wanted, order.router, models, resampling.seed, order.artifact, order.cached)
        played = zip(wanted, play_all(trial, answers, suite, playing, watch), strict=True)
        entries = [*(Entry(one.strategy, "strategy", each, one.knobs, one.default) for one, each in played), *entries]
    watch("resampling", 1.0)
    rows = rows_of(trial, answers, entries, resampling)
    origin = (record or Record.hindsight(trial)).origin
    version = None if suite is None else suite.version
    kept = tuple(entry for entry in entries if entry.default or entry.kind != "strategy")
    return Evaluation(trial, answers, version, order.router, origin, rows, resampling, kept)


def _record(suite: Suite, trial: Trial) -> Record | None:
    """The experts' accuracies on the training questions; None where the artifact does not hold all of them."""
    constant = suite.routers.get(CONSTANT)
    if constant is None or not set(trial.experts) <= set(constant.experts_):
        return None
    accuracy = constant.select(trial.experts).predict(np.zeros((1, 1))).mean[0]
    return Record(accuracy, "the artifact's training questions")


def _wanted(trial: Trial, order: Order) -> list[Setting]:
    """`single` at its default is always there: others are compared with it."""
    strategies = dict.fromkeys((SINGLE, *order.strategies))
    every = settings(tuple(strategies), order.router, len(trial.experts), trial.costs is not None)
    return [one for one in every if one.strategy in order.strategies or one.default]
