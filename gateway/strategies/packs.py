"""The best expert answers under the system prompt and the demonstrations of the query's region."""

from __future__ import annotations

from dataclasses import replace

from gateway.ballot import EMBEDDING
from gateway.consult import Brief
from gateway.features import judged_text
from gateway.strategies.single import in_turn
from gateway.types import Verdict
from routers.packs import prompted


async def prompts(brief: Brief) -> Verdict:
    """Mixture of Prompts (ICML 2024): the pack of the nearest centroid; the packs are learned by `coterie prompts`."""
    messages = brief.query.body["messages"]
    text = brief.features.text or judged_text(messages)[0]
    [row] = (await brief.kit.encode([text]))[:, :EMBEDDING]
    packs = brief.kit.packs[brief.plan.knobs.packs]
    place = packs.nearest(row)
    region = packs.regions[place]
    body = {**brief.query.body, "messages": prompted(region, messages)}
    verdict = await in_turn(brief, brief.plan.experts, body)
    shown = f"{len(region.demos)} demonstrations and {'a' if region.system else 'no'} prompt of its own"
    return replace(verdict, reason=f"region {place + 1} of {len(packs.regions)}: {shown}")
