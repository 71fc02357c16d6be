"""An evaluation from end to end: baselines, decisions, every strategy at every setting, rows. Reads no file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from eval.compose.answers import Answers, Recorded, answers_of
from eval.compose.baselines import Record, baselines
from eval.compose.comparison import Entry
from eval.compose.replay import Replay
from eval.compose.rows import Row, rows_of
from eval.compose.settings import settings
from eval.compose.stage import Stage, Watch, asked_of, staged
from eval.routing.data import Trial
from eval.routing.prices import Models
from eval.routing.rows import Resampling
from gateway.fanout import SINGLE
from routers.suite import Suite

CONSTANT = "constant"
"""The router that knows each expert's accuracy on the training questions, and nothing else."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be played: strategies by name, on the predictions of one router."""

    strategies: Sequence[str]
    router: str = "blend"


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


def evaluate(
    trial: Trial,
    recorded: Recorded,
    suite: Suite | None,
    models: Models | None,
    order: Order,
    resampling: Resampling,
    watch: Watch = lambda doing, share: None,
) -> Evaluation:
    """Each strategy at each setting, beside the baselines; without a suite the baselines alone."""
    asked = asked_of(trial)
    answers = answers_of(trial, recorded, asked.forms)
    record = None if suite is None else _record(suite, trial)
    entries = [Entry(one.name, one.kind, one.played) for one in baselines(trial, answers, asked.forms, record)]
    if suite is not None:
        with ThreadPoolExecutor(1, "encode") as thread:
            stage = staged(trial, asked, suite, order.router, models, thread, watch)
            entries = [*_played(trial, stage, answers, order, resampling.seed, watch), *entries]
    watch("resampling", 1.0)
    rows = rows_of(trial, answers, entries, resampling)
    origin = (record or Record.hindsight(trial)).origin
    version = None if suite is None else suite.version
    return Evaluation(trial, answers, version, order.router, origin, rows, resampling)


def _record(suite: Suite, trial: Trial) -> Record | None:
    """The experts' accuracies on the training questions; None where the artifact does not hold all of them."""
    constant = suite.routers.get(CONSTANT)
    if constant is None or not set(trial.experts) <= set(constant.experts_):
        return None
    accuracy = constant.select(trial.experts).predict(np.zeros((1, 1))).mean[0]
    return Record(accuracy, "the artifact's training questions")


def _played(trial: Trial, stage: Stage, answers: Answers, order: Order, seed: int, watch: Watch) -> Iterator[Entry]:
    """`single` at its default is always there: others are compared with it."""
    strategies = dict.fromkeys((SINGLE, *order.strategies))
    every = settings(tuple(strategies), order.router, len(trial.experts), trial.costs is not None)
    wanted = [one for one in every if one.strategy in order.strategies or one.default]
    replay = Replay(trial, stage, answers, seed)
    for k, setting in enumerate(wanted):
        watch(f"playing {setting.strategy}", k / len(wanted))
        yield Entry(setting.strategy, "strategy", replay.play(setting), setting.knobs, setting.default)
