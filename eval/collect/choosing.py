"""Which grader judges the answers to which question, and which questions nobody can judge. Grades nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.collect.grades import Grader, Posed
from routers.errors import TableError

BY_TYPE = {
    "mcq": "letters",
    "numeric": "numbers",
    "short_text": "exact",
    "fuzzy_text": "fuzzy",
    "code": "code",
    "code_literal": "literal",
    "json": "json",
    "free": "judge",
}
"""Whose work answers of a type are, where no grader is named."""
AUTO = "auto"
JUDGE = "judge"
PAIRWISE = "pairwise"
GRADERS = (AUTO, "letters", "numbers", "exact", "fuzzy", "f1", "code", "literal", "json", JUDGE, PAIRWISE)


@dataclass(frozen=True, slots=True)
class Gradable:
    """A question and who judges its answers."""

    posed: Posed
    grader: Grader


def graded_by(
    posed: Sequence[Posed], wanted: str, graders: Mapping[str, Grader]
) -> tuple[tuple[Gradable, ...], tuple[str, ...]]:
    """Who judges which, and in a line each why others are left out; TableError where nothing is left.

    graders: those there are, by name; without an expert to judge there is no judge among them. A judge takes over
    what no rule can judge.
    """
    found: list[Gradable] = []
    reasons: Counter[str] = Counter()
    for one in posed:
        grader, why = _grader(one, wanted, graders)
        if grader is None:
            reasons[why] += 1
        else:
            found.append(Gradable(one, grader))
    lines = tuple(f"{count} questions cannot be graded: {why}" for why, count in reasons.most_common())
    if not found:
        raise TableError("; ".join(lines))
    return tuple(found), lines


def _grader(posed: Posed, wanted: str, graders: Mapping[str, Grader]) -> tuple[Grader | None, str]:
    name = BY_TYPE.get(posed.answer_type) if wanted == AUTO else wanted
    grader = graders.get(name or "")
    if grader is not None and not (why := grader.lacks(posed)):
        return grader, ""
    judge = graders.get(JUDGE)
    if wanted == AUTO and judge is not None and not judge.lacks(posed):
        return judge, ""
    if name is None:
        known = ", ".join(BY_TYPE)
        return None, f"nothing is known of the answer_type {posed.answer_type!r} (known: {known}; --grader names one)"
    if grader is None:
        return None, f"answers of type {posed.answer_type} need an expert as judge (--judge NAME)"
    return None, why
