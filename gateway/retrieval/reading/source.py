"""A private copy of what is to be read, which nobody can change while it is read. Knows no format.

A log that is written to, or a file that is saved again, would otherwise be taken half old and half new. The copy is
made between two looks at the file's size, time and place on disk; where they differ it is made again.
"""

from __future__ import annotations

import errno
import stat
from dataclasses import dataclass
from hashlib import sha256
from os import stat_result
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Self

from gateway.retrieval.reading.documents import Unreadable

IN_MEMORY = 1024 * 1024
PIECE = 1024 * 1024
TRIES = 3
NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Source:
    """content: the copy, at its beginning, gone when this is closed. size: bytes. digest: sha256 in hex.

    modified_ns: the file's time, 0 for a URL. media_type, charset, etag, last_modified: what a server said of it.
    """

    name: str
    content: IO[bytes]
    size: int
    digest: str
    modified_ns: int = 0
    media_type: str = ""
    charset: str = ""
    etag: str = ""
    last_modified: str = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.content.close()


class Copy:
    """What has arrived of a source so far. `room`: the folder of the temporary file, the system's if None."""

    def __init__(self, name: str, room: Path | None = None) -> None:
        self.name = name
        self.size = 0
        self._digest = sha256()
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY, dir=str(room) if room else None)

    def write(self, piece: bytes) -> None:
        """Unreadable where the disk is full."""
        try:
            self._file.write(piece)
        except OSError as error:
            raise Unreadable(self.name, _no_room(error)) from None
        self._digest.update(piece)
        self.size += len(piece)

    def source(self, **known: Any) -> Source:
        """The whole, from its beginning; `known` are further fields of Source."""
        try:
            self._file.seek(0)
        except OSError as error:
            raise Unreadable(self.name, _no_room(error)) from None
        return Source(self.name, self._file, self.size, self._digest.hexdigest(), **known)

    def close(self) -> None:
        self._file.close()


def take(path: Path, *, name: str = "", room: Path | None = None) -> Source:
    """A copy of the file, called `name` (its path by default). Unreadable where there is none to be had."""
    called = name or str(path)
    for _ in range(TRIES):
        copy = Copy(called, room)
        try:
            before, after = _copied(path, copy)
            if _same(before, after) and copy.size == after.st_size:
                return copy.source(modified_ns=after.st_mtime_ns)
        except OSError as error:
            copy.close()
            raise Unreadable(called, _why_not(error)) from None
        except BaseException:
            copy.close()
            raise
        copy.close()
    raise Unreadable(called, "changes while it is read; add it when nobody writes to it, or add a copy of it")


def _copied(path: Path, copy: Copy) -> tuple[stat_result, stat_result]:
    """The file's state before and after all of it went into the copy."""
    before = path.stat()
    if not stat.S_ISREG(before.st_mode):
        kind = "a folder" if stat.S_ISDIR(before.st_mode) else "no file but a device or a pipe"
        raise Unreadable(copy.name, f"is {kind}; name files")
    with path.open("rb", buffering=0) as file:
        while (piece := file.read(PIECE)) and copy.size <= before.st_size:
            copy.write(piece)
    return before, path.stat()


def _same(before: stat_result, after: stat_result) -> bool:
    return all(
        getattr(before, field) == getattr(after, field) for field in ("st_size", "st_mtime_ns", "st_ino", "st_dev")
    )


def _why_not(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file; look at its path"
    if isinstance(error, PermissionError):
        return "may not be read by this user; give it the right to, or add a copy"
    return f"cannot be read ({error.strerror or error}); look at its path and disk"


def _no_room(error: OSError) -> str:
    if error.errno in NO_ROOM:
        return "there is no room on the disk for a copy of it; free some"
    return f"cannot be copied ({error.strerror or error}); look at the disk"
