"""What an earlier process could not write, and what this one could not. Knows files and no database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gateway.store.entries import Entry
from gateway.store.notices import Notices
from gateway.store.spill import read, spill, spilled


class Leftovers:
    """The spilled files of one database; without a folder there are none."""

    def __init__(self, folder: Path | None, label: str, notices: Notices) -> None:
        self.spilled = 0
        self.abandoned = 0
        self._folder = folder
        self._label = label
        self._notices = notices

    def restore(self, write: Callable[[list[Entry]], None]) -> None:
        """Writes what is there and removes it. A file that cannot be read stays and stops nothing."""
        for path in [] if self._folder is None else spilled(self._folder, self._label):
            try:
                entries = list(read(path))
                write(entries)
                path.unlink(missing_ok=True)
            except (OSError, ValueError, LookupError) as error:
                self._notices.stuck(path.name, error)
            else:
                self._notices.restored(path.name, len(entries))

    def leave(self, entries: list[Entry]) -> None:
        """For the next start, where there is a folder and room in it."""
        if self._folder is None:
            self._abandon(entries, "no folder to spill to")
            return
        try:
            path = spill(self._folder, self._label, entries)
        except OSError as error:
            self._abandon(entries, error.strerror or str(error))
            return
        self.spilled += len(entries)
        self._notices.spilled(path, len(entries))

    def _abandon(self, entries: list[Entry], why: str) -> None:
        self.abandoned += len(entries)
        self._notices.abandoned(len(entries), why)
