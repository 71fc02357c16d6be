"""`coterie eval reask`: what to ask next. What it needs is imported when it is run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eval.cli.options import JsonFile, Outcomes, Questions, Seed, named

Budget = Annotated[int, typer.Option(min=1, help="how many answers to ask for: a question asked of three counts three")]
Expert = Annotated[
    str, typer.Option(help="one whose version changed; or all, or several with commas, to settle who is best at what")
]
Out = Annotated[Path, typer.Option(help="write the questions here (.jsonl), for `coterie eval collect`")]


def reask(
    questions: Questions,
    outcomes: Outcomes,
    budget: Budget,
    out: Out,
    expert: Expert = "all",
    json: JsonFile = None,
    seed: Seed = 0,
) -> None:
    """Which questions to ask again after a change, or to learn who is best at what, for the fewest answers."""
    from eval.changes.reasking import Wanted, choose, publish_choice

    names = named(expert, "--expert")
    wanted = Wanted(questions, outcomes, budget, None if names == ["all"] else names, out, seed)
    publish_choice(choose(wanted), json)
