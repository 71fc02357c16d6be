"""`coterie eval onboard` from files to files: the one place of this package that reads and writes any."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from eval.encodings import Encodings
from eval.onboarding.page import figures_of, page_of
from eval.onboarding.report import as_json, lines, sheets
from eval.onboarding.run import Evaluation, Settings, evaluate
from eval.onboarding.stand import stand_of
from eval.report.published import Report, publish_report
from eval.routing.command import BUNDLED, suite_at
from eval.routing.reading import encoded
from eval.watching import Watch
from routers.corpus import spelled_out
from routers.table import read_table


def evaluate_files(
    questions: Path,
    outcomes: Path,
    experts: Sequence[str] | None,
    artifact: Path | None,
    settings: Settings,
    encodings: Encodings,
    watch: Watch,
) -> Evaluation:
    """RouterError, in one line, for a file that cannot be used."""
    watch("reading", 0.0)
    table = read_table(questions, outcomes, experts, without=())
    suite = encodings.behind(suite_at(artifact or BUNDLED, only={"irt"}))
    texts = tuple(spelled_out(text, choices) for text, choices in zip(table.texts, table.choices, strict=True))
    return evaluate(stand_of(table, suite, encoded(texts, suite, watch), texts), settings, watch)


def publish_evaluation(evaluation: Evaluation, json: Path | None, html: Path | None = None) -> None:
    """See `publish_report`."""
    figures, page = partial(figures_of, evaluation), partial(page_of, evaluation)
    publish_report(Report(as_json(evaluation), sheets(evaluation), lines(evaluation), figures, page), json, html)
