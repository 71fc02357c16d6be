"""`coterie train`: fit a router from tables of questions and outcomes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gateway.cli.shell import JsonOption, print_json
from routers.train import train_category

TRAINERS = {"category": train_category}


def train(
    router: Annotated[str, typer.Argument(help=f"which router: {', '.join(TRAINERS)}")],
    questions: Annotated[Path, typer.Option(help="table of questions: parquet, CSV or JSONL")],
    outcomes: Annotated[Path, typer.Option(help="table of outcomes: parquet, CSV or JSONL")],
    out: Annotated[Path, typer.Option(help="folder to write the artifact to")],
    experts: Annotated[str | None, typer.Option(help="only these models, separated by commas")] = None,
    seed: Annotated[int, typer.Option(help="of everything that is drawn")] = 0,
    json: JsonOption = False,
) -> None:
    """Fit on the rows whose split is train, choose on dev, and write an artifact to serve from."""
    if router not in TRAINERS:
        raise typer.BadParameter(f"no router is called {router!r}; known are {', '.join(TRAINERS)}")
    say = Console(stderr=True, highlight=False).print
    names = [name.strip() for name in experts.split(",")] if experts else None
    report = TRAINERS[router](questions, outcomes, out, experts=names, seed=seed, progress=say)
    if json:
        print_json(report.artifact.manifest.model_dump(mode="json"))
    else:
        print("\n".join(report.lines))
