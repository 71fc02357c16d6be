"""`coterie eval compose`: strategies against recorded answers. What it needs is imported when it is run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eval.cli.options import (
    Artifact,
    Experts,
    JsonFile,
    Models,
    NoCache,
    Outcomes,
    Questions,
    Resamples,
    Seed,
    named,
    warn,
)
from eval.cli.page import Html, check_page

Plot = Annotated[Path | None, typer.Option("--plot", help="draw accuracy against cost here: .svg or .png")]
Strategies = Annotated[str | None, typer.Option(help="only these strategies, separated by commas")]
RouterName = Annotated[str, typer.Option("--router", help="whose predictions the strategies go by")]


def compose(
    questions: Questions,
    outcomes: Outcomes,
    experts: Experts = None,
    artifact: Artifact = None,
    models: Models = None,
    strategies: Strategies = None,
    router: RouterName = "blend",
    json: JsonFile = None,
    html: Html = None,
    plot: Plot = None,
    resamples: Resamples = 2000,
    seed: Seed = 0,
    no_cache: NoCache = False,
) -> None:
    """How each way of asking several experts would have answered, at every setting of its knobs, and at what cost."""
    from eval.compose.command import Sources, Targets, evaluate_files, publish_evaluation, replayed
    from eval.encodings import open_encodings
    from eval.routing.rows import Resampling
    from eval.watching import watching

    sources = Sources(questions, outcomes, named(experts), artifact, models)
    targets = Targets(json, html, plot)
    check_page(html)
    targets.check()
    order, drawn = replayed(named(strategies, "--strategies"), router, artifact), Resampling(resamples, seed)
    with open_encodings(not no_cache, warn) as encodings, watching() as watch:
        evaluation = evaluate_files(sources, order, drawn, encodings, watch)
    publish_evaluation(evaluation, targets)
