"""`coterie eval gate` from files to files: the one place of this package that reads tables and prints."""

from __future__ import annotations

import os
from pathlib import Path

import orjson
from rich.console import Console

from eval.bench.tables import publish
from eval.gate.report import as_json, lines, sheets
from eval.gate.run import Evaluation, Progress, Settings, evaluate
from routers.errors import ArtifactError, TableError
from routers.gating.artifact import KIND, load_gate
from routers.gating.labelled import label
from routers.gating.pairs import read_pairs
from routers.gating.rarity import load_rarity
from routers.manifest import digest, load_manifest
from routers.retriever import load_bundled_retriever

STDOUT = Path("-")
WIDTH = 140
"""What every sheet fits in; a narrower terminal wraps the lines rather than losing figures."""


def evaluate_file(questions: Path, folder: Path | None, settings: Settings, progress: Progress) -> Evaluation:
    """RouterError, in one line, for a file that cannot be used or a gate that has learned from it."""
    progress("reading")
    pairs = read_pairs([questions])
    if folder is not None and digest(questions) in load_manifest(folder, KIND).tables.values():
        raise ArtifactError(f"{folder} has learned from {questions}: judge it on another table, or leave out --gate")
    retriever = load_bundled_retriever(threads=os.cpu_count() or 1)
    gate = None if folder is None else load_gate(folder, encoder=retriever.name, version=retriever.version)
    return evaluate(label(pairs, retriever, progress), gate, load_rarity(), settings, progress)


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
