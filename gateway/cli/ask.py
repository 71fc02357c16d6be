"""`coterie ask` and `coterie route`: one answer, or one decision explained, without a server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.markup import escape
from rich.table import Table

from gateway.cli.shell import ConfigOption, JsonOption, console, opened, print_json
from gateway.types import Answer, Decided, Decision, Json, Plan, Query
from gateway.wire.answer import completion
from gateway.wire.decision import decided_json
from gateway.wire.exchange import new_decision_id
from gateway.wire.sources import documents_of

Question = Annotated[str, typer.Argument(help="what to ask")]
ModelOption = Annotated[str, typer.Option("--model", help="auto, a policy, or an expert's name")]


class Terminal:
    """Prints an answer as it is written."""

    def decided(self, query: Query, decision: Decision, plan: Plan) -> None:
        return None

    async def hear(self, expert: str, chunk: Json) -> None:
        for choice in chunk.get("choices", ()):
            print(choice.get("delta", {}).get("content") or "", end="", flush=True)


def ask(question: Question, model: ModelOption = "auto", config: ConfigOption = None, json: JsonOption = False) -> None:
    """One answer, and who gave it."""
    answer = asyncio.run(_ask(question, model, config, json))
    if answer.error is not None:
        raise answer.error
    if json:
        print_json(orjson.loads(completion(answer)))
        return
    assert answer.served is not None
    said = f"{answer.served.expert}, ${answer.cost_usd:.6f}, {answer.latency_s:.2f} s ({answer.decision.reason})"
    console().print(f"\n[dim]{said}[/dim]")
    for number, source in enumerate(documents_of(answer), 1):
        console().print(f"[dim]\\[{number}] {escape(source.document)}: {escape(source.title)}[/dim]")


async def _ask(question: str, model: str, config: Path | None, json: bool) -> Answer:
    async with opened(config) as pipeline:
        return await pipeline.answer(_query(question, model, stream=not json), None if json else Terminal())


def route(
    question: Question, model: ModelOption = "auto", config: ConfigOption = None, json: JsonOption = False
) -> None:
    """Decide, and ask nobody: every expert with its score, and why."""
    decided = asyncio.run(_route(question, model, config))
    if json:
        print_json(decided_json(decided))
        return
    console().print(_table(decided))
    decision, plan = decided.decision, decided.plan
    if plan.recruited:
        console().print(f"worth asking together: {', '.join(plan.recruited)}")
    console().print(f"{decision.reason}; {plan.reason}")
    if decision.grounding is not None:
        told = ", ".join(sorted(decision.grounding.experts)) or "nobody"
        console().print(
            f"{decision.grounding.reason}; {told} would be given {len(decision.grounding.passages)} passages"
        )


def _table(decided: Decided) -> Table:
    """Every expert in the order of the plan, then those that were dropped."""
    table = Table("expert", "score", "std", "utility", "expected $", box=None, header_style="bold")
    estimates, plan = decided.decision.estimates, decided.plan
    rows = zip(estimates, estimates.column(plan.utilities), strict=True)
    ranks = {expert: rank for rank, expert in enumerate(plan.experts)}
    for one, utility in sorted(rows, key=lambda row: ranks[row[0].expert]):
        worth = "-" if utility is None else f"{utility:.3f}"
        table.add_row(one.expert, f"{one.score:.3f}", f"{one.std:.3f}", worth, f"{one.cost_usd:.6f}")
    for dropped in decided.decision.dropped:
        table.add_row(dropped.expert, "-", "-", "-", dropped.reason)
    return table


async def _route(question: str, model: str, config: Path | None) -> Decided:
    async with opened(config) as pipeline:
        return await pipeline.decide(_query(question, model, stream=False))


def _query(question: str, model: str, *, stream: bool) -> Query:
    body: Json = {"model": model, "messages": [{"role": "user", "content": question}]}
    return Query(new_decision_id(), model, {**body, "stream": True} if stream else body)
