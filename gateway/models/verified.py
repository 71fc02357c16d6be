"""Which cached file has already been hashed: a small note beside it, so that a start need not read it whole.

Knows no sources and no registry; a note whose size or time of change differs from the file's is no note.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError


class Note(BaseModel):
    """What was found when the file was hashed."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    sha256: str
    size: int
    mtime_ns: int


def is_good(file: Path, sha256: str | None, size: int | None) -> bool:
    """The file is what it should be. Hashes it at most once; `sha256` None means whatever was landed here."""
    note = _read(file)
    if note is None and sha256 is not None and file.stat().st_size == size:
        note = remember(file, _hash(file))
    return note is not None and sha256 in (None, note.sha256)


def remember(file: Path, sha256: str) -> Note:
    """Write the note. A crash before it costs one hash, or one download of a file whose hash nobody knows."""
    stat = file.stat()
    note = Note(sha256=sha256, size=stat.st_size, mtime_ns=stat.st_mtime_ns)
    partial = _beside(file).with_suffix(".tmp")
    partial.write_text(note.model_dump_json())
    partial.replace(_beside(file))
    return note


def _read(file: Path) -> Note | None:
    try:
        note = Note.model_validate_json(_beside(file).read_bytes())
    except (OSError, ValidationError):
        return None
    stat = file.stat()
    return note if (note.size, note.mtime_ns) == (stat.st_size, stat.st_mtime_ns) else None


def _hash(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _beside(file: Path) -> Path:
    return file.with_name(f".{file.name}.verified.json")
