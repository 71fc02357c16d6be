"""Layers of experts who see what the layer before them has said; the last word is one aggregator's."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.consult import Asking, Brief
from gateway.prompts import room, shuffled, writing
from gateway.strategies.leads import LEAST_ROOM, kept_for, lead_of
from gateway.strategies.proposals import FEWEST, ballot_of, proposed, texts_of
from gateway.strategies.synthesize import task, written
from gateway.types import Outcome, Verdict

ROLE = "proposal"


async def mixture(brief: Brief) -> Verdict:
    """Mixture-of-Agents (arXiv 2406.04692): `rounds` layers of the same proposers, then an aggregator who is heard.

    Answers that can be compared need no further layer once one of them is sure enough.
    """
    lead = lead_of(brief)
    outcomes = await proposed(brief, lead)
    for _ in range(1, brief.plan.knobs.rounds):
        texts = texts_of(brief, outcomes)
        if len(texts) < FEWEST or await _sure(brief, outcomes):
            break
        with kept_for(brief, lead):
            outcomes = [*outcomes, *await brief.consult_all(_layer(brief, texts))]
    return await written(brief, lead, outcomes)


def _layer(brief: Brief, texts: dict[str, str]) -> Iterator[Asking]:
    """Whoever has answered so far, and has room for what all have said, answers again."""
    for expert in texts:
        tokens = room(brief.kit.experts[expert], brief.features)
        if tokens >= LEAST_ROOM:
            shown = shuffled(brief.query, list(texts.values()), expert)
            yield Asking(expert, writing(brief.query, task(brief.query, shown, tokens)), ROLE)


async def _sure(brief: Brief, outcomes: list[Outcome]) -> bool:
    if not brief.features.form.checkable:
        return False
    return (await ballot_of(brief, outcomes)).posterior.top >= brief.plan.knobs.sure
