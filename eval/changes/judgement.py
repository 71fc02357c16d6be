"""Changes judged: rows, the questions that flipped, one verdict. Reads no file and prints nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from eval.changes.change import Change
from eval.changes.choices import Moves
from eval.changes.rows import Row, rows_of
from eval.changes.verdicts import Verdict
from eval.routing.rows import Resampling
from routers.base import Array

HALF = 0.5
WORST_FIRST: tuple[Verdict, ...] = ("worse", "noise", "safe", "better", "same")


@dataclass(frozen=True, slots=True)
class Asked:
    """The questions (n,) that a change is judged on. texts: where the report may quote them."""

    query_ids: Sequence[str]
    categories: Sequence[str]
    groups: Array
    texts: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Flip:
    """One question that was answered otherwise. before, after: the share of its draws that were right.

    expert_before, expert_after: who was asked, where the change is one of choice. text: None unless it was wished for.
    """

    name: str
    query_id: str
    category: str
    to: str
    before: float
    after: float
    score_before: float
    score_after: float
    expert_before: str | None = None
    expert_after: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    changes: tuple[Change, ...]
    rows: tuple[Row, ...]
    flips: tuple[Flip, ...]
    moves: tuple[Moves, ...]
    margin: float
    questions: int
    groups: int
    resampling: Resampling
    notes: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst over all changes, each over all its questions."""
        return next(word for word in WORST_FIRST if any(row.verdict == word for row in self.rows if not row.category))

    @property
    def worse_somewhere(self) -> bool:
        """Whether any row, over all questions or of a category, is worse beyond noise."""
        return any(row.verdict == "worse" for row in self.rows)


def judged(
    changes: Sequence[Change],
    asked: Asked,
    margin: float,
    drawn: Resampling,
    moves: Sequence[Moves] = (),
    notes: Sequence[str] = (),
) -> Judgement:
    """The report's content."""
    rows = rows_of(changes, asked.categories, asked.groups, margin, drawn)
    said = [f"{change.name}: {line}" for change in changes for line in change.notes]
    return Judgement(
        changes=tuple(changes),
        rows=rows,
        flips=tuple(flip for change in changes for flip in _flips(change, asked)),
        moves=tuple(moves),
        margin=margin,
        questions=len(asked.query_ids),
        groups=len(np.unique(asked.groups)),
        resampling=drawn,
        notes=(*notes, *said),
    )


def _flips(change: Change, asked: Asked) -> Iterator[Flip]:
    """The questions whose answer went from right to wrong, then those the other way; most draws decide."""
    old, new = change.before.right > HALF, change.after.right > HALF
    for to, flipped in (("wrong", old & ~new), ("right", new & ~old)):
        for n in np.flatnonzero(flipped & change.compared).tolist():
            yield Flip(
                change.name,
                asked.query_ids[n],
                asked.categories[n],
                to,
                float(change.before.right[n]),
                float(change.after.right[n]),
                float(change.before.score[n]),
                float(change.after.score[n]),
                None if change.before.who is None else change.before.who[n],
                None if change.after.who is None else change.after.who[n],
                None if asked.texts is None else asked.texts[n],
            )
