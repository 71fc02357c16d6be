"""`coterie eval gate`: the retrieval gate on recorded answers. What it needs is imported when it is run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from eval.cli.options import JsonFile, NoCache, Resamples, Seed, warn
from eval.cli.page import Html, check_page

Pairs = Annotated[Path, typer.Option(help="table of `coterie knowledge label`: answers without and with documents")]
Learned = Annotated[
    Path | None, typer.Option(help="folder of `coterie knowledge learn`; else the gate is learned fold by fold")
]
Budgets = Annotated[str | None, typer.Option(help="shares of questions that may be looked up, separated by commas")]


def gate(
    questions: Pairs,
    gate: Learned = None,
    budgets: Budgets = None,
    json: JsonFile = None,
    html: Html = None,
    resamples: Resamples = 2000,
    seed: Seed = 0,
    no_cache: NoCache = False,
) -> None:
    """What looking into documents never, always, and where the gate says so would have brought, at each budget."""
    from eval.encodings import open_encodings
    from eval.gate.command import evaluate_file, publish_evaluation
    from eval.gate.rows import BUDGETS
    from eval.gate.run import Settings

    check_page(html)
    wanted = BUDGETS if budgets is None else _shares(budgets)
    settings = Settings(wanted, resamples, seed)
    with open_encodings(not no_cache, warn) as encodings, Console(stderr=True).status("") as status:  # on a terminal
        evaluation = evaluate_file(questions, gate, settings, encodings, status.update)
    publish_evaluation(evaluation, json, html)


def _shares(given: str) -> tuple[float, ...]:
    try:
        shares = tuple(dict.fromkeys(float(part) for part in given.split(",")))
    except ValueError:
        shares = ()
    if not shares or not all(0 < share <= 1 for share in shares):
        raise typer.BadParameter(f"--budgets are shares above 0 and up to 1, as in 0.25,0.5,1; not {given}")
    return shares
