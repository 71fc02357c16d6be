"""Graded questions put to experts without and with documents: what each answer was worth, as rows of a table.

Knows no gate, which learns from such rows, and no file of questions.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from gateway.examiner import INSTRUCTIONS
from gateway.kept_calls import AT_ONCE, KeptCalls
from gateway.pipeline import Pipeline
from gateway.retrieval.judgement import question_of, said_yes
from gateway.types import Answer, Json, Query, Reply
from gateway.wire.exchange import new_decision_id
from gateway.wishes import Wishes
from routers.bank import Question
from routers.grading import alternatives, grade

AUTO = "auto"
WITHOUT, WITH = "never", "always"
"""How documents are wished for."""
FAILED = None
"""A pair of which one call failed is no row: it says nothing of documents."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Whom to ask as which tenant, and in which collections to look (None: in all of its). most_usd: for all calls.

    knows: each expert is also asked whether it knows.
    """

    experts: tuple[str, ...]
    tenant: str
    collections: tuple[str, ...] | None = None
    most_usd: float = math.inf
    knows: bool = False


@dataclass(frozen=True, slots=True)
class Labelled:
    """One question done. rows: one for each expert that answered both ways. spent_usd, calls: of all up to here."""

    rows: tuple[Json, ...]
    spent_usd: float
    calls: int


def asked_body(question: Question) -> Json:
    """The request: how to answer stands apart, so that nothing but the question is searched for."""
    system = {"role": "system", "content": INSTRUCTIONS[question.answer_type]}
    return {"messages": [system, {"role": "user", "content": question.spelled_out}], "temperature": 0}


class Labelling:
    """One run over one pipeline. What stands in the file of the calls is not asked again."""

    def __init__(
        self, pipeline: Pipeline, calls: KeptCalls, terms: Terms, body_of: Callable[[Question], Json] = asked_body
    ) -> None:
        """body_of: the request that puts a question."""
        self._pipeline = pipeline
        self._calls = calls
        self._terms = terms
        self._body_of = body_of
        self._spent = 0.0

    async def check(self, question: Question) -> None:
        """BadRequest where there are no such documents, before anybody is asked."""
        await self._pipeline.decide(self._query(AUTO, self._body_of(question), WITH))

    async def __call__(self, questions: Sequence[tuple[str, Question]]) -> AsyncIterator[Labelled]:
        """Each (query_id, question) in turn, until the money is spent."""
        for start in range(0, len(questions), AT_ONCE):
            if self._spent >= self._terms.most_usd:
                return
            some = questions[start : start + AT_ONCE]
            for rows in await asyncio.gather(*(self._rows(*one) for one in some)):
                yield Labelled(rows, self._spent, self._calls.made)

    async def _rows(self, query_id: str, question: Question) -> tuple[Json, ...]:
        chances = await self._chances(question)
        found = [await self._row(question, expert) for expert in self._terms.experts]
        return tuple(
            {"query_id": query_id, "text": question.spelled_out, "model": expert, **row, **chances[expert]}
            for expert, row in zip(self._terms.experts, found, strict=True)
            if row is not FAILED
        )

    async def _chances(self, question: Question) -> dict[str, Json]:
        """What the router makes of it before anything is searched: by expert, None of one that it cannot ask."""
        decided = await self._pipeline.decide(self._query(AUTO, self._body_of(question), WITHOUT))
        estimates = decided.decision.estimates
        unknown: Json = {"chance": None, "chance_std": None}
        found = dict.fromkeys(self._terms.experts, unknown)
        for expert, score, std in zip(estimates.experts, estimates.score, estimates.std, strict=True):
            found[expert] = {"chance": _number(score), "chance_std": _number(std)}
        return found

    async def _row(self, question: Question, expert: str) -> Json | None:
        without, documented = await asyncio.gather(
            self._asked(question, expert, WITHOUT), self._asked(question, expert, WITH)
        )
        if without is None or documented is None:
            return FAILED
        return {
            "score": _graded(question, without),
            "score_with_passages": _graded(question, documented),
            "knows": await self._knows(question, expert),
            "passages": documented["passages"],
            "titles": documented["titles"],
            "similarities": documented["similarities"],
            "input_tokens": without["input_tokens"],
            "input_tokens_with_passages": documented["input_tokens"],
            "gold": list(alternatives(question.gold)),
            "answer": without["answer"],
            "answer_with_passages": documented["answer"],
        }

    async def _asked(self, question: Question, expert: str, retrieve: str) -> Json | None:
        return await self._noted(self._query(expert, self._body_of(question), retrieve))

    async def _knows(self, question: Question, expert: str) -> float | None:
        """1 where it says that it could answer, 0 where not, None where it says neither or is not asked."""
        if not self._terms.knows:
            return None
        query = self._query(expert, self._body_of(question), WITHOUT)
        found = await self._noted(self._query(expert, question_of(query), WITHOUT))
        said = None if found is None else said_yes(found["answer"])
        return None if said is None else float(said)

    async def _noted(self, query: Query) -> Json | None:
        wishes = query.wishes
        where = [query.tenant, wishes.collections] if wishes.retrieve == WITH else []
        found = await self._calls.note([query.body, wishes.retrieve, *where], query, _note)
        self._spent += 0.0 if found is None else found["cost_usd"]
        return found

    def _query(self, model: str, body: Json, retrieve: str) -> Query:
        """Experts are asked by name, so that no policy composes, abstains or asks another one in their place."""
        terms = self._terms
        wishes = Wishes.model_validate(
            {
                "retrieve": retrieve,
                "experts": list(terms.experts) if model == AUTO else None,
                "collections": list(terms.collections) if terms.collections and retrieve == WITH else None,
            }
        )
        return Query(new_decision_id(), model, {**body, "model": model}, terms.tenant, wishes)


def _note(answer: Answer, reply: Reply) -> Json:
    documents = answer.served.documents if answer.served else ()
    return {
        "answer": reply.text,
        "input_tokens": sum(outcome.usage.input_tokens for outcome in answer.outcomes),
        "cost_usd": answer.cost_usd,
        "passages": [f"{one.title}\n{one.text}" for one in documents],
        "titles": [one.title for one in documents],
        "similarities": [_number(one.similarity) for one in documents],
    }


def _graded(question: Question, note: Json) -> float:
    return grade(note["answer"], question.gold, question.answer_type, question.choices)


def _number(value: float) -> float | None:
    """As tables and JSON have it: nothing where it is not known."""
    return None if math.isnan(value) else float(value)
