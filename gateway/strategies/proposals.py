"""Answers for a lead to work on: the recruits are asked at once, and somebody else where all of them fail."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.answers import key_of
from gateway.ballot import Ballot
from gateway.consult import Asking, Brief
from gateway.form import Form
from gateway.strategies.leads import Lead, kept_for
from gateway.types import Outcome, Verdict

FEWEST = 2
"""With fewer answers there is nothing to compare."""


async def proposed(brief: Brief, lead: Lead | None, calls: int = 1) -> list[Outcome]:
    """What the recruits answer. `calls` to the lead are kept back where that leaves at least two of them.

    Where just one may be asked, or all have failed and another may be, its words go out as they come.
    """
    with kept_for(brief, lead, calls):
        found = await _several(brief)
    found = found or await _several(brief)
    return found if any(one.worded for one in found) else [*found, *await _next(brief)]


def latest(form: Form, outcomes: Sequence[Outcome]) -> dict[str, Outcome]:
    """By expert, the last answer of the form that was asked; of whoever gave none, its last words. No failures."""
    found: dict[str, Outcome] = {}
    for outcome in outcomes:
        before = found.get(outcome.expert)
        if outcome.ok and (before is None or _rank(form, outcome) >= _rank(form, before)):
            found[outcome.expert] = outcome
    return found


async def ballot_of(brief: Brief, outcomes: Sequence[Outcome]) -> Ballot:
    """What these experts say; of several answers of one its latest."""
    ballot = Ballot(brief)
    for outcome in latest(brief.features.form, outcomes).values():
        await ballot.add(outcome)
    return ballot


def texts_of(brief: Brief, outcomes: Sequence[Outcome]) -> dict[str, str]:
    """By expert, its latest words; whoever said nothing is not there."""
    found = latest(brief.features.form, outcomes)
    return {expert: one.reply.text for expert, one in found.items() if one.reply is not None and one.worded}


def broken_off(brief: Brief) -> bool:
    """The caller has heard the beginning of an answer whose end never came: nobody can take its place."""
    return any(outcome.committed and not outcome.ok for outcome in brief.outcomes)


def given_up(brief: Brief, ballot: Ballot, reason: str) -> Verdict:
    """The best answer so far, and why it is no better."""
    return Verdict(None) if broken_off(brief) else ballot.verdict(reason=reason)


async def _several(brief: Brief) -> list[Outcome]:
    """What the recruits answer; nothing, and nobody is asked, where the limits allow fewer than two."""
    names = [expert for expert in brief.recruits() if brief.may_consult(expert)]
    return await brief.consult_all(Asking(expert) for expert in names) if len(names) >= FEWEST else []


async def _next(brief: Brief) -> list[Outcome]:
    """One after another, aloud, until one answers: as `single` does, but nobody is asked again."""
    found: list[Outcome] = []
    asked = {outcome.expert for outcome in brief.outcomes}
    for expert in brief.plan.experts:
        outcome = None if expert in asked else await brief.consult(expert, aloud=True)
        if outcome is not None:
            found.append(outcome)
            if outcome.worded or outcome.committed:
                break
    return found


def _rank(form: Form, outcome: Outcome) -> int:
    """2: an answer of this form. 1: words. 0: not even these."""
    if outcome.reply is None or not outcome.worded:
        return 0
    return 2 if not form.checkable or key_of(outcome.reply.text, form) is not None else 1
