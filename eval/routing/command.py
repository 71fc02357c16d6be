"""`coterie eval routing` from files to files: the one place of this package that reads and writes any."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import orjson
from rich.console import Console

from eval.bench.tables import publish
from eval.routing.data import trial_of
from eval.routing.prices import read_models
from eval.routing.report import as_json, lines, sheets
from eval.routing.rows import Resampling
from eval.routing.run import Evaluation, Progress, evaluate
from eval.routing.suite import known_to
from routers.errors import TableError
from routers.suite import load_suite
from routers.table import read_table

STDOUT = Path("-")
WIDTH = 130
"""What every sheet fits in; a narrower terminal wraps the lines rather than losing figures."""


def evaluate_files(
    questions: Path,
    outcomes: Path,
    *,
    experts: Sequence[str] | None,
    artifact: Path | None,
    models: Path | None,
    resampling: Resampling,
    progress: Progress,
) -> Evaluation:
    """RouterError, in one line, for a file that cannot be used."""
    progress("reading")
    prices = None if models is None else read_models(models)
    table = read_table(questions, outcomes, experts, without=())
    suite = None if artifact is None else load_suite(artifact, threads=os.cpu_count() or 1)
    if suite is not None:
        table = known_to(suite, table, experts)
    return evaluate(trial_of(table, prices), suite, resampling, progress)


def publish_evaluation(evaluation: Evaluation, json: Path | None) -> None:
    """Sheets and lines on the terminal, or JSON alone where it goes there (`-`); and JSON to a file."""
    if json is not None:
        written = orjson.dumps(as_json(evaluation), option=orjson.OPT_INDENT_2)
        if json == STDOUT:
            print(written.decode())
            return
        try:
            json.write_bytes(written + b"\n")
        except OSError as error:
            raise TableError(f"{json} cannot be written ({error.strerror})") from None
    console = Console(highlight=False)
    console.width = max(console.width, WIDTH)
    publish(console, sheets(evaluation), as_markdown=False)
    print("\n".join(lines(evaluation)))
