"""Putting the questions to the experts: each at its own pace, and one that fails stops no other. Grades nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from eval.collect.calling import Call, Caller, Unaffordable, is_too_long
from eval.collect.choosing import Gradable
from eval.collect.grades import Grader, Posed
from eval.collect.kept import digest
from eval.collect.pool import each
from gateway.errors import GatewayError
from gateway.types import Json

IN_A_ROW = 5
"""So many calls that fail one after the other, and the expert is not asked on."""
WORDS = {"letters": 300, "numbers": 300, "literal": 300, "code": 300, "judge": 400, "pairwise": 400}
"""Tokens of an answer, where nothing was seen of it yet; of a few words it has `FEW_WORDS`."""
FEW_WORDS = 40

Told = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Manner:
    """How questions are put. samples: answers to each. max_tokens: of an answer; None: as long as the expert likes."""

    samples: int = 1
    temperature: float = 0.0
    max_tokens: int | None = None


@dataclass(slots=True)
class Tally:
    """What became of the calls to one expert. failed: those to be made again. gave_up: why it was not asked on."""

    answered: int = 0
    known: int = 0
    failed: int = 0
    too_long: int = 0
    unaffordable: int = 0
    unasked: int = 0
    why: str = ""
    gave_up: bool = False
    in_a_row: int = field(default=0, repr=False)


def calls_to(expert: str, gradable: Iterable[Gradable], manner: Manner) -> Sequence[Call]:
    """One for each different text and sample, in the order of the questions that are for this expert."""
    calls: dict[tuple[str, int], Call] = {}
    for one in (one for one in gradable if one.posed.is_for(expert)):
        for sample in range(manner.samples):
            call = call_for(expert, one, manner, sample)
            calls.setdefault((digest(call.body), sample), call)
    return tuple(calls.values())


def call_for(expert: str, one: Gradable, manner: Manner, sample: int) -> Call:
    """The call that asks an expert this question."""
    body: Json = {"messages": [{"role": "user", "content": asked(one.posed, one.grader)}]}
    body["temperature"] = manner.temperature
    if manner.max_tokens is not None:
        body["max_tokens"] = manner.max_tokens
    words = min(WORDS.get(one.grader.name, FEW_WORDS), manner.max_tokens or FEW_WORDS * 100)
    return Call(expert, body, one.posed.query_id, question_digest(one.posed), words, sample)


def asked(posed: Posed, grader: Grader) -> str:
    """The question, its options, and how to answer."""
    return "\n\n".join(filter(None, (posed.spelled_out, grader.instruction(posed))))


def question_digest(posed: Posed) -> str:
    """What tells the question from others, whatever is said of how to answer it."""
    return digest(posed.spelled_out)


class Asking:
    """Makes the calls of several experts at once. `tallies`: what became of them, by expert."""

    def __init__(self, caller: Caller, told: Told = lambda: None) -> None:
        self.tallies: dict[str, Tally] = {}
        self._caller = caller
        self._told = told

    async def __call__(self, calls: Mapping[str, Sequence[Call]]) -> None:
        """TableError where an answer cannot be kept; what an expert fails at is counted."""
        self.tallies = {expert: Tally() for expert in calls}
        await each(calls, len(calls), lambda expert: each(calls[expert], self._caller.width(expert), self._one))

    async def _one(self, call: Call) -> None:
        tally = self.tallies[call.expert]
        if self._caller.known(call) is not None:
            tally.known += 1
        elif tally.gave_up:
            tally.unasked += 1
        else:
            await self._now(call, tally)
        self._told()

    async def _now(self, call: Call, tally: Tally) -> None:
        try:
            await self._caller(call)
        except Unaffordable:
            tally.unaffordable += 1
        except GatewayError as error:
            _failed(tally, error)
        else:
            tally.answered += 1
            tally.in_a_row = 0


def _failed(tally: Tally, error: GatewayError) -> None:
    if is_too_long(error):
        tally.too_long += 1
        return
    tally.failed += 1
    tally.in_a_row += 1
    tally.why = error.message
    tally.gave_up = tally.gave_up or tally.in_a_row >= IN_A_ROW
