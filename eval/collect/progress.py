"""How a collection goes, for people: a bar with what it has cost on a terminal, lines elsewhere. Asks nobody."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from eval.collect.run import Begin

EVERY_S = 10.0
"""Between two lines, where there is no terminal."""

Spent = Callable[[], float]


@contextmanager
def watched(console: Console, spent: Spent) -> Iterator[Begin]:
    """spent: dollars so far."""
    if not console.is_terminal:
        yield lambda what, total: _lines(console, what, total, spent)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("${task.fields[usd]:.4f}"), console=console, transient=True) as bar:

        def begin(what: str, total: int) -> Callable[[], None]:
            task = bar.add_task(what, total=total, usd=spent())
            return lambda: bar.update(task, advance=1, usd=spent())

        yield begin


def _lines(console: Console, what: str, total: int, spent: Spent) -> Callable[[], None]:
    done, said = 0, time.monotonic()

    def step() -> None:
        nonlocal done, said
        done += 1
        if time.monotonic() - said >= EVERY_S:
            said = time.monotonic()
            console.print(f"{what}: {done} of {total}, ${spent():.4f} so far")

    return step
