"""`coterie eval online`: learning from feedback, on recorded outcomes. What it needs is imported when it is run."""

from __future__ import annotations

from typing import Annotated

import typer

from eval.cli.options import Artifact, Experts, JsonFile, Models, NoCache, Questions, Scores, named, warn

Explore = Annotated[float, typer.Option(min=0, max=0.5, help="as in `learn:` of experts.yaml")]
Heard = Annotated[float, typer.Option(min=0, max=1, help="the share of answers that somebody judges")]
HalfLife = Annotated[int | None, typer.Option(min=1, help="judgements count half after so many questions; else alike")]
Seeds = Annotated[int, typer.Option(min=1, max=1000, help="orders of the questions, for the intervals")]
Thrift = Annotated[float, typer.Option(min=0, max=1, help="what price counts, where --models tells prices")]


def online(
    questions: Questions,
    outcomes: Scores = None,
    experts: Experts = None,
    artifact: Artifact = None,
    models: Models = None,
    explore: Explore = 0.02,
    heard: Heard = 0.3,
    half_life: HalfLife = None,
    seeds: Seeds = 5,
    thrift: Thrift = 0.0,
    json: JsonFile = None,
    no_cache: NoCache = False,
) -> None:
    """What learning from feedback gains and exploring costs: with this router, with bad ones, with a failing expert."""
    from eval.encodings import open_encodings
    from eval.online.command import evaluate_files, publish
    from eval.online.stream import Terms
    from eval.routing.command import Sources
    from eval.watching import watching

    sources = Sources(questions, outcomes, named(experts), artifact, models)
    terms = Terms(explore=explore, heard=heard, half_life=half_life)
    with open_encodings(not no_cache, warn) as encodings, watching() as watch:
        evaluation = evaluate_files(sources, terms, seeds, thrift, encodings, watch)
    publish(evaluation, json)
