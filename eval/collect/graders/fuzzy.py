"""A few words that need not be the gold ones to the letter: by likeness, or by the words they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from rapidfuzz import fuzz

from eval.collect.graders.rules import no_gold, words_in
from eval.collect.grades import Answered, Grade, Posed
from gateway.examiner import INSTRUCTIONS
from routers.grading import alternatives, endings, normalised

THRESHOLD = 0.9

Likeness = Callable[[str, str], float]
"""Of two normalised texts, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Of all gold answers and all that a reply may be taken to say, the two most alike count.

    threshold: right from here on; None: the likeness itself is the grade.
    """

    name: str
    likeness: Likeness
    threshold: float | None
    at_once: int = 1

    def instruction(self, posed: Posed) -> str:
        return INSTRUCTIONS["short_text"]

    def lacks(self, posed: Posed) -> str:
        return no_gold(posed)

    async def grade(self, answered: Answered) -> Grade:
        golds = [normalised(gold) or gold for gold in alternatives(answered.posed.gold)]
        found = max((self.likeness(said, gold) for said in endings(answered.reply) for gold in golds), default=0.0)
        score = found if self.threshold is None else float(found >= self.threshold)
        return Grade(score, words_in(answered.reply, answered.posed))


def token_sort(said: str, gold: str) -> float:
    """The share of characters that need not be changed, the words in alphabetical order."""
    return fuzz.token_sort_ratio(said, gold) / 100


def token_f1(said: str, gold: str) -> float:
    """The harmonic mean of the shares of words that the two have in common (SQuAD, arXiv 1606.05250, section 6)."""
    one, other = said.split(), gold.split()
    shared = sum((Counter(one) & Counter(other)).values())
    return 2 * shared / (len(one) + len(other)) if shared else 0.0


def fuzzy(threshold: float = THRESHOLD) -> Alike:
    """Right or wrong."""
    return Alike("fuzzy", token_sort, threshold)


F1 = Alike("f1", token_f1, None)
