"""`coterie experts`: who is in the pool, and whether they answer."""

from __future__ import annotations

import asyncio
from typing import Any

import typer
from rich.table import Table

from gateway.cli.aggregators import aggregators
from gateway.cli.onboard import onboard
from gateway.cli.shell import ConfigOption, JsonOption, configured, console, opened, print_json
from gateway.pipeline import Pipeline
from gateway.settings import load_settings
from gateway.types import Query

app = typer.Typer(no_args_is_help=True, help="The pool of experts.")
app.command()(onboard)
app.command()(aggregators)
HELLO = {"messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 8}


@app.command("list")
def list_(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Every expert of experts.yaml: provider, model, context, price, and whether it can be asked."""
    rows = [
        {
            "name": name,
            "provider": member.expert.provider,
            "model": member.expert.model,
            "context": member.expert.context,
            "input_per_mtok": member.expert.price.input_per_mtok,
            "output_per_mtok": member.expert.price.output_per_mtok,
            "status": member.absent or "available",
        }
        for name, member in configured(load_settings(config=config)).pool.members.items()
    ]
    _show(rows, json)


@app.command()
def check(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Ask each expert once; exit code 1 where one does not answer."""
    rows = asyncio.run(_check(config))
    _show(rows, json)
    if any(row["status"] != "answers" for row in rows):
        raise typer.Exit(1)


async def _check(config: Any) -> list[dict[str, Any]]:
    async with opened(config) as pipeline:
        return list(await asyncio.gather(*(_once(pipeline, member.expert.name) for member in pipeline.pool.present)))


async def _once(pipeline: Pipeline, name: str) -> dict[str, Any]:
    answer = await pipeline.answer(Query("dec_check", name, {"model": name, **HELLO}))
    status = answer.error.message if answer.error else "answers"
    return {"name": name, "status": status, "seconds": round(answer.latency_s, 3), "cost_usd": answer.cost_usd}


def _show(rows: list[dict[str, Any]], json: bool) -> None:
    if json:
        print_json(rows)
        return
    table = Table(*rows[0], box=None, header_style="bold")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console().print(table)
