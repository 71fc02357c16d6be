"""Tables for a terminal and for a README. Knows rows of text only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

WIDTH = 100
"""What every sheet fits in; a narrower terminal wraps the lines rather than losing figures."""
WIDEST = 10_000
"""No line is as long."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table; the first column is words, the others stand to the right."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def markdown(sheet: Sheet) -> str:
    """As a README has it."""
    rule = ["---", *["---:"] * (len(sheet.head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (sheet.head, rule, *sheet.rows))


def show(console: Console, sheet: Sheet) -> None:
    """On a terminal, whole: a narrower one wraps the lines."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for index, title in enumerate(sheet.head):
        table.add_column(title, justify="right" if index else "left", no_wrap=True)
    for row in sheet.rows:
        table.add_row(*(escape(cell) for cell in row))
    needed = Measurement.get(console, console.options.update(max_width=WIDEST), table).maximum
    console.width = max(console.width, needed)
    console.print(table)


def terminal() -> Console:
    """Wide enough for every sheet, also where output goes to a file."""
    console = Console(highlight=False)
    return Console(highlight=False, width=max(console.width, WIDTH))


def publish(console: Console, sheets: Sequence[Sheet], as_markdown: bool) -> None:
    """Each in turn."""
    for sheet in sheets:
        if as_markdown:
            print(f"{markdown(sheet)}\n")
        else:
            show(console, sheet)
