"""`python -m eval.changes`: what choosing questions saves, on recorded outcomes. One model stands for another's update.

python -m eval.changes --questions questions.parquet --outcomes outcomes.parquet --pairs old=new,older=newer
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from eval.bench.tables import Sheet, publish, terminal
from eval.changes.draws import Draws, read_draws
from eval.changes.race import World
from eval.changes.savings import FIGURES, Saved, drawing_savings, race_savings
from routers.errors import RouterError
from routers.questions import Questions, read_questions

HEAD = ("", "error", "width", "held", "saved (95 %)")
RACE = ("answers", "lost: by rivals", "lost: evenly")
Pairs = Annotated[str, typer.Option(help="old=new, separated by commas: each the same expert before and after")]


def main(
    questions: Annotated[Path, typer.Option()],
    outcomes: Annotated[Path, typer.Option()],
    pairs: Pairs,
    source: Annotated[str | None, typer.Option(help="only questions of this source")] = None,
    experts: Annotated[str | None, typer.Option(help="whose ordering is sought; else that of all")] = None,
    budget: Annotated[int, typer.Option(min=20)] = 300,
    answers: Annotated[int, typer.Option(min=1000)] = 8000,
    seeds: Annotated[int, typer.Option(min=2)] = 40,
) -> None:
    """What is drawn by chances against what is drawn evenly, and rivals against everybody."""
    console = terminal()
    try:
        asked = read_questions(questions)
        if source is not None:
            asked = _of(asked, source)
        known = read_draws(outcomes, asked)
        for pair in (tuple(one.split("=")) for one in pairs.split(",")):
            saved = drawing_savings(asked, known, (pair[0], pair[-1]), budget, seeds)
            publish(console, [Sheet((f"{budget} of {pair[-1]}"[:32], *HEAD[1:]), [_row(one) for one in saved])], False)
        whole = known if experts is None else known.among(experts.split(","))
        _race(console, asked, whole, answers, seeds)
    except RouterError as error:
        raise SystemExit(str(error)) from None


def _of(asked: Questions, source: str) -> Questions:
    kept = [n for n, one in enumerate(asked.sources) if one == source]

    def part(column: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(column[n] for n in kept)

    return replace(asked, query_ids=part(asked.query_ids), categories=part(asked.categories), groups=part(asked.groups))


def _row(one: Saved) -> list[str]:
    low, high = one.interval
    held = f"{one.held:.0%} [{one.held_interval[0]:.0%}, {one.held_interval[1]:.0%}]"
    saved = "-" if one.reference else f"{one.share:.0%} [{low:.0%}, {high:.0%}]"
    return [f"{FIGURES[one.figure]}, {one.design}", f"{one.error:.4f}", f"{one.width:.4f}", held, saved]


def _race(console: Console, asked: Questions, known: Draws, answers: int, seeds: int) -> None:
    rows = np.flatnonzero(~np.isnan(known.score).any(axis=1))
    matrices = {name: getattr(known, name)[rows] for name in ("right", "score", "counts", "inclusion")}
    world = World(replace(known, **matrices), tuple(asked.categories[n] for n in rows))
    found = race_savings(world, answers, seeds)
    told = [[str(calls), f"{one:.4f}", f"{other:.4f}"] for calls, one, other in found.curve]
    publish(console, [Sheet(RACE, told)], False)
    low, high = found.interval
    print(f"By rivals no more is lost with {found.share:.0%} [{low:.0%}, {high:.0%}] of the answers saved.")


if __name__ == "__main__":
    typer.run(main)
