"""The expert on the bench: asked for verdicts, and watched for whether it gives any. Knows no prompt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from eval.collect.calling import Call, Caller, Unaffordable
from eval.collect.graders.verdict import verdict_in
from eval.collect.grades import Grade, Posed
from eval.collect.kept import VERDICT, digest
from gateway.errors import ConfigError, GatewayError

WORDS = 40
"""Tokens that a verdict is expected to have."""
MOST_WORDS = 1024
"""Tokens it may have: some think before."""
ENOUGH = 10
"""After so many answers it is known whether the judge judges."""
MOST_SILENT = 0.5
NO_VERDICT = "the judge gave no verdict"
UNPAID = "the money is spent"


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a judge said to two prompts, the second with the places swapped; None where it said nothing usable."""

    said: tuple[str | None, str | None]
    why: str
    cost_usd: float

    @property
    def whole(self) -> tuple[str, str] | None:
        one, other = self.said
        return None if one is None or other is None else (one, other)


class Bench:
    """One judge. Verdicts are kept: the same answer is not judged twice."""

    def __init__(self, judge: str, caller: Caller) -> None:
        self.judge = judge
        self._caller = caller
        self._ends: Counter[bool] = Counter()
        self._why = ""

    @property
    def at_once(self) -> int:
        return self._caller.width(self.judge)

    async def asked(self, posed: Posed, prompts: Sequence[str], allowed: Collection[str]) -> Sentence:
        """What it says to both prompts, of what is allowed.

        ConfigError, in one line, where the judge has said nothing usable of most answers."""
        found = [await self._one(posed, prompt, allowed) for prompt in prompts]
        said = (found[0][0], found[1][0])
        why = next((why for _, why, _ in found if why), "")
        if why != UNPAID:
            self._watch(None not in said, why)
        return Sentence(said, why, sum(cost for _, _, cost in found))

    def unjudged(self, sentence: Sentence) -> Grade:
        """No score, which is not a score of zero."""
        return Grade(None, None, sentence.why, sentence.cost_usd)

    def call(self, posed: Posed, prompt: str) -> Call:
        body = {"messages": [{"role": "user", "content": prompt}], "temperature": 0, "max_tokens": MOST_WORDS}
        return Call(self.judge, body, posed.query_id, digest(posed.spelled_out), WORDS, kind=VERDICT)

    async def _one(self, posed: Posed, prompt: str, allowed: Collection[str]) -> tuple[str | None, str, float]:
        try:
            row = await self._caller(self.call(posed, prompt))
        except Unaffordable:
            return None, UNPAID, 0.0
        except GatewayError as error:
            return None, error.message, 0.0
        said = verdict_in(row.reply, allowed)
        return said, "" if said else NO_VERDICT, row.cost_usd

    def _watch(self, judged: bool, why: str) -> None:
        self._ends[judged] += 1
        self._why = why or self._why
        total, silent = self._ends.total(), self._ends[False]
        if total >= ENOUGH and silent > MOST_SILENT * total:
            raise ConfigError(
                f"{self.judge} judged only {total - silent} of {total} answers (last: {self._why}); choose another "
                "--judge. All answers are kept, and none is asked for again"
            )
