"""What to ask next: a changed expert again, or the rivals of every category. Reads no file and asks nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from eval.changes.draws import Draws
from eval.changes.foresight import foreseen
from eval.changes.ordering import Rivals, allotted, standings
from eval.changes.plan import Ask
from eval.changes.sampling import chances_to_ask, drawn
from routers.base import Array
from routers.errors import TableError


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """asks: whom to ask what. rivals: the standing of each category, where orderings are to be settled."""

    asks: tuple[Ask, ...]
    rivals: tuple[Rivals, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def calls(self) -> int:
        """How many answers that is."""
        return sum(len(ask.experts) for ask in self.asks)


def ask_again(known: Draws, expert: str, categories: Sequence[str], budget: int, seed: int) -> Planned:
    """A changed expert, on questions its old version has answered; chances by how much each answer may tell."""
    place = known.place(expert)
    before = known.right[:, place]
    rows = np.flatnonzero(~np.isnan(before))
    expected = foreseen(before, np.delete(known.right, place, axis=1), _numbered(categories))
    chances = chances_to_ask(before[rows], expected[rows], budget)
    chosen = drawn(chances, np.random.default_rng(seed))
    asks = tuple(Ask(int(rows[n]), (expert,), min(float(chances[n]), 1.0)) for n in chosen)
    notes = [f"{expert} has answered {len(rows)} questions, so all of them are asked"] if budget >= len(rows) else []
    unknown = len(before) - len(rows)
    notes += [f"{unknown} questions that {expert} has not answered before are left out"] if unknown else []
    return Planned(asks, notes=tuple(notes))


def ask_rivals(known: Draws, categories: Sequence[str], budget: int, seed: int) -> Planned:
    """Questions that have not been asked of all who may still be the best of their category.

    TableError where there is nothing to ask, or nothing to settle.
    """
    if len(known.experts) < 2:
        raise TableError(f"{known.experts[0]} has no rival; name it with --expert to ask it again")
    numbers, names = _numbered(categories), sorted(set(categories))
    rivals = list(standings(known.score, numbers, names))
    open_ = [
        np.flatnonzero((numbers == k) & np.isnan(known.score[:, one.columns]).any(axis=1))
        if len(one.others)
        else np.array([], dtype=np.intp)
        for k, one in enumerate(rivals)
    ]
    if not any(len(one.others) for one in rivals):
        raise TableError("the best expert of every category is settled; there is nothing to ask")
    if not any(map(len, open_)):
        raise TableError("every open question has been answered; add questions, or name a changed expert with --expert")
    given = allotted(rivals, list(map(len, open_)), budget)
    planned = Planned(tuple(_asks(known, rivals, open_, given, np.random.default_rng(seed))), tuple(rivals))
    spare = budget - planned.calls
    note = f"{spare} of the {budget} answers are not used: a question goes to all rivals of its category, or to none"
    return replace(planned, notes=(note,)) if spare else planned


def _asks(
    known: Draws, rivals: Sequence[Rivals], open_: Sequence[Array], given: Sequence[int], random: np.random.Generator
) -> Iterator[Ask]:
    for one, rows, count in zip(rivals, open_, given, strict=True):
        for row in random.choice(rows, count, replace=False).tolist():
            silent = [m for m in one.columns.tolist() if np.isnan(known.score[row, m])]
            yield Ask(row, tuple(known.experts[m] for m in silent), count / len(rows))


def _numbered(categories: Sequence[str]) -> Array:
    return np.unique(categories, return_inverse=True)[1]
