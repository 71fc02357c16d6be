"""The options that evaluations share, and what is made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from routers.errors import TableError

Questions = Annotated[Path, typer.Option(help="table of questions: parquet, CSV or JSONL")]
Scores = Annotated[
    Path | None, typer.Option("--outcomes", help="table of outcomes; leave it out where the questions have scores")
]
Outcomes = Annotated[Path, typer.Option(help="table of outcomes: parquet, CSV or JSONL")]
Experts = Annotated[str | None, typer.Option(help="only these models, separated by commas")]
Artifact = Annotated[
    Path | None, typer.Option(help="folder of trained routers, or `bundled`; without it all is fitted on the questions")
]
Models = Annotated[Path | None, typer.Option(help="JSON with prices and sizes by model; without it no costs")]


def writable(path: Path | None) -> Path | None:
    """TableError, in one line, where a file cannot be written there: said before long work."""
    if path is not None and path.is_dir():
        raise TableError(f"{path} cannot be written (it is a folder; name a file in it)")
    if path is not None and not path.parent.is_dir():
        raise TableError(f"{path} cannot be written (no folder {path.parent})")
    return path


JsonFile = Annotated[
    Path | None, typer.Option("--json", callback=writable, help="write the whole report here; - prints it")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="encode every text anew, and keep nothing")]
Resamples = Annotated[int, typer.Option(min=100, help="how often the questions are drawn anew for the intervals")]
Seed = Annotated[int, typer.Option(min=0, help="of everything that is drawn")]


def named(given: str | None, option: str = "--experts") -> list[str] | None:
    """The names of a list with commas, each once; None where it was not given. BadParameter for an empty one."""
    if given is None:
        return None
    names = list(dict.fromkeys(filter(None, map(str.strip, given.split(",")))))
    if not names:
        raise typer.BadParameter(f"{option} names nobody; leave it out for all")
    return names


def warn(line: str) -> None:
    """On standard error, so that a report on standard output stays one."""
    typer.echo(f"coterie: {line}", err=True)
