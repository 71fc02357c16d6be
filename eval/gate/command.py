"""`coterie eval gate` from files to files: the one place of this package that reads tables and prints."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from eval.encodings import Encodings
from eval.gate.figures import figures_of
from eval.gate.page import page_of
from eval.gate.report import as_json, lines, sheets
from eval.gate.run import Evaluation, Progress, Settings, evaluate
from eval.report.published import Report, publish_report
from routers.errors import ArtifactError
from routers.gating.artifact import KIND, load_gate
from routers.gating.labelled import label
from routers.gating.pairs import read_pairs
from routers.gating.rarity import load_rarity
from routers.manifest import digest, load_manifest
from routers.retriever import load_bundled_retriever


def evaluate_file(
    questions: Path, folder: Path | None, settings: Settings, encodings: Encodings, progress: Progress
) -> Evaluation:
    """RouterError, in one line, for a file that cannot be used or a gate that has learned from it."""
    progress("reading")
    pairs = read_pairs([questions])
    if folder is not None and digest(questions) in load_manifest(folder, KIND).tables.values():
        raise ArtifactError(f"{folder} has learned from {questions}: judge it on another table, or leave out --gate")
    retriever = encodings.behind_retriever(load_bundled_retriever(threads=os.cpu_count() or 1))
    gate = None if folder is None else load_gate(folder, encoder=retriever.name, version=retriever.version)
    return evaluate(label(pairs, retriever, progress), gate, load_rarity(), settings, progress)


def publish_evaluation(evaluation: Evaluation, json: Path | None, html: Path | None = None) -> None:
    """See `publish_report`."""
    figures, page = partial(figures_of, evaluation), partial(page_of, evaluation)
    publish_report(Report(as_json(evaluation), sheets(evaluation), lines(evaluation), figures, page), json, html)
