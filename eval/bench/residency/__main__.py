"""`python -m eval.bench.residency`: loads, time and latency with the queue known, and first come first served.

The schedules take turns on the same machine with the same queries, with real GGUF files of the registry; each starts
with nothing loaded.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer

from eval.bench.errors import BenchError
from eval.bench.residency.race import Result, questions, run
from eval.bench.residency.stand import Setting, gateway_with
from eval.bench.shell import JsonFile, Markdown, command, say
from eval.bench.tables import Sheet, publish, terminal
from gateway.errors import ConfigError, StartError
from gateway.reading import load_artifact

SCHEDULES = {"value": "the queue known", "fcfs": "first come first served, LRU"}


async def race(setting: Setting, count: int, answer_tokens: int) -> list[Result]:
    """One result for each schedule."""
    queries, artifact = questions(count, answer_tokens), load_artifact(None)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for schedule, words in SCHEDULES.items():
            say(f"{len(queries)} queries: {words}")
            async with gateway_with(schedule, setting, artifact, Path(folder)) as gateway:
                results.append(await run(schedule, gateway, queries, setting.deadline_s))
    return results


def sheet(results: Sequence[Result]) -> Sheet:
    """A line for each schedule."""
    rows = [
        (
            SCHEDULES[result.schedule],
            str(result.loads),
            f"{result.makespan_s:.1f}",
            f"{result.p50_s:.1f}",
            f"{result.p95_s:.1f}",
            str(result.late),
        )
        for result in results
    ]
    return Sheet(("", "loads", "all answered s", "p50 s", "p95 s", "late"), rows)


def bench(
    queries: Annotated[int, typer.Option(min=1, help="all waiting at once, mixed at random")] = 200,
    answer_tokens: Annotated[int, typer.Option(min=1, help="tokens of each answer at most")] = 4,
    deadline_s: Annotated[float, typer.Option(min=1, help="each query is due so long after it came")] = 300,
    one: Annotated[str, typer.Option(help="a GGUF: a name of the registry, or a path")] = "smollm2-135m-instruct",
    other: Annotated[str, typer.Option(help="another file")] = "gemma-3-270m",
    markdown: Markdown = False,
    json: JsonFile = None,
) -> None:
    """Four experts on two GGUF files, with room for one file at a time."""
    try:
        results = asyncio.run(race(Setting(one, other, deadline_s), queries, answer_tokens))
    except (ConfigError, StartError) as error:
        raise BenchError(str(error)) from None
    if json is not None:
        json.write_bytes(orjson.dumps([asdict(result) for result in results], option=orjson.OPT_INDENT_2))
    publish(terminal(), [sheet(results)], markdown)


if __name__ == "__main__":
    command(bench)
