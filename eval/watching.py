"""Where it is seen what a long command is doing: a bar on a terminal, nothing elsewhere. Knows no command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Watch = Callable[[str, float], None]
"""Hears what is being done, and which part of it is done, in [0, 1]."""


def unwatched(doing: str, share: float) -> None:
    """Nobody looks on."""


@contextmanager
def watching() -> Iterator[Watch]:
    """A progress bar on standard error where that is a terminal, which leaves nothing behind."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn

    console = Console(stderr=True)
    columns = ("{task.description}", BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda doing, share: bar.update(task, description=doing, completed=share)
