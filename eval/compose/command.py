"""`coterie eval compose` from files to files: the one place of this package that reads tables and prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from eval.compose.answers import read_answers, with_answers
from eval.compose.figures import figures_of, frontier
from eval.compose.page import page_of
from eval.compose.report import as_json, lines, sheets
from eval.compose.run import Evaluation, Order, evaluate
from eval.compose.settings import replayable
from eval.encodings import Encodings
from eval.report.drawing import check_drawing, write_drawing
from eval.report.published import Report, publish_report
from eval.routing.command import suite_at
from eval.routing.data import trial_of
from eval.routing.prices import read_models
from eval.routing.rows import Resampling
from eval.routing.suite import known_to, unlearned
from eval.watching import Watch
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
            check_drawing(self.plot)


def replayed(strategies: Sequence[str] | None, router: str, artifact: Path | None) -> Order:
    """What is to be played; TableError, in one line, for a strategy that cannot be."""
    return Order(replayable(strategies), router, artifact)


def evaluate_files(
    sources: Sources, order: Order, resampling: Resampling, encodings: Encodings, watch: Watch
) -> Evaluation:
    """RouterError, in one line, for a file that cannot be used."""
    watch("reading tables", 0.0)
    models = None if sources.models is None else read_models(sources.models)
    table = read_table(sources.questions, sources.outcomes, sources.experts, without=())
    suite = None if sources.artifact is None else suite_at(sources.artifact)
    if suite is not None:
        known = known_to(suite, table, sources.experts)
        table = unlearned(known, sources.questions, suite.manifest.tables.values())
        suite = encodings.behind(suite)
    recorded = read_answers(sources.outcomes)
    trial = trial_of(with_answers(table, recorded), models)
    return evaluate(trial, recorded, suite, models, replace(order, cached=encodings.kept), resampling, watch)


def publish_evaluation(evaluation: Evaluation, targets: Targets) -> None:
    """The plot alone where that is wanted; then see `publish_report`."""
    if targets.plot is not None:
        write_drawing(frontier(evaluation), targets.plot)
    figures, page = partial(figures_of, evaluation), partial(page_of, evaluation)
    report = Report(as_json(evaluation), sheets(evaluation), lines(evaluation), figures, page)
    publish_report(report, targets.json, targets.html)
