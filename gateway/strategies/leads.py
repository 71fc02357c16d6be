"""Who leads where one expert works on what others have said: judges, writes, conducts. Asks nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from gateway.consult import Brief
from gateway.leads import DEFAULT
from gateway.prompts import WORDS, room

SUPPOSED = 0.7
"""How often a lead is taken to tell the right answer from wrong ones, where nobody has measured it."""
SUREST = 0.95
LEAST_ROOM = 256
"""Tokens; in less, several answers cannot be shown."""
SPARE = 2.0
"""As many times a lead's expected seconds are kept for it: its prompt is longer than others'."""
LONGEST_SHARE = 0.5
"""Of the seconds left, kept for a lead at most."""


@dataclass(frozen=True, slots=True)
class Lead:
    """expert: who leads. skill: the chance that it tells right from wrong. room: tokens of data it can be shown."""

    expert: str
    skill: float
    room: int


def lead_of(brief: Brief) -> Lead | None:
    """Whom the policy names, or who is measured best at it, or of those never measured who is expected to answer best.

    Only an expert that may be asked, and that has room for what others say; None where there is none.
    """
    rooms = {name: room(brief.kit.experts[name], brief.features) for name in brief.plan.experts}
    able = [name for name in brief.plan.experts if rooms[name] >= LEAST_ROOM]
    if not able:
        return None
    named, skills = brief.plan.knobs.lead, _skills(brief)
    if named in able:
        chosen = named
    elif any(name in skills for name in able):
        chosen = max(able, key=lambda name: skills.get(name, -1.0))
    else:
        score = dict(zip(brief.decision.estimates.experts, brief.decision.estimates.score.tolist(), strict=True))
        chosen = max(able, key=lambda name: np.nan_to_num(score[name], nan=0.0))
    return Lead(chosen, min(skills.get(chosen, SUPPOSED), SUREST), rooms[chosen])


def _skills(brief: Brief) -> Mapping[str, float]:
    """By expert, in this query's category where that was measured."""
    category = brief.decision.category or DEFAULT
    rates = ((name, rates.get(category, rates.get(DEFAULT))) for name, rates in brief.kit.leads.items())
    return {name: rate for name, rate in rates if rate is not None}


@contextmanager
def kept_for(brief: Brief, lead: Lead | None, calls: int = 1) -> Iterator[None]:
    """What is asked inside leaves enough of the limits for so many calls to the lead about it."""
    if lead is None:
        yield
        return
    estimates = brief.decision.estimates
    shown = min(lead.room, int(np.sort(estimates.output_tokens)[-brief.plan.knobs.recruit :].sum()))
    seconds = min(SPARE * estimates.of(lead.expert).latency_s, LONGEST_SHARE * max(0.0, brief.purse.seconds_left))
    with brief.purse.keeping(calls, calls * _usd(brief, lead, shown), seconds):
        yield


def affordable_room(brief: Brief, lead: Lead, calls: int = 1) -> int:
    """Tokens of data that so many calls to the lead can show it, within its context and the dollars left."""
    left, per_mtok = brief.purse.usd_left, brief.kit.experts[lead.expert].price.input_per_mtok
    if left is None or per_mtok == 0:
        return lead.room
    return max(0, min(lead.room, int((left / calls - _usd(brief, lead, 0)) * 1e6 / per_mtok)))


def _usd(brief: Brief, lead: Lead, shown: int) -> float:
    """What a call to the lead is expected to cost that shows it so many tokens."""
    writes = max(brief.decision.estimates.of(lead.expert).output_tokens, brief.features.output_tokens)
    return brief.kit.experts[lead.expert].price.of(brief.features.input_tokens + WORDS + shown, writes)


def heeded(chances: Sequence[float], unseen: float, picks: Sequence[int], skill: float) -> list[float]:
    """The chance of each answer once a lead of this skill has picked these places among them, each pick on its own.

    unseen: the chance that none of them is right. Bayes: the lead picks the right one of k with the chance `skill`,
    and else any other alike; picks that contradict each other, as those of a judge who takes whatever stands first,
    cancel out.
    """
    k = len(chances)
    skill = max(skill, 1 / k)
    held = np.array([*chances, unseen])
    for pick in picks:
        likely = np.full(k + 1, (1 - skill) / max(k - 1, 1))
        likely[pick], likely[k] = skill, 1 / k
        held = held * likely / (held * likely).sum()
    found: list[float] = held[:k].tolist()
    return found
