"""The files that a batch leaves: answers in one, errors in the other, each in the order of the input. Blocks."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from gateway.batches.folder import Folder, replacing
from gateway.batches.types import Batch, File
from gateway.store.results import Results
from gateway.wire.exchange import new_id


def write_files(folder: Folder, results: Results, batch: Batch) -> tuple[File | None, File | None]:
    """The output file and the error file; None for one that would be empty. Nobody sees them without their rows."""
    return (
        _write(folder, batch, "output", results.texts(batch.id, True)),
        _write(folder, batch, "errors", results.texts(batch.id, False)),
    )


def write_out(target: Path, results: Results, id: str) -> int:
    """Every result in one file, which is replaced as a whole; how many lines it has."""
    lines = 0
    with replacing(target) as part:
        for text in results.texts(id, None):
            part.write(text.encode() + b"\n")
            lines += 1
    return lines


def _write(folder: Folder, batch: Batch, kind: str, texts: Iterable[str]) -> File | None:
    id, now = new_id("file-"), time.time()
    part = folder.create(id)
    try:
        for text in texts:
            part.write(text.encode() + b"\n")
        if part.size == 0:
            return None
        part.keep()
    finally:
        part.drop()
    expires_at = None if batch.keep_output_s is None else now + batch.keep_output_s
    return File(id, batch.tenant, "batch_output", f"{batch.id}_{kind}.jsonl", part.size, now, expires_at)
