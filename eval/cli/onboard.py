"""`coterie eval onboard`: is a new expert placed well by few questions? What it needs is imported when it is run."""

from __future__ import annotations

from typing import Annotated

import typer

from eval.cli.options import Artifact, Experts, JsonFile, NoCache, Outcomes, Questions, Resamples, Seed, named, warn
from eval.cli.page import Html, check_page

Budgets = Annotated[str | None, typer.Option(help="after how many questions to look, separated by commas")]
Draws = Annotated[int, typer.Option(min=1, help="how often questions are drawn at random for each expert")]


def onboard(
    questions: Questions,
    outcomes: Outcomes,
    experts: Experts = None,
    artifact: Artifact = None,
    budgets: Budgets = None,
    draws: Draws = 3,
    json: JsonFile = None,
    html: Html = None,
    resamples: Resamples = 2000,
    seed: Seed = 0,
    no_cache: NoCache = False,
) -> None:
    """Each recorded expert left out in turn and placed with few questions: chosen ones against random ones."""
    from eval.encodings import open_encodings
    from eval.onboarding.command import evaluate_files, publish_evaluation
    from eval.onboarding.run import BUDGETS, Settings
    from eval.routing.rows import Resampling
    from eval.watching import watching

    check_page(html)
    settings = Settings(BUDGETS if budgets is None else _numbers(budgets), draws, Resampling(resamples, seed))
    with open_encodings(not no_cache, warn) as encodings, watching() as watch:
        found = evaluate_files(questions, outcomes, named(experts), artifact, settings, encodings, watch)
    publish_evaluation(found, json, html)


def _numbers(given: str) -> tuple[int, ...]:
    try:
        numbers = tuple(sorted({int(part) for part in given.split(",")}))
    except ValueError:
        numbers = ()
    if not numbers or numbers[0] < 1:
        raise typer.BadParameter(f"--budgets are numbers of questions, as in 10,20,40; not {given}")
    return numbers
