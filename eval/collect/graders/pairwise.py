"""An expert says which of two answers is better, in both orders: an expert's, and that of one it is measured against.

Knows of no third.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from eval.collect.graders.bench import Bench
from eval.collect.graders.verdict import shown
from eval.collect.grades import Answered, Grade, Posed

TASK = """Judge two answers to a question. {data}

Which answer is better: correct first, then helpful and complete? Neither its place nor its length counts.
Reply with one line and nothing else: "Verdict: A", "Verdict: B", or "Verdict: tie"."""
FIRST = {"A": 1.0, "TIE": 0.5, "B": 0.0}
"""What the answer in the first place gets."""
DISAGREED = "the two orders disagree"

Rival = Callable[[Posed, int], str | None]
"""The answer to a question that others are compared with, sample by sample; None where there is none."""


@dataclass(frozen=True, slots=True)
class Pairwise:
    """The mean over both orders of 1 for better, 0.5 for a tie, 0 for worse (positions swapped: arXiv 2306.05685).

    against: whose answers the others are compared with; it has 0.5 itself. itself: the judge judges its own too.
    """

    bench: Bench
    against: str
    rival: Rival
    itself: bool = False
    name: str = "pairwise"

    @property
    def at_once(self) -> int:
        return self.bench.at_once

    def instruction(self, posed: Posed) -> str:
        return ""

    def lacks(self, posed: Posed) -> str:
        return ""

    async def grade(self, answered: Answered) -> Grade:
        if answered.expert == self.against:
            return Grade(0.5, "tie")
        if self.bench.judge in (answered.expert, self.against) and not self.itself:
            return Grade(None, None, "a judge does not judge itself")
        rival = self.rival(answered.posed, answered.sample)
        if rival is None:
            return Grade(None, None, f"{self.against} has no answer to compare with")
        return await self._compared(answered, rival)

    async def _compared(self, answered: Answered, rival: str) -> Grade:
        if answered.reply.strip() == rival.strip():
            return Grade(0.5, "tie", "the same words")
        sentence = await self.bench.asked(answered.posed, prompts(answered.posed, answered.reply, rival), tuple(FIRST))
        if sentence.whole is None:
            return self.bench.unjudged(sentence)
        first, second = FIRST[sentence.whole[0]], 1 - FIRST[sentence.whole[1]]
        score = (first + second) / 2
        why = DISAGREED if {first, second} == {0.0, 1.0} else ""
        return Grade(score, "better" if score > 0.5 else "worse" if score < 0.5 else "tie", why, sentence.cost_usd)


def prompts(posed: Posed, reply: str, rival: str) -> tuple[str, str]:
    """Both orders of the answers."""
    texts = {"Question": posed.spelled_out}
    if posed.gold.strip():
        texts["Reference"] = posed.gold
    orders = ((reply, rival), (rival, reply))
    one, other = (TASK.format(data=shown({**texts, "Answer A": a, "Answer B": b})) for a, b in orders)
    return one, other
