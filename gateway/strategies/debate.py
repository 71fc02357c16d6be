"""Experts answer, see what the others answered, and answer again, until they agree or the rounds are over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gateway.ballot import Ballot
from gateway.consult import Asking, Brief
from gateway.prompts import marked, room, shuffled, writing
from gateway.strategies.leads import LEAST_ROOM
from gateway.strategies.proposals import FEWEST, ballot_of, given_up, proposed, texts_of
from gateway.types import Verdict
from gateway.wire.completion import tokens_in

ROLE = "debate"
TASK = """Others have answered the same request; here is what they wrote. {data}

Check their reasoning and your own against each other step by step, and say where an error lies. Change your mind \
only for a reason, never because others are more. Then give your complete final answer in the form that the request \
asks for."""


async def debate(brief: Brief) -> Verdict:
    """Brainstorming in rounds, the first one counted.

    Voices of later rounds have heard each other, so that their agreement is no measure of being right: only a first
    round that decides gives the verdict a confidence.
    """
    outcomes = await proposed(brief, None)
    ballot, rounds = await ballot_of(brief, outcomes), 1
    while rounds < brief.plan.knobs.rounds and not _settled(brief, ballot):
        texts = texts_of(brief, outcomes)
        again = await brief.consult_all(_round(brief, texts)) if len(texts) >= FEWEST else []
        if not any(outcome.ok for outcome in again):
            break
        outcomes, rounds = [*outcomes, *again], rounds + 1
        ballot = await ballot_of(brief, outcomes)
    if rounds == 1:
        return given_up(brief, ballot, "")
    agreed = "they agree" if _agreed(ballot) else "they do not agree; the weightiest answer"
    return replace(given_up(brief, ballot, f"after {rounds} rounds {agreed}"), confidence=None)


def _settled(brief: Brief, ballot: Ballot) -> bool:
    """Sure enough, or of one mind."""
    return ballot.posterior.top >= brief.plan.knobs.sure or _agreed(ballot)


def _agreed(ballot: Ballot) -> bool:
    """At least two have given an answer, and all the same."""
    codes = [code for _, code in ballot.given]
    return len(codes) >= FEWEST and len(set(codes)) == 1 and ballot.evidence.answers == 1


def _round(brief: Brief, texts: dict[str, str]) -> Iterator[Asking]:
    """Each is shown what the others said last; whoever has no room for it stays with its answer."""
    for expert, own in texts.items():
        tokens = room(brief.kit.experts[expert], brief.features) - tokens_in(len(own))
        if tokens >= LEAST_ROOM:
            others = shuffled(brief.query, [text for name, text in texts.items() if name != expert], expert)
            said = TASK.format(data=marked(brief.query, others, tokens))
            yield Asking(expert, writing(brief.query, said, own), ROLE)
