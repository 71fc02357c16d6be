"""`coterie eval onboard` from files to files: the one place of this package that reads and writes any."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from eval.onboarding.page import page_of, placing_of
from eval.onboarding.report import as_json, lines, sheets
from eval.onboarding.run import Evaluation, Settings, Watch, evaluate
from eval.onboarding.stand import stand_of
from eval.publishing import publish_findings, write
from eval.report.page import html as html_of
from eval.report.parts import figures_json
from routers.corpus import spelled_out
from routers.suite import load_bundled_suite, load_suite
from routers.table import read_table

BATCH = 256


def evaluate_files(
    questions: Path,
    outcomes: Path,
    experts: Sequence[str] | None,
    artifact: Path | None,
    settings: Settings,
    watch: Watch,
) -> Evaluation:
    """RouterError, in one line, for a file that cannot be used."""
    watch("reading", 0.0)
    table = read_table(questions, outcomes, experts, without=())
    threads, only = os.cpu_count() or 1, {"irt"}
    suite = (
        load_bundled_suite(only=only, threads=threads)
        if artifact is None
        else load_suite(artifact, only=only, threads=threads)
    )
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
