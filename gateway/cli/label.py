"""`coterie knowledge label`: what documents change in the answers of each expert, as a table to learn a gate from."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.shell import ConfigOption, aside, listed, opened
from gateway.errors import ConfigError
from gateway.kept_calls import KeptCalls
from gateway.pipeline import Pipeline
from gateway.retrieval.labelling import Labelling, Terms
from gateway.types import Json
from routers.bank import Question, gradable, questions_of
from routers.errors import TableError
from routers.grading import RULES
from routers.questions import read_questions

SAID = 20
"""A line of progress for each so many questions."""

Asked = Sequence[tuple[str, Question]]
Say = Callable[[str], None]


def label(
    questions: Annotated[Path, typer.Option(help="graded questions: parquet, CSV or JSONL")],
    out: Annotated[Path, typer.Option(help="write the table to this parquet file; answers are kept beside it")],
    experts: Annotated[str | None, typer.Option(help="these alone, separated by commas; else all")] = None,
    collection: Annotated[list[str] | None, typer.Option(help="search this one, may be given again; else all")] = None,
    tenant: Annotated[str, typer.Option(help="whose collections are searched")] = "public",
    limit: Annotated[int | None, typer.Option(min=1, help="the first so many questions alone")] = None,
    max_cost_usd: Annotated[
        float, typer.Option(min=0, help="no more is asked once the calls have cost this")
    ] = math.inf,
    knows: Annotated[bool, typer.Option(help="also ask each expert whether it knows, for `ask_itself`")] = False,
    config: ConfigOption = None,
) -> None:
    """Ask each expert each question without and with documents, and grade both. Started again, it goes on."""
    say = aside().print
    if out.suffix != ".parquet":
        raise typer.BadParameter(f"--out must end in .parquet, not {out.name}")
    if not out.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {out.parent} to write {out.name} into")
    asked = questions_in(questions)[:limit]
    named = listed(experts)

    async def run() -> list[Json]:
        async with opened(config) as pipeline:
            who = _who(named, pipeline)
            terms = Terms(who, tenant, tuple(collection) if collection else None, max_cost_usd, knows)
            labelling = Labelling(pipeline, KeptCalls(pipeline, kept_beside(out)), terms)
            return await labelled(labelling, asked, say)

    try:
        rows = asyncio.run(run())
    except KeyboardInterrupt:
        say("stopped; what was answered is kept, and the same command goes on")
        raise typer.Exit(1) from None
    write_table(rows, out)
    say(f"{out} has {len(rows)} rows")


def questions_in(path: Path) -> list[tuple[str, Question]]:
    """The questions whose answers a rule can judge, each with its id; TableError where there are none."""
    table = read_questions(path)
    places = gradable(table).tolist()
    if not places:
        raise TableError(f"{path} has no question with a gold answer of type {', '.join(RULES)}")
    return [(table.query_ids[n], question) for n, question in zip(places, questions_of(table, places), strict=True)]


async def labelled(labelling: Labelling, asked: Asked, say: Say) -> list[Json]:
    """The rows of all questions, or of as many as the money was enough for."""
    await labelling.check(asked[0][1])
    rows: list[Json] = []
    done = 0
    async for found in labelling(asked):
        rows += found.rows
        done += 1
        if done % SAID == 0 or done == len(asked):
            say(f"{done} of {len(asked)} questions, {found.calls} calls now, ${found.spent_usd:.4f} in all")
    if done < len(asked):
        say(f"the money is spent after {done} of {len(asked)} questions; with a higher --max-cost-usd it goes on")
    if not rows:
        raise ConfigError("nothing could be labelled: the calls failed, or --max-cost-usd allows none")
    return rows


def kept_beside(out: Path) -> Path:
    """Where the answers are kept."""
    return out.with_suffix(".asked.jsonl")


def write_table(rows: Sequence[Json], out: Path) -> None:
    """The whole table at once, so that nobody reads half of one."""
    import pyarrow as pa
    from pyarrow import parquet

    lists = {"passages": pa.string(), "titles": pa.string(), "similarities": pa.float64(), "gold": pa.string()}
    numbers = dict.fromkeys(("score", "score_with_passages", "knows", "chance", "chance_std"), pa.float64())
    columns = {
        name: pa.array([row[name] for row in rows], pa.list_(lists[name]) if name in lists else numbers.get(name))
        for name in rows[0]
    }
    whole = out.with_name(f".{out.name}.new")
    parquet.write_table(pa.table(columns), whole)
    os.replace(whole, out)


def _who(named: Sequence[str] | None, pipeline: Pipeline) -> tuple[str, ...]:
    """The experts to ask: those that are named, or all that can be asked."""
    unknown = [name for name in named or () if name not in pipeline.pool.members]
    if unknown:
        known = ", ".join(pipeline.pool.members)
        raise ConfigError(f"no expert is called {unknown[0]!r}; experts.yaml has {known}")
    return tuple(named or (member.expert.name for member in pipeline.pool.present))
