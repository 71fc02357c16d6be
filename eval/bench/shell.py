"""What both commands share: options, lines on standard error, and an end without leftovers however it comes."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from eval.bench.errors import BenchError

Seconds = Annotated[int, typer.Option(min=1, help="length of one turn; each contestant has two a round")]
Connections = Annotated[int, typer.Option(min=1, max=64, help="connections that load a contestant at once")]
Rounds = Annotated[int, typer.Option(min=1, help="rounds; the medians over them are told")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="write everything there too")]
Markdown = Annotated[bool, typer.Option("--markdown", help="tables for a README")]


def say(line: str) -> None:
    """Progress, apart from the results."""
    print(line, file=sys.stderr, flush=True)


def command(function: Callable[..., None]) -> None:
    """Run it as a command line; what is wrong is said in one line."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(function)
    try:
        app()
    except BenchError as error:
        say(f"bench: {error}")
        raise SystemExit(1) from None


def _leave(number: int, frame: FrameType | None) -> None:
    """End as Ctrl-C does, by an exception, so that what was started is stopped."""
    raise SystemExit(128 + number)
