"""`coterie train`: fit an encoder, a reader or routers from tables of questions and outcomes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gateway.cli.shell import JsonOption, listed, print_json
from routers.training.encoder import BASE, train_encoder
from routers.training.prototypes import NAMES
from routers.training.reader import train_reader
from routers.training.routers import EVERYTHING, train_routers
from routers.training.selective import measure_again

ENCODER, READER, THRESHOLDS = "encoder", "reader", "thresholds"
TRAINABLE = (ENCODER, READER, *NAMES, EVERYTHING, THRESHOLDS)


def train(
    name: Annotated[str, typer.Argument(help=f"what to fit: {', '.join(TRAINABLE)}")],
    questions: Annotated[Path, typer.Option(help="table of questions: parquet, CSV or JSONL")],
    outcomes: Annotated[Path, typer.Option(help="table of outcomes: parquet, CSV or JSONL")],
    out: Annotated[Path, typer.Option(help="folder to write the artifact to; thresholds: one that is there")],
    experts: Annotated[str | None, typer.Option(help="only these models, separated by commas")] = None,
    reader: Annotated[Path | None, typer.Option(help="routers: read with this reader, not the bundled one")] = None,
    encoder: Annotated[Path | None, typer.Option(help="reader: the folder that `train encoder` wrote")] = None,
    base: Annotated[str, typer.Option(help="encoder: a sentence-transformers model, by hub name or path")] = BASE,
    baselines: Annotated[bool, typer.Option(help="routers: fit the baselines beside them, for evaluation")] = True,
    seed: Annotated[int, typer.Option(help="of everything that is drawn")] = 0,
    json: JsonOption = False,
) -> None:
    """Fit on the rows whose split is train, choose on dev, and write an artifact to serve from."""
    if name not in TRAINABLE:
        raise typer.BadParameter(f"nothing is called {name!r}; known are {', '.join(TRAINABLE)}")
    say = Console(stderr=True, highlight=False).print
    tables, names = (questions, outcomes, out), listed(experts)
    if name == ENCODER:
        trained = train_encoder(*tables, base=base, experts=names, seed=seed, progress=say)
    elif name == READER:
        trained = train_reader(*tables, encoder=encoder, experts=names, seed=seed, progress=say)
    elif name == THRESHOLDS:
        trained = measure_again(*tables, experts=names, seed=seed)
    else:
        trained = train_routers(
            name, *tables, reader=reader, experts=names, baselines=baselines, seed=seed, progress=say
        )
    if json:
        print_json(trained.manifest.model_dump(mode="json"))
    else:
        print("\n".join(trained.lines))
