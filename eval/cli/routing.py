"""`coterie eval routing`: routers against recorded outcomes. What it needs is imported when it is run."""

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
    Questions,
    Resamples,
    Scores,
    Seed,
    named,
    warn,
)
from eval.cli.page import Html, check_page

Margin = Annotated[float, typer.Option(min=0, max=1, help="so much worse still counts as no worse")]
Robustness = Annotated[int, typer.Option(min=0, help="ask so many questions with typos and in other words too")]
Paraphrases = Annotated[Path | None, typer.Option(help="table of paraphrases (query_id, text), for --robustness")]


def routing(
    questions: Questions,
    outcomes: Scores = None,
    experts: Experts = None,
    artifact: Artifact = None,
    models: Models = None,
    json: JsonFile = None,
    html: Html = None,
    resamples: Resamples = 2000,
    seed: Seed = 0,
    margin: Margin = 0.01,
    robustness: Robustness = 0,
    paraphrases: Paraphrases = None,
    no_cache: NoCache = False,
) -> None:
    """Whom each router would have asked, how that would have gone, and whether that is more than noise."""
    from eval.encodings import open_encodings
    from eval.robustness.command import Otherwise
    from eval.routing.command import Sources, evaluate_files, publish_evaluation
    from eval.routing.rows import Resampling
    from eval.watching import watching

    if robustness and artifact is None:
        raise typer.BadParameter("--robustness asks trained routers again; give them as --artifact")
    if paraphrases is not None and not robustness:
        raise typer.BadParameter("--paraphrases are asked with --robustness N; say how many questions")
    check_page(html)
    sources = Sources(questions, outcomes, named(experts), artifact, models)
    with open_encodings(not no_cache, warn) as encodings, watching() as watch:
        drawn, otherwise = Resampling(resamples, seed, margin), Otherwise(robustness, paraphrases)
        evaluation = evaluate_files(sources, drawn, encodings, watch, otherwise)
    publish_evaluation(evaluation, json, html)
