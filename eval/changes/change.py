"""One change to be judged: what was right before and after, question by question. Knows no file.

Where only part of the questions was asked again, drawn with known chances, every question gets a value whose
expectation is the true one: what was foreseen of it, put right by what was found (the difference estimator: Särndal,
Swensson and Wretman, 1992, section 6.3). Means and intervals over such values are those of any column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.changes.draws import Draws
from eval.changes.foresight import foreseen
from routers.base import Array
from routers.errors import TableError
from routers.questions import Questions


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One version on the questions (n,), NaN where it was not measured.

    right: the share of its draws that were right. score: their mean. spread: how often a draw is right and the next one
    wrong; NaN where a question was asked once. who: the expert asked, where that differs by question.
    """

    right: Array
    score: Array
    spread: Array
    who: Sequence[str] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """inclusion: (n,) the chance that a question was drawn to be asked again, NaN where it was not, None where all were
    to be. foreseen: (n,) P(right) after, as it looked before; used where `inclusion` is given."""

    name: str
    before: Side
    after: Side
    graded: bool = False
    inclusion: Array | None = None
    foreseen: Array | None = None
    notes: tuple[str, ...] = ()

    @property
    def compared(self) -> Array:
        """(n,) bool: known on both sides, and drawn where only part was to be asked again."""
        both: Array = ~np.isnan(self.before.right) & ~np.isnan(self.after.right)
        return both if self.inclusion is None else both & ~np.isnan(self.inclusion)

    @property
    def covered(self) -> Array:
        """(n,) bool: what the figures speak of; with chances known that is more than what was asked."""
        return self.compared if self.inclusion is None else ~np.isnan(self.before.right)

    def estimated(self, found: Array, expected: Array) -> Array:
        """(n,) a value per question: as found, or with chances e + drawn·(found - e) / chance.

        Drawn questions that came back without an answer are taken to be like those that have one.
        """
        if self.inclusion is None or self.foreseen is None:
            return np.where(self.compared, found, np.nan)
        drawn = ~np.isnan(self.inclusion) & ~np.isnan(self.before.right)
        answered = self.compared
        chances = self.inclusion * (answered.sum() / max(int(drawn.sum()), 1))
        put_right = np.zeros(len(found))
        np.divide(found - expected, chances, out=put_right, where=answered)
        return np.where(self.covered, expected + put_right, np.nan)


def change_between(
    asked: Questions, before: Draws, after: Draws, pair: tuple[str, str], chances: Array | None = None
) -> Change:
    """What became of (old name, new name). chances: (n,) by which questions were drawn, NaN where they were not;
    without it the after-table's own are used where it has some.

    TableError for a pair without a question in common.
    """
    old, new = before.place(pair[0]), after.place(pair[1])
    first, second = _side(before, old), _side(after, new)
    own = after.inclusion[:, new]
    inclusion = chances if chances is not None else own if (~np.isnan(own)).any() else None
    name = pair[0] if pair[0] == pair[1] else f"{pair[0]} -> {pair[1]}"
    if not (~np.isnan(first.right) & ~np.isnan(second.right)).any():
        raise TableError(f"{name}: no question was answered both before and after")
    expected = None
    if inclusion is not None:
        peers = np.delete(before.right, [n for n, peer in enumerate(before.experts) if peer in pair], axis=1)
        expected = foreseen(first.right, peers, np.unique(asked.categories, return_inverse=True)[1])
    graded = before.graded or after.graded
    return Change(name, first, second, graded, inclusion, expected, _holes(first, second, inclusion))


def _side(draws: Draws, place: int) -> Side:
    return Side(draws.right[:, place], draws.score[:, place], draws.spread[:, place])


def _holes(before: Side, after: Side, inclusion: Array | None) -> tuple[str, ...]:
    """In words what was measured on one side alone."""
    had, has = ~np.isnan(before.right), ~np.isnan(after.right)
    lost, fresh = int((had & ~has).sum()), int((has & ~had).sum())
    lines = [f"{fresh} questions answered after, not before"] if fresh else []
    if inclusion is None:
        lines += [f"{lost} questions answered before, not after"] if lost else []
        return tuple(lines)
    silent = int((had & ~np.isnan(inclusion) & ~has).sum())
    lines += [f"{silent} questions that were to be asked again and have no answer"] if silent else []
    return tuple(lines)
