"""`coterie eval reask` from files to a plan and what is said of it: the one place of it that reads and writes any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.bench.tables import Sheet
from eval.changes.asking import Planned, ask_again, ask_rivals
from eval.changes.draws import read_draws
from eval.changes.ordering import Rivals
from eval.changes.plan import write_plan
from eval.publishing import publish_findings
from routers.errors import TableError
from routers.questions import read_questions

COMMAND = "eval reask"
AGAIN = ("category", "questions", "asked again")
RIVALS = ("category", "leads", "rivals left", "questions", "answers", "may be lost", "after")


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """experts: one to be asked again, several to be put in order, None for all there are."""

    questions: Path
    outcomes: Path
    budget: int
    experts: Sequence[str] | None
    out: Path
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """A plan with what it takes to tell of it."""

    wanted: Wanted
    planned: Planned
    categories: tuple[str, ...]
    experts: tuple[str, ...]
    notes: tuple[str, ...]


def choose(wanted: Wanted) -> Chosen:
    """Plan and write it; TableError, in one line."""
    asked = read_questions(wanted.questions)
    known = read_draws(wanted.outcomes, asked)
    names = known.experts if wanted.experts is None else wanted.experts
    if strange := [name for name in names if name not in known.experts]:
        read_draws(wanted.outcomes, asked, strange)  # says who is nearest
    if len(names) == 1 and wanted.experts is not None:
        planned = ask_again(known, names[0], asked.categories, wanted.budget, wanted.seed)
    else:
        planned = ask_rivals(known.among(names), asked.categories, wanted.budget, wanted.seed)
    if not planned.asks:
        raise TableError(f"a budget of {wanted.budget} is too small: a question goes to all rivals of its category")
    write_plan(wanted.out, wanted.questions, asked.query_ids, planned.asks)
    notes = (*asked.left_out, *known.left_out, *planned.notes)
    return Chosen(wanted, planned, asked.categories, tuple(names), notes)


def publish_choice(found: Chosen, json: Path | None) -> None:
    """See `publish_findings`."""
    publish_findings(as_json(found), [_sheet(found)], lines(found), json)


def as_json(found: Chosen) -> dict[str, Any]:
    planned = found.planned
    return {
        "command": COMMAND,
        "out": str(found.wanted.out),
        "seed": found.wanted.seed,
        "budget": found.wanted.budget,
        "calls": planned.calls,
        "questions": len(planned.asks),
        "categories": [_rivalry(found, one) for one in planned.rivals],
        "notes": list(found.notes),
    }


def _rivalry(found: Chosen, one: Rivals) -> dict[str, Any]:
    asked = sum(found.categories[ask.row] == one.category for ask in found.planned.asks)
    return {
        "category": one.category,
        "leads": found.experts[one.best],
        "rivals": [found.experts[m] for m in one.others.tolist()],
        "questions": asked,
        "loss_before": one.loss(),
        "loss_after": one.loss(asked),
    }


def _sheet(found: Chosen) -> Sheet:
    asked = [found.categories[ask.row] for ask in found.planned.asks]
    if not found.planned.rivals:
        names = sorted(set(found.categories))
        return Sheet(AGAIN, [[name, str(found.categories.count(name)), str(asked.count(name))] for name in names])
    rows = []
    for one in found.planned.rivals:
        told = _rivalry(found, one)
        calls = sum(len(ask.experts) for ask in found.planned.asks if found.categories[ask.row] == one.category)
        rivals = str(len(told["rivals"])) if told["rivals"] else "settled"
        losses = [f"{told[name]:.4f}" for name in ("loss_before", "loss_after")]
        rows.append([one.category, told["leads"], rivals, str(told["questions"]), str(calls), *losses])
    return Sheet(RIVALS, rows)


def lines(found: Chosen) -> Iterator[str]:
    wanted, planned = found.wanted, found.planned
    chances = np.array([ask.inclusion for ask in planned.asks])
    if planned.rivals:
        yield f"{len(planned.asks)} questions, {planned.calls} answers, where most is to be learned of who leads."
        yield f"When they are answered, add the outcomes to {wanted.outcomes} and choose again."
    else:
        yield (
            f"{len(planned.asks)} questions for {found.experts[0]}, drawn with chances from {chances.min():.3f} to "
            f"{chances.max():.3f}, seed {wanted.seed}; the chances stand in {wanted.out}."
        )
        yield f"Then: coterie eval regression --before {wanted.outcomes} --after NEW --asked {wanted.out} ..."
    yield f"Collect with: coterie eval collect --questions {wanted.out} --out NEW"
    yield from (f"Note: {note}." for note in found.notes)
