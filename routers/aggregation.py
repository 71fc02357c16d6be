"""The aggregation test: questions with one right and two wrong answers of recorded models, to see who can tell.

Symbolic-MoE (arXiv 2503.05641, section on the aggregator) builds it from the answers that its profiles rest on anyway.
Where no recorded answer is right, or fewer than two are wrong, a question tells nothing and is left out.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from routers.bank import Question, questions_of
from routers.errors import TableError
from routers.grading import RULES, announced_letter, announced_number, endings, grade
from routers.questions import Questions
from routers.tabular import read_columns, strings

WRONG = 2
NEEDED = ("query_id", "model", "response")
PRIOR = 10.0
"""A category's rate is drawn towards the expert's own overall rate as by so many more questions."""


@dataclass(frozen=True, slots=True)
class Item:
    """A question with recorded answers in the order they are shown; `right` is the place of the right one."""

    query_id: str
    question: Question
    answers: tuple[str, ...]
    right: int

    @property
    def key(self) -> str:
        """Another one where anything of the item is another."""
        said = json.dumps([self.query_id, self.question.spelled_out, self.question.gold, *self.answers])
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    @property
    def majority(self) -> float:
        """The chance that a vote of the answers is right; answers that all differ are drawn from."""
        wrong = [_said(answer, self.question) for place, answer in enumerate(self.answers) if place != self.right]
        return 1 / len(self.answers) if len(set(wrong)) == len(wrong) else 0.0


@dataclass(frozen=True, slots=True)
class Aggregation:
    """left_out: by reason, how many questions tell nothing."""

    items: tuple[Item, ...]
    left_out: Mapping[str, int]


def aggregation_of(table: Questions, responses: Path, seed: int, limit: int | None = None) -> Aggregation:
    """The test over these questions, at most `limit`, drawn with the seed; TableError where none can be used."""
    answers = _answers(responses)
    left = {"no answer is recorded": 0, "no rule can grade it": 0, "none is right": 0, "fewer than two are wrong": 0}
    items: list[Item] = []
    order = list(range(len(table.query_ids)))
    random.Random(seed).shuffle(order)
    for query_id, question in zip((table.query_ids[n] for n in order), questions_of(table, order), strict=True):
        found = _item(query_id, question, answers.get(query_id, ()), random.Random(f"{seed} {query_id}"))
        if isinstance(found, Item):
            items.append(found)
        else:
            left[found] += 1
    if not items:
        raise TableError(f"{responses} holds no question with one right and {WRONG} wrong answers")
    return Aggregation(tuple(items[:limit]), {reason: count for reason, count in left.items() if count})


def rates(items: Sequence[Item], right: Sequence[float]) -> dict[str, float]:
    """By category and as `default` over all, how often somebody was right (n,), each smoothed.

    Over all: as if one of three further answers, drawn blindly, had been right.
    """
    among, scores = 1 + WRONG, np.asarray(right, dtype=np.float64)
    overall = float((scores.sum() + 1) / (len(scores) + among))
    categories = np.array([item.question.category for item in items])
    found = {"default": overall}
    for category in sorted({*categories.tolist()} - {""}):
        own = scores[categories == category]
        found[category] = float((own.sum() + PRIOR * overall) / (len(own) + PRIOR))
    return found


def _answers(path: Path) -> dict[str, list[str]]:
    """By question, what was answered, whoever it was; in the order of the models, so that the file's does not count."""
    table = read_columns(path, NEEDED)
    rows = sorted(zip(*(strings(table, name, path).to_pylist() for name in NEEDED), strict=True))
    found: dict[str, list[str]] = {}
    for query_id, _, response in rows:
        if response.strip():
            found.setdefault(query_id, []).append(response)
    return found


def _item(query_id: str, question: Question, answers: Iterable[str], chance: random.Random) -> Item | str:
    """The item, or why there is none."""
    if not question.gold or question.answer_type not in RULES:
        return "no rule can grade it"
    right: list[str] = []
    wrong: list[str] = []
    for answer in dict.fromkeys(answers):
        good = grade(answer, question.gold, question.answer_type, question.choices) == 1.0
        (right if good else wrong).append(answer)
    if not right and not wrong:
        return "no answer is recorded"
    if not right or len(wrong) < WRONG:
        return "fewer than two are wrong" if right else "none is right"
    best = chance.choice(right)
    shown = [best, *chance.sample(wrong, WRONG)]
    chance.shuffle(shown)
    return Item(query_id, question, tuple(shown), shown.index(best))


def _said(answer: str, question: Question) -> str | float | tuple[str, ...] | None:
    """What it comes down to; two answers that say nothing say the same."""
    if question.answer_type == "mcq":
        return announced_letter(answer, question.choices)
    return announced_number(answer) if question.answer_type == "numeric" else endings(answer)[-1:]
