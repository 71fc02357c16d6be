"""Two hundred mixed queries, all waiting at once, through one gateway."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from eval.bench.errors import BenchError
from eval.bench.residency.stand import EXPERTS, loads
from gateway.gateway import Gateway
from gateway.types import Json, Query

QUESTIONS = (
    "What is {number} plus {number}?",
    "Name a town with more than {number} streets.",
    "Is {number} a prime number?",
    "Write a sentence with the number {number}.",
)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the queries of one schedule. Seconds; `late` were answered after the deadline."""

    schedule: str
    loads: int
    makespan_s: float
    waits_s: tuple[float, ...]
    late: int

    @property
    def p50_s(self) -> float:
        return statistics.median(self.waits_s)

    @property
    def p95_s(self) -> float:
        return sorted(self.waits_s)[round(0.95 * (len(self.waits_s) - 1))]


def questions(count: int, answer_tokens: int) -> list[Query]:
    """The same for every schedule."""
    chance = random.Random(0)
    return [_query(number, chance.choice(EXPERTS), answer_tokens) for number in range(count)]


async def run(schedule: str, gateway: Gateway, queries: Sequence[Query], deadline_s: float) -> Result:
    """Ask them all at once; BenchError where one is not answered."""
    began = time.perf_counter()
    waits = await asyncio.gather(*(_wait_for(gateway, query) for query in queries))
    makespan_s = time.perf_counter() - began
    return Result(schedule, loads(gateway), makespan_s, tuple(waits), sum(wait > deadline_s for wait in waits))


async def _wait_for(gateway: Gateway, query: Query) -> float:
    began = time.perf_counter()
    answer = await gateway.door.pipeline.answer(query)
    if answer.error is not None:
        raise BenchError(f"{query.model} does not answer: {answer.error}")
    return time.perf_counter() - began


def _query(number: int, expert: str, answer_tokens: int) -> Query:
    text = QUESTIONS[number % len(QUESTIONS)].format(number=number)
    body: Json = {"model": expert, "messages": [{"role": "user", "content": text}]}
    return Query(f"bench_{number}", expert, {**body, "max_tokens": answer_tokens, "temperature": 0})
