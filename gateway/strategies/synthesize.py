"""Several experts answer; one who is good at it writes the answer from theirs, and is heard as it writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.answers import key_of
from gateway.ballot import Ballot
from gateway.consult import Brief
from gateway.prompts import marked, shuffled, writing
from gateway.strategies.leads import Lead, affordable_room, heeded, lead_of
from gateway.strategies.proposals import FEWEST, ballot_of, given_up, proposed, texts_of
from gateway.types import Outcome, Query, Verdict

ROLE = "synthesis"
TASK = """Several models have answered this independently; here is what they wrote. {data}

Now answer the request above yourself. Weigh what they say critically: keep what is right, mend what is wrong, trust \
no claim because most make it. Give one complete answer in the form that the request asks for, as if you had seen no \
other, without a word about these answers."""


async def synthesize(brief: Brief) -> Verdict:
    """Symbolic-MoE (arXiv 2503.05641): recruits answer once, and an aggregator chosen by measured skill writes."""
    lead = lead_of(brief)
    outcomes = await proposed(brief, lead)
    return await written(brief, lead, outcomes)


async def written(brief: Brief, lead: Lead | None, outcomes: list[Outcome]) -> Verdict:
    """The lead's answer from the others'; the best of theirs where nobody leads, or fails before its first word."""
    ballot, texts = await ballot_of(brief, outcomes), texts_of(brief, outcomes)
    if lead is None or len(texts) < FEWEST:
        return given_up(brief, ballot, "" if lead else "nobody has room for the answers of others")
    tokens = affordable_room(brief, lead)
    body = writing(brief.query, task(brief.query, shuffled(brief.query, list(texts.values())), tokens))
    outcome = await brief.consult(lead.expert, body=body, role=ROLE, aloud=True)
    if outcome is None:
        return given_up(brief, ballot, f"the limits leave no call for {lead.expert}, who would have written")
    if not outcome.worded and not (outcome.ok and outcome.committed):
        return given_up(brief, ballot, f"{lead.expert} failed to write: the best answer alone")
    return _judged(brief, ballot, lead, outcome)


def task(query: Query, texts: Sequence[str], room: int) -> str:
    """What an aggregator is told, after the request it shall answer."""
    return TASK.format(data=marked(query, texts, room))


def _judged(brief: Brief, ballot: Ballot, lead: Lead, outcome: Outcome) -> Verdict:
    """What is written, with the chance that it is right where it agrees with one of the answers it was written from."""
    given = ballot.verdict().ballot
    authors = ", ".join(expert for one in given for expert in one.experts)
    verdict = Verdict(outcome, None, f"{lead.expert} wrote it from the answers of {authors}", given)
    form, keys = brief.features.form, [one.key for one in given]
    key = key_of(outcome.reply.text, form) if outcome.reply is not None and form.checkable else None
    if key is None or key not in keys:
        return verdict
    place = keys.index(key)
    chances = heeded([one.chance for one in given], ballot.posterior.unseen, [place], lead.skill)
    return replace(verdict, confidence=chances[place])
