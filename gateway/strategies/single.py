"""Ask one expert; if it fails before it has said anything, ask the next."""

from __future__ import annotations

from gateway.consult import Brief
from gateway.types import Outcome


async def single(brief: Brief) -> Outcome | None:
    """The first answer in the order of the plan. What has already been passed on cannot be taken back."""
    for expert in brief.plan.experts:
        if not brief.may_consult(expert):
            break
        outcome = await brief.consult(expert, aloud=True)
        if outcome.ok:
            return outcome
        if outcome.committed:
            break
    return None
