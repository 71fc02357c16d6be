"""`coterie eval routing`: routers against recorded outcomes. What it needs is imported when it is run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

Questions = Annotated[Path, typer.Option(help="table of questions: parquet, CSV or JSONL")]
Outcomes = Annotated[Path, typer.Option(help="table of outcomes: parquet, CSV or JSONL")]
Experts = Annotated[str | None, typer.Option(help="only these models, separated by commas")]
Artifact = Annotated[
    Path | None, typer.Option(help="folder of trained routers; without it only yardsticks are measured")
]
Models = Annotated[Path | None, typer.Option(help="JSON with prices and sizes by model; without it no costs")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="write the whole report here; - prints it")]
Resamples = Annotated[int, typer.Option(min=100, help="how often the questions are drawn anew for the intervals")]
Seed = Annotated[int, typer.Option(min=0, help="of everything that is drawn")]


def routing(
    questions: Questions,
    outcomes: Outcomes,
    experts: Experts = None,
    artifact: Artifact = None,
    models: Models = None,
    json: JsonFile = None,
    resamples: Resamples = 2000,
    seed: Seed = 0,
) -> None:
    """Whom each router would have asked, how that would have gone, and whether that is more than noise."""
    from eval.routing.command import evaluate_files, publish_evaluation
    from eval.routing.rows import Resampling

    named = None if experts is None else list(dict.fromkeys(filter(None, map(str.strip, experts.split(",")))))
    if named == []:
        raise typer.BadParameter("--experts names nobody; leave it out for all models")
    with Console(stderr=True).status("") as status:  # shows on a terminal only
        evaluation = evaluate_files(
            questions,
            outcomes,
            experts=named,
            artifact=artifact,
            models=models,
            resampling=Resampling(resamples, seed),
            progress=status.update,
        )
    publish_evaluation(evaluation, json)
