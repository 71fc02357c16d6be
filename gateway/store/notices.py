"""What the writer says in the log: one line when it starts to fail, one when it works again, few in between.

Knows no database; it is handed reasons in words.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path

EVERY_S = 30.0


class Notices:
    """Remembers what has been said, for one writer."""

    def __init__(self, name: str, every_s: float = EVERY_S) -> None:
        self.name = name
        self.every_s = every_s
        self._log = logging.getLogger("coterie.store")
        self._failing = False
        self._said: dict[str, float] = {}
        self._lost = 0

    def failed(self, reason: str, waiting: int) -> None:
        if self._due("failed"):
            self._failing = True
            extra = {"database": self.name, "waiting": waiting, "reason": reason}
            self._log.warning("cannot write the record (%s); %d wait in memory", reason, waiting, extra=extra)

    def worked(self) -> None:
        """Answers a failure that was told; where a disk is all but full the two may alternate many times a second."""
        if self._failing:
            self._failing = False
            self._log.info("the record is written again", extra={"database": self.name})

    def lost(self, total: int, why: str) -> None:
        """`total` counts since the start; a line says how many are new in it."""
        if total > self._lost and self._due("lost"):
            new, self._lost = total - self._lost, total
            extra = {"database": self.name, "lost": new, "reason": why}
            self._log.warning("records lost: %d (%s)", new, why, extra=extra)

    def refused(self, reasons: list[str]) -> None:
        if reasons and self._due("refused"):
            extra = {"database": self.name, "lost": len(reasons), "reason": reasons[0]}
            self._log.error("records lost: %d (no database takes them: %s)", len(reasons), reasons[0], extra=extra)

    def restored(self, file: str, count: int) -> None:
        extra = {"database": self.name, "file": file, "restored": count}
        self._log.info("records of an earlier process written: %d", count, extra=extra)

    def stuck(self, file: str, error: BaseException) -> None:
        extra = {"database": self.name, "file": file, "reason": str(error)}
        self._log.error("the spilled records in %s cannot be read and removed (%s)", file, error, extra=extra)

    def spilled(self, path: Path, count: int) -> None:
        extra = {"database": self.name, "file": str(path), "spilled": count}
        self._log.warning("records that wait for the next start: %d, in %s", count, path, extra=extra)

    def abandoned(self, count: int, why: str) -> None:
        extra = {"database": self.name, "lost": count, "reason": why}
        self._log.error("records lost at the end: %d (%s)", count, why, extra=extra)

    def broken(self, error: BaseException) -> None:
        """A mistake of ours, with its traceback."""
        if self._due("broken"):
            self._log.error("the record's writer stumbled", exc_info=error, extra={"database": self.name})

    def _due(self, kind: str) -> bool:
        now = time.monotonic()
        if now - self._said.get(kind, -self.every_s) < self.every_s:
            return False
        self._said[kind] = now
        return True
