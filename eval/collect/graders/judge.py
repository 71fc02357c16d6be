"""An expert says whether an answer is right, twice, with the two options swapped. Knows no other answer."""

from __future__ import annotations

from dataclasses import dataclass

from eval.collect.graders.bench import Bench
from eval.collect.graders.verdict import shown
from eval.collect.grades import Answered, Grade, Posed

RIGHT, WRONG = "the answer is right", "the answer is not right"
TASK = """Judge an answer to a question. {data}

{measure} Neither its length nor its tone counts.
A: {one}
B: {other}
Reply with one line and nothing else: "Verdict: A" or "Verdict: B"."""
AGAINST = "The answer is right where it says the same as the reference, in whatever words."
ALONE = "The answer is right where it is correct and does what the question asks."
VERDICTS = ("A", "B")
DISAGREED = "the two verdicts disagree"


@dataclass(frozen=True, slots=True)
class Judge:
    """1 where both verdicts say right, 0 where both say wrong, 0.5 where they disagree; no score where one is missing.

    itself: it judges its own answers too.
    """

    bench: Bench
    itself: bool = False
    name: str = "judge"

    @property
    def at_once(self) -> int:
        return self.bench.at_once

    def instruction(self, posed: Posed) -> str:
        return ""

    def lacks(self, posed: Posed) -> str:
        return ""

    async def grade(self, answered: Answered) -> Grade:
        if answered.expert == self.bench.judge and not self.itself:
            return Grade(None, None, "a judge does not judge itself")
        if not answered.reply.strip():
            return Grade(0.0, None, "an empty answer")
        sentence = await self.bench.asked(answered.posed, prompts(answered.posed, answered.reply), VERDICTS)
        if sentence.whole is None:
            return self.bench.unjudged(sentence)
        score = ((sentence.whole[0] == "A") + (sentence.whole[1] == "B")) / 2
        if score == 0.5:
            return Grade(0.5, "undecided", DISAGREED, sentence.cost_usd)
        return Grade(score, "right" if score else "wrong", "", sentence.cost_usd)


def prompts(posed: Posed, reply: str) -> tuple[str, str]:
    """Both orders of the options."""
    texts = {"Question": posed.spelled_out}
    if posed.gold.strip():
        texts["Reference"] = posed.gold
    data = shown({**texts, "Answer": reply})
    measure = AGAINST if posed.gold.strip() else ALONE
    orders = ((RIGHT, WRONG), (WRONG, RIGHT))
    one, other = (TASK.format(data=data, measure=measure, one=a, other=b) for a, b in orders)
    return one, other
