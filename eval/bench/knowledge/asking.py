"""The questions through the pipeline, in one mode after the other: what was given to read, and what came of it.

A mode decides anew every time; the model is asked only what it has not been asked before, with the same passages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from orjson import dumps

from eval.bench.errors import BenchError
from eval.bench.knowledge.corpus import Asking
from eval.bench.knowledge.stand import EXPERT
from gateway.errors import GatewayError
from gateway.kept_calls import KeptCalls
from gateway.pipeline import Pipeline
from gateway.types import Answer, Decided, Json, Query, Reply
from gateway.wishes import Wishes
from routers.bank import Question
from routers.grading import grade

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Answered:
    """One question in one mode. passages: how many were given to read. tokens: of the prompt. seconds: all of it."""

    asking: Asking
    right: float
    passages: int
    held: bool
    tokens: int
    seconds: float
    said: str


async def asked(
    pipeline: Pipeline, calls: KeptCalls, questions: Sequence[Asking], retrieve: str, say: Say
) -> list[Answered]:
    """All questions, one after the other, with documents wished for as `retrieve` says."""
    found = []
    for number, asking in enumerate(questions, start=1):
        found.append(await _one(pipeline, calls, asking, retrieve))
        if number % 50 == 0:
            say(f"  {number} of {len(questions)}: {sum(one.right for one in found):.0f} right")
    return found


async def _one(pipeline: Pipeline, calls: KeptCalls, asking: Asking, retrieve: str) -> Answered:
    question = question_of(asking)
    body = {**body_of(question), "model": "auto"}
    query = Query(f"bench-{asking.query_id}", "auto", body, wishes=Wishes.model_validate({"retrieve": retrieve}))
    texts = _given(await pipeline.decide(query))
    try:
        note = await calls.note([body, texts], query, _note)
    except GatewayError as error:
        raise BenchError(f"{EXPERT} does not answer: {error.message}") from None
    if note is None:
        raise BenchError(f"{EXPERT} did not answer {asking.query_id}; start again, and it goes on")
    said = str(note["said"])
    return Answered(
        asking=asking,
        right=grade(said, question.gold, question.answer_type),
        passages=len(note["passages"]),
        held=any(gold in text for gold in asking.gold for text in note["passages"]),
        tokens=int(note["tokens"]),
        seconds=float(note["seconds"]),
        said=said,
    )


def body_of(question: Question) -> Json:
    """The question alone: the expert has been shown how to answer."""
    return {"messages": [{"role": "user", "content": question.text}], "temperature": 0}


def question_of(asking: Asking) -> Question:
    """As those who grade have it."""
    gold = asking.gold[0] if len(asking.gold) == 1 else dumps(asking.gold).decode()
    return Question(asking.text, (), gold, asking.answer_type, "")


def _given(decided: Decided) -> list[Any]:
    """The passages that the expert would get."""
    grounding = decided.decision.grounding
    if grounding is None or EXPERT not in grounding.experts:
        return []
    return [[one.title, one.text] for one in grounding.passages]


def _note(answer: Answer, reply: Reply) -> Json:
    documents = answer.served.documents if answer.served else ()
    return {
        "said": reply.text,
        "passages": [one.text for one in documents],
        "tokens": reply.usage.input_tokens,
        "seconds": answer.latency_s,
    }
