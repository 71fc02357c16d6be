"""`coterie eval compose` from files to files: the one place of this package that reads tables and prints."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
from rich.console import Console

from eval.bench.tables import publish
from eval.compose.answers import read_answers, with_answers
from eval.compose.page import page
from eval.compose.plot import check_plot, write_plot
from eval.compose.report import as_json, lines, sheets
from eval.compose.run import Evaluation, Order, evaluate
from eval.compose.settings import replayable
from eval.compose.stage import Watch
from eval.routing.data import trial_of
from eval.routing.prices import read_models
from eval.routing.rows import Resampling
from eval.routing.suite import known_to
from routers.errors import TableError
from routers.suite import load_suite
from routers.table import read_table

STDOUT = Path("-")
WIDTH = 130
"""What every sheet fits in; a narrower terminal wraps the lines rather than losing figures."""


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
    """Sheets and lines on the terminal, or JSON alone where it goes there; and the files that are wanted."""
    written = orjson.dumps(as_json(evaluation), option=orjson.OPT_INDENT_2)
    if targets.json not in (None, STDOUT):
        _write(targets.json, written + b"\n")
    if targets.html is not None:
        _write(targets.html, page(evaluation).encode())
    if targets.plot is not None:
        write_plot(evaluation, targets.plot)
    if targets.json == STDOUT:
        print(written.decode())
        return
    console = Console(highlight=False)
    console.width = max(console.width, WIDTH)
    publish(console, sheets(evaluation), as_markdown=False)
    print("\n".join(lines(evaluation)))


def _write(path: Path, written: bytes) -> None:
    try:
        path.write_bytes(written)
    except OSError as error:
        raise TableError(f"{path} cannot be written ({error.strerror})") from None
