"""`coterie eval compose` from files to files: the one place of this package that reads tables and prints."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.compose.answers import read_answers, with_answers
from eval.compose.page import page
from eval.compose.plot import check_plot, write_plot
from eval.compose.report import as_json, lines, sheets
from eval.compose.run import Evaluation, Order, evaluate
from eval.compose.settings import replayable
from eval.compose.stage import Watch
from eval.publishing import publish_findings, write
from eval.routing.data import trial_of
from eval.routing.prices import read_models
from eval.routing.rows import Resampling
from eval.routing.suite import known_to
from routers.suite import load_suite
from routers.table import read_table


@dataclass(frozen=True, slots=True)
class Sources:
    """The files to read. experts: whom they are asked about, None for all."""

    questions: Path
    outcomes: Path
    experts: Sequence[str] | None
    artifact: Path | None
    models: Path | None


@dataclass(frozen=True, slots=True)
class Targets:
    """The files to write; None for none. json `-`: to standard output, and nothing else."""

    json: Path | None
    html: Path | None
    plot: Path | None

    def check(self) -> None:
        """TableError where a picture could not be drawn."""
        if self.html is not None or self.plot is not None:
            check_plot(self.plot)


def evaluate_files(
    sources: Sources, strategies: Sequence[str] | None, router: str, resampling: Resampling, watch: Watch
) -> Evaluation:
    """RouterError, in one line, for a file or a name that cannot be used."""
    order = Order(replayable(strategies), router)
    watch("reading tables", 0.0)
    models = None if sources.models is None else read_models(sources.models)
    table = read_table(sources.questions, sources.outcomes, sources.experts, without=())
    suite = None if sources.artifact is None else load_suite(sources.artifact, threads=os.cpu_count() or 1)
    if suite is not None:
        table = known_to(suite, table, sources.experts)
    recorded = read_answers(sources.outcomes)
    trial = trial_of(with_answers(table, recorded), models)
    return evaluate(trial, recorded, suite, models, order, resampling, watch)


def publish_evaluation(evaluation: Evaluation, targets: Targets) -> None:
    """Page and plot where they are wanted; then see `publish_findings`."""
    if targets.html is not None:
        write(targets.html, page(evaluation).encode())
    if targets.plot is not None:
        write_plot(evaluation, targets.plot)
    publish_findings(as_json(evaluation), sheets(evaluation), lines(evaluation), targets.json)
