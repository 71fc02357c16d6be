"""Ask one expert; if it fails before it has said anything, ask the next."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.consult import Brief
from gateway.fanout import SINGLE
from gateway.types import ANSWER, Json, Outcome, Verdict


async def single(brief: Brief) -> Verdict:
    """The first answer in the order of the plan."""
    return await in_turn(brief, brief.plan.experts)


async def in_turn(brief: Brief, experts: Iterable[str], body: Json | None = None, role: str = ANSWER) -> Verdict:
    """The first answer in this order, to the caller's request or this one, said aloud as it comes.

    What has already been passed on cannot be taken back. Whoever says nothing is passed over, but by `single`.
    """
    silent: Outcome | None = None
    for expert in experts:
        outcome = await brief.consult(expert, body=body, role=role, aloud=True)
        if outcome is None:
            break
        if outcome.reply is not None and (outcome.reply.text.strip() or brief.plan.strategy == SINGLE):
            return Verdict(outcome)
        if outcome.committed:
            return Verdict(None if outcome.reply is None else outcome)
        silent = silent or (outcome if outcome.ok else None)
    return Verdict(silent)
