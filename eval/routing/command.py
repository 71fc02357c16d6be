"""`coterie eval routing` from files to files: the one place of this package that reads and writes any."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from eval.publishing import publish_findings
from eval.routing.data import trial_of
from eval.routing.prices import read_models
from eval.routing.report import as_json, lines, sheets
from eval.routing.rows import Resampling
from eval.routing.run import Evaluation, Progress, evaluate
from eval.routing.suite import known_to
from routers.suite import load_suite
from routers.table import read_table


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
    """See `publish_findings`."""
    publish_findings(as_json(evaluation), sheets(evaluation), lines(evaluation), json)
