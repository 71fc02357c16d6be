"""Where the bytes of files lie, under their ids. Nobody sees a file before all of it is on the disk. Blocks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

PART = ".part"
YOUNG_S = 3600.0
"""What is younger may still be on its way to its row."""


class Folder:
    """A folder on a disk; instances that share a database share it too."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def at(self, id: str) -> Path:
        return self.path / id

    def create(self, id: str) -> Part:
        """A new file, which is there once it has been `kept`. OSError where the disk is full or not ours."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Part(self.at(id))

    def remove(self, id: str) -> None:
        self.at(id).unlink(missing_ok=True)

    def sweep(self, known: Callable[[set[str]], set[str]], now: float) -> int:
        """What nobody knows any more goes: uploads that broke off, files whose rows are gone; how many."""
        if not self.path.is_dir():
            return 0
        old = {entry.name for entry in os.scandir(self.path) if now - entry.stat().st_mtime > YOUNG_S}
        stray = old - known(old)
        for name in stray:
            (self.path / name).unlink(missing_ok=True)
        return len(stray)


class Part:
    """A file that is being written."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.size = 0
        self._path = target.with_name(target.name + PART)
        self._file: BinaryIO = self._path.open("wb")

    def write(self, piece: bytes) -> None:
        self._file.write(piece)
        self.size += len(piece)

    def keep(self) -> None:
        """All of it is on the disk, under its name, even if the power goes now."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._path.replace(self.target)
        _sync_folder(self.target.parent)

    def drop(self) -> None:
        """As if it had never been; nothing happens after `keep`."""
        self._file.close()
        self._path.unlink(missing_ok=True)


@contextmanager
def replacing(target: Path) -> Iterator[Part]:
    """A file that takes the place of `target` once the block has come to its end."""
    part = Part(target)
    try:
        yield part
        part.keep()
    finally:
        part.drop()


def _sync_folder(folder: Path) -> None:
    """A new name is on the disk too, where the system can say so."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
