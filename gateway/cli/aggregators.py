"""`coterie experts aggregators`: measure who is good at making one answer of several, on recorded answers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from gateway.aggregators import Marks, Notebook, put_to_the_test
from gateway.cli.shell import ConfigOption, JsonOption, aside, console, listed, opened, print_json
from gateway.pipeline import Pipeline
from gateway.types import Json
from routers.aggregation import Aggregation, Item, aggregation_of, rates
from routers.questions import read_questions

LEVEL = 0.95


def aggregators(
    questions: Annotated[Path, typer.Option(help="graded questions: parquet, CSV or JSONL")],
    responses: Annotated[Path, typer.Option(help="recorded answers: query_id, model, response")],
    experts: Annotated[str | None, typer.Option(help="whom to test, separated by commas; else every expert")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="no more questions than this")] = None,
    out: Annotated[Path | None, typer.Option(help="write what `leads` of experts.yaml names to this JSON file")] = None,
    seed: Annotated[int, typer.Option(help="of everything that is drawn")] = 0,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show each expert one right and two wrong recorded answers to a question, and see whether it writes the right one.

    With --out every result is kept beside the file; stopped and started again, the test goes on where it was.
    """
    test = aggregation_of(read_questions(questions), responses, seed, limit)
    say = aside()
    say.print(_what(test))
    book = Notebook(None if out is None else out.with_suffix(".results.jsonl"))
    found = asyncio.run(_measure(test.items, listed(experts), book, config, say))
    report = _report(test, found, seed)
    if out is not None and report["experts"]:
        out.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2) + b"\n")
    if json:
        print_json(report)
    else:
        _show(report)
    if any(marks.failed for marks in found):
        raise typer.Exit(1)


async def _measure(
    items: Sequence[Item], experts: Sequence[str] | None, book: Notebook, config: Path | None, say: Console
) -> list[Marks]:
    """One expert after the other, so that each need be loaded once only."""
    found = []
    async with opened(config) as pipeline:
        for expert in _known(pipeline, experts):
            marks = await put_to_the_test(
                pipeline, expert, items, book, lambda marks: say.print(f"{marks.expert}: {_so_far(marks, items)}")
            )
            found.append(marks)
            if marks.failed:
                say.print(f"{expert}: {marks.failed} calls failed, the last one: {marks.why}")
    return found


def _known(pipeline: Pipeline, experts: Sequence[str] | None) -> Sequence[str]:
    """typer.BadParameter for a name nobody has."""
    for name in experts or ():
        if name not in pipeline.pool.members:
            raise typer.BadParameter(f"no expert is called {name!r}; known are {', '.join(pipeline.pool.members)}")
    return experts or [member.expert.name for member in pipeline.pool.present]


def _what(test: Aggregation) -> str:
    left = "".join(f"; {count} left out: {reason}" for reason, count in test.left_out.items())
    return f"{len(test.items)} questions with one right and two wrong answers{left}"


def _so_far(marks: Marks, items: Sequence[Item]) -> str:
    return f"{len(marks.right)} of {len(items)} done, {sum(marks.right.values()):.0f} right"


def _report(test: Aggregation, found: Sequence[Marks], seed: int) -> Json:
    items = test.items
    return {
        "questions": len(items),
        "left_out": dict(test.left_out),
        "seed": seed,
        "random": sum(1 / len(item.answers) for item in items) / len(items),
        "majority": sum(item.majority for item in items) / len(items),
        "experts": {marks.expert: _row(items, marks) for marks in found if marks.right},
    }


def _row(items: Sequence[Item], marks: Marks) -> Json:
    """Wilson's interval: it holds for few questions, and near 0 and 1."""
    from scipy.stats import binomtest

    asked = [item for item in items if item.key in marks.right]
    right = [marks.right[item.key] for item in asked]
    between = binomtest(int(sum(right)), len(right)).proportion_ci(LEVEL, method="wilson")
    return {
        "asked": len(right),
        "failed": marks.failed,
        "accuracy": sum(right) / len(right),
        "interval": [float(between.low), float(between.high)],
        "rates": rates(asked, right),
    }


def _show(report: Json) -> None:
    table = Table("expert", "asked", "right", "95 %", box=None, header_style="bold")
    best_first = sorted(report["experts"].items(), key=lambda named: -named[1]["accuracy"])
    for name, row in best_first:
        low, high = row["interval"]
        table.add_row(name, str(row["asked"]), f"{row['accuracy']:.1%}", f"{low:.1%} to {high:.1%}")
    console().print(table)
    console().print(f"a random pick is right on {report['random']:.1%}, a majority on {report['majority']:.1%}")
