"""`coterie skills`: have an expert say which skills each question asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.shell import ConfigOption, aside, opened
from gateway.errors import GatewayError
from gateway.lines import append, lines_in
from gateway.pipeline import Pipeline
from gateway.types import Json, Query
from gateway.wire.exchange import new_decision_id
from routers.skills.annotate import annotate as skills_of
from routers.table import read_rows

app = typer.Typer(no_args_is_help=True, help="Skills of questions, to train the skill router on.")
TEMPERATURE = 0.7
LONGEST_ANSWER = 400
"""Tokens."""
IN_A_ROW = 3
"""So many failures one after the other, and the expert is not asked on."""

Ask = Callable[[str], Awaitable[str]]


@app.callback()
def skills() -> None:
    """A group of commands, though it has one only."""


@app.command()
def annotate(
    questions: Annotated[Path, typer.Option(help="table with query_id and text: parquet, CSV or JSONL")],
    expert: Annotated[str, typer.Option(help="who is asked, by the name in experts.yaml")],
    out: Annotated[Path, typer.Option(help="JSONL to append to, query_id and skills; what it has is not asked again")],
    samples: Annotated[int, typer.Option(min=2, help="how often each question is asked; what recurs is kept")] = 5,
    limit: Annotated[int | None, typer.Option(min=1, help="no more questions than this")] = None,
    config: ConfigOption = None,
) -> None:
    """Ask an expert for the skills of each question. Stopped and started again, it goes on where it was."""
    done = _done(out)
    rows = [row for row in read_rows(questions, ("query_id", "text")) if str(row["query_id"]) not in done][:limit]
    say = aside().print
    say(f"{len(rows)} questions to ask {expert} about, {len(done)} done before")
    failed = asyncio.run(_annotate(rows, expert, out, samples, config, say)) if rows else 0
    say(
        f"{len(rows) - failed} questions annotated in {out}"
        + (f"; {failed} failed, start again for them" * bool(failed))
    )
    if failed:
        raise typer.Exit(1)


async def _annotate(
    rows: Sequence[dict[str, Any]],
    expert: str,
    out: Path,
    samples: int,
    config: Path | None,
    say: Callable[[str], None],
) -> int:
    """How many questions failed. The error itself where the expert fails several times in a row."""
    failed = in_a_row = 0
    async with opened(config) as pipeline:
        ask = _asker(pipeline, expert)
        for number, row in enumerate(rows, start=1):
            try:
                found = await skills_of(ask, str(row["text"]), samples)
            except GatewayError as error:
                failed, in_a_row = failed + 1, in_a_row + 1
                if in_a_row == min(IN_A_ROW, len(rows)):
                    raise
                say(f"{number} of {len(rows)}: {row['query_id']} failed: {error.message}")
                continue
            in_a_row = 0
            append(out, {"query_id": str(row["query_id"]), "skills": list(found)})
            say(f"{number} of {len(rows)}: {', '.join(found) or 'no skill recurs'}")
    return failed


def _asker(pipeline: Pipeline, expert: str) -> Ask:
    """Asks the expert through the gateway, as any caller would. typer.BadParameter for a name nobody has."""
    if expert not in pipeline.pool.members:
        raise typer.BadParameter(f"no expert is called {expert!r}; known are {', '.join(pipeline.pool.members)}")

    async def ask(prompt: str) -> str:
        body: Json = {"model": expert, "messages": [{"role": "user", "content": prompt}]}
        body |= {"temperature": TEMPERATURE, "max_tokens": LONGEST_ANSWER}
        answer = await pipeline.answer(Query(new_decision_id(), expert, body))
        if answer.error is not None:
            raise answer.error
        assert answer.served is not None and answer.served.reply is not None
        return answer.served.reply.text

    return ask


def _done(out: Path) -> set[str]:
    """The questions that the file has."""
    return {str(row["query_id"]) for row in lines_in(out) if "query_id" in row}
