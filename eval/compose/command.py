"""`coterie eval compose` from files to files: the one place of this package that reads tables and prints."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.compose.answers import read_answers, with_answers
from eval.compose.figures import figures_of, frontier
from eval.compose.page import page_of
from eval.compose.report import as_json, lines, sheets
from eval.compose.run import Evaluation, Order, evaluate
from eval.compose.settings import replayable
from eval.compose.stage import Watch
from eval.encodings import Say, open_encodings
from eval.publishing import publish_findings, write
from eval.report.drawing import check_drawing, write_drawing
from eval.report.page import html
from eval.report.parts import figures_json
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
            check_drawing(self.plot)


def evaluate_files(
    sources: Sources,
    strategies: Sequence[str] | None,
    router: str,
    resampling: Resampling,
    watch: Watch,
    *,
    cached: bool = True,
    say: Say = print,
) -> Evaluation:
    """RouterError, in one line, for a file or a name that cannot be used."""
    order = Order(replayable(strategies), router, sources.artifact, cached)
    watch("reading tables", 0.0)
    models = None if sources.models is None else read_models(sources.models)
    table = read_table(sources.questions, sources.outcomes, sources.experts, without=())
    suite = None if sources.artifact is None else load_suite(sources.artifact, threads=os.cpu_count() or 1)
    if suite is not None:
        table = known_to(suite, table, sources.experts)
    recorded = read_answers(sources.outcomes)
    trial = trial_of(with_answers(table, recorded), models)
    with open_encodings(cached, say) as encodings:
        reading = None if suite is None else encodings.behind(suite)
        return evaluate(trial, recorded, reading, models, order, resampling, watch)


def publish_evaluation(evaluation: Evaluation, targets: Targets) -> None:
    """Page and plot where they are wanted; then see `publish_findings`. What is plotted is in the JSON."""
    figures = figures_of(evaluation) if targets.json is not None or targets.html is not None else ()
    if targets.html is not None:
        write(targets.html, html(page_of(evaluation, figures)).encode())
    if targets.plot is not None:
        write_drawing(frontier(evaluation), targets.plot)
    found = {**as_json(evaluation), "figures": figures_json(figures)}
    publish_findings(found, sheets(evaluation), lines(evaluation), targets.json)
