"""What a tree of processes uses, read from /proc. Knows nothing of what they do."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SETTLE_S = 10.0
GLANCE_S = 0.2
IDLE_SHARE = 0.05
"""A tree that takes less than this share of a processor is at rest."""


@dataclass(frozen=True, slots=True)
class Usage:
    """One process: `ticks` of processor time since its start, `pages` resident."""

    pid: int
    parent: int
    ticks: int
    pages: int


def parse(stat: str) -> Usage:
    """One /proc/PID/stat. The name stands in parentheses and may hold anything, so fields count from its end."""
    head, _, tail = stat.rpartition(")")
    fields = tail.split()
    return Usage(int(head.split(" ", 1)[0]), int(fields[1]), int(fields[11]) + int(fields[12]), int(fields[21]))


def tree(usages: Iterable[Usage], root: int) -> tuple[Usage, ...]:
    """Those of `root` and of all who descend from it."""
    everyone = tuple(usages)
    family = [usage for usage in everyone if usage.pid == root]
    for member in family:
        family += [usage for usage in everyone if usage.parent == member.pid]
    return tuple(family)


def resident_mb(root: int) -> float:
    """Megabytes of memory that the tree holds."""
    return sum(usage.pages for usage in tree(_everyone(), root)) * os.sysconf("SC_PAGE_SIZE") / 1e6


def settle(root: int) -> None:
    """Wait until the tree has no more work of its own, so that it does not take time from who is measured next."""
    deadline = time.monotonic() + SETTLE_S
    enough = IDLE_SHARE * GLANCE_S * os.sysconf("SC_CLK_TCK")
    before = _ticks(root)
    while time.monotonic() < deadline:
        time.sleep(GLANCE_S)
        now = _ticks(root)
        if now - before <= enough:
            return
        before = now


def _ticks(root: int) -> int:
    return sum(usage.ticks for usage in tree(_everyone(), root))


def _everyone() -> Iterable[Usage]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # it has ended since
                yield parse((entry / "stat").read_text(errors="replace"))
