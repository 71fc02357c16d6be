"""`python -m eval.bench.decide`: what one decision costs with 10 experts and with 1,000. Asks nobody, opens no port."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import typer

from eval.bench.errors import BenchError
from eval.bench.shell import command
from gateway.address import addresses
from gateway.clients.base import Call
from gateway.columns import Columns
from gateway.dispatch.breaker import Breakers
from gateway.dispatch.dispatcher import Desk, Dispatcher
from gateway.dispatch.lane import Lane
from gateway.experts import Experts
from gateway.kit import kit_of
from gateway.lengths import Lengths
from gateway.pins import Pins
from gateway.pipeline import Pipeline
from gateway.planner import Planner
from gateway.pool import gather
from gateway.reading import Reader, load_artifact, readings
from gateway.shared.memory import MemoryState
from gateway.types import Query, Reply
from routers.categories import CATEGORIES
from routers.suite import Suite

QUESTIONS = (
    "Solve the equation x^2 - 5x + 6 = 0 for x.",
    "Write a Python function that reverses a linked list.",
    "Write a short poem about the autumn sea.",
    "Which treaty ended the Thirty Years' War, and what did it change?",
)
WARM_UP = 50


class Silent:
    """An expert that nobody asks."""

    async def ask(self, call: Call) -> Reply:
        raise BenchError("a decision asks nobody")


def pipeline_of(count: int, artifact: Suite, thread: ThreadPoolExecutor, **policy: Any) -> Pipeline:
    """A pipeline over so many made-up experts, no two alike."""
    experts = Experts.model_validate({"version": 1, "experts": _entries(count), "policies": {"auto": policy}})
    pool = gather(experts, {})
    desks = {name: Desk(one.expert, Silent(), Lane(one.expert)) for name, one in pool.members.items()}
    shared, columns = MemoryState(), Columns.of(pool.members.values())
    dispatcher, pins = Dispatcher(desks, Breakers(shared, "bench"), random.Random(0)), Pins(shared)
    kit = kit_of([one.expert for one in pool.members.values()], artifact, thread)
    planner = Planner(
        columns=columns,
        readers={name: Reader(reading, thread) for name, reading in readings(artifact, experts, Path()).items()},
        dispatcher=dispatcher,
        lengths=Lengths(columns),
        pins=pins,
        kit=kit,
        random_=random.Random(0),
    )
    return Pipeline(
        pool=pool,
        book=addresses(experts),
        planner=planner,
        kit=kit,
        dispatcher=dispatcher,
        pins=pins,
        record=lambda answer: None,
    )


def _entries(count: int) -> list[dict[str, Any]]:
    chance = random.Random(0)
    return [
        {
            "name": f"expert-{number}",
            "provider": "openai",
            "model": "any",
            "base_url": "http://127.0.0.1:9/v1",
            "price": {"input_per_mtok": chance.uniform(0, 3), "output_per_mtok": chance.uniform(0, 15)},
            "abilities": {category: round(chance.random(), 3) for category in (*CATEGORIES, "default")},
        }
        for number in range(count)
    ]


async def seconds_per_decision(pipeline: Pipeline, rounds: int) -> list[float]:
    """How long each of so many decisions took, one after the other."""
    took = []
    for number in range(WARM_UP + rounds):
        text = QUESTIONS[number % len(QUESTIONS)]
        query = Query(f"dec_{number}", "auto", {"model": "auto", "messages": [{"role": "user", "content": text}]})
        started = time.perf_counter()
        await pipeline.decide(query)
        took.append(time.perf_counter() - started)
    return took[WARM_UP:]


def bench(
    experts: Annotated[list[int] | None, typer.Option(min=1, help="sizes of the pool; 10 and 1000 by default")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="decisions for each size")] = 2000,
) -> None:
    """The median and the 95th percentile of Pipeline.decide, in microseconds."""
    artifact = load_artifact(None)
    with ThreadPoolExecutor(1) as thread:
        for count in experts or (10, 1000):
            print(_line(count, asyncio.run(seconds_per_decision(pipeline_of(count, artifact, thread), rounds))))


def _line(count: int, took: Sequence[float]) -> str:
    p95 = statistics.quantiles(took, n=20)[-1] if len(took) > 1 else took[0]
    return f"{count:>6} experts: p50 {statistics.median(took) * 1e6:8.0f} us, p95 {p95 * 1e6:8.0f} us"


if __name__ == "__main__":
    command(bench)
