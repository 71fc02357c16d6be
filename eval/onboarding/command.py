"""`coterie eval onboard` from files to files: the one place of this package that reads and writes any."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from eval.encodings import Encodings
from eval.onboarding.page import page_of, placing_of
from eval.onboarding.report import as_json, lines, sheets
from eval.onboarding.run import Evaluation, Settings, evaluate
from eval.onboarding.stand import stand_of
from eval.publishing import publish_findings, write
from eval.report.page import html as html_of
from eval.report.parts import figures_json
from eval.routing.command import BUNDLED, suite_at
from eval.watching import Watch
from routers.corpus import spelled_out
from routers.table import read_table

BATCH = 256


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
    parts = []
    for start in range(0, len(texts), BATCH):
        watch(f"encoding {len(texts)} questions", start / len(texts))
        parts.append(suite.encode(texts[start : start + BATCH]))
    return evaluate(stand_of(table, suite, np.concatenate(parts), texts), settings, watch)


def publish_evaluation(evaluation: Evaluation, json: Path | None, html: Path | None = None) -> None:
    """The page where it is wanted; then see `publish_findings`."""
    if html is not None:
        write(html, html_of(page_of(evaluation)).encode())
    figures = figures_json([placing_of(evaluation)])
    publish_findings({**as_json(evaluation), "figures": figures}, sheets(evaluation), lines(evaluation), json)
