"""Letters, numbers and exact words, by the rules that training and onboarding use. Judges no free text."""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass

from eval.collect.grades import Answered, Grade, Posed
from gateway.examiner import INSTRUCTIONS
from routers.grading import announced_letter, announced_number, endings
from routers.grading import grade as by_rule

NO_GOLD = "the gold answer is missing"

Taken = Callable[[str, Posed], str | None]
Lacking = Callable[[Posed], str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of `routers/grading.py`. taken: what it takes for the answer. lacking: why it cannot judge a question.

    Grades are 1 or 0; an answer in which nothing is found is wrong.
    """

    name: str
    answer_type: str
    taken: Taken
    lacking: Lacking
    at_once: int = 1

    def instruction(self, posed: Posed) -> str:
        return INSTRUCTIONS[self.answer_type]

    def lacks(self, posed: Posed) -> str:
        return self.lacking(posed)

    async def grade(self, answered: Answered) -> Grade:
        posed = answered.posed
        score = by_rule(answered.reply, gold_of(posed), self.answer_type, posed.choices)
        return Grade(score, self.taken(answered.reply, posed))


def gold_of(posed: Posed) -> str:
    """The gold answer; where that is an option's own text, the letter of it."""
    if posed.gold in posed.choices:
        return string.ascii_uppercase[posed.choices.index(posed.gold)]
    return posed.gold


def no_gold(posed: Posed) -> str:
    return "" if posed.gold.strip() else NO_GOLD


def _no_letter(posed: Posed) -> str:
    letters = string.ascii_uppercase[: len(posed.choices) or None]
    gold = gold_of(posed).strip().upper()
    return no_gold(posed) or ("" if len(gold) == 1 and gold in letters else "the gold answer is none of the options")


def _no_number(posed: Posed) -> str:
    return no_gold(posed) or ("the gold answer is no number" if announced_number(posed.gold) is None else "")


def _letter(reply: str, posed: Posed) -> str | None:
    return announced_letter(reply, posed.choices)


def _number(reply: str, posed: Posed) -> str | None:
    found = announced_number(reply)
    return None if found is None else f"{found:.15g}"


def words_in(reply: str, posed: Posed) -> str | None:
    """What follows the announcement of an answer, else the last line."""
    found = endings(reply)
    return found[-1] if found else None


LETTERS = Rule("letters", "mcq", _letter, _no_letter)
NUMBERS = Rule("numbers", "numeric", _number, _no_number)
EXACT = Rule("exact", "short_text", words_in, no_gold)
