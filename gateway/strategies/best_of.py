"""Several experts answer; a judge says which answer is best, and is asked twice with the order turned round."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gateway.ballot import Ballot
from gateway.consult import Asking, Brief
from gateway.prompts import aside, marked, shuffled, spoken
from gateway.strategies.leads import Lead, affordable_room, heeded, lead_of
from gateway.strategies.proposals import FEWEST, ballot_of, given_up, proposed
from gateway.types import Outcome, Verdict
from routers.fusion.evidence import NOTHING

ROLE = "judgement"
CALLS = 2
"""To the judge: the answers in some order, and in the opposite one (positions swapped and averaged, LLM-Blender)."""
WRITES = 512
"""Tokens a judge may have: a number needs few, thoughts before it need more."""
TASK = """Do not answer the request above. {count} models have answered it already; here is what they wrote. {data}

Which answer is the best one: correct first, then helpful and complete? Neither its place nor its length counts. Reply \
with one line and nothing else: "Best: N", where N is the number of the answer."""
BEST = re.compile(r"\bbest\W*(?:(?:answer|one|is|was|number|candidate)\W*){0,3}(\d+)\b", re.IGNORECASE)
NUMBER = re.compile(r"(?<![\d.])\d+(?!\.?\d)")
SHORT = 40
"""Characters; in a reply no longer than this a number alone is a verdict."""
Candidate = tuple[Outcome, int]
"""An answer to judge, and its code on the ballot."""


async def best_of(brief: Brief) -> Verdict:
    """The answer that is likeliest to be best, by what was expected of its authors and by what the judge says of it.

    A judge who names no candidate, or each time another one, leaves it to the ballot.
    """
    lead = lead_of(brief)
    ballot = await ballot_of(brief, await proposed(brief, lead, CALLS))
    candidates = shuffled(brief.query, _candidates(brief, ballot))
    if lead is None or len(candidates) < FEWEST or brief.purse.calls_left < CALLS:
        return given_up(brief, ballot, "")
    picks = await _picks(brief, lead, [_text(one) for one, _ in candidates])
    if not picks:
        return given_up(brief, ballot, f"{lead.expert} named no best answer: the likeliest")
    return _chosen(ballot, lead, candidates, picks)


def _candidates(brief: Brief, ballot: Ballot) -> list[Candidate]:
    """Of answers that can be compared one for each, its most trusted author's; of free texts each that differs."""
    said = sorted((given for given in ballot.given if given[1] != NOTHING), key=lambda given: -ballot.chance(given[0]))
    checkable = brief.features.form.checkable
    by_answer: dict[int | str, Candidate] = {}
    for outcome, code in said:
        by_answer.setdefault(code if checkable else _text(outcome), (outcome, code))
    return list(by_answer.values())


async def _picks(brief: Brief, lead: Lead, texts: Sequence[str]) -> list[int]:
    """The places that the judge names, in the order of `texts`; of a reply that names none nothing."""
    count = len(texts)
    orders = [list(range(count)), list(range(count))[::-1]]
    outcomes = await brief.consult_all(
        Asking(lead.expert, aside(brief.query, _task(brief, lead, [texts[place] for place in order]), WRITES), ROLE)
        for order in orders
    )
    named = [named_in(_text(outcome), count) for outcome in outcomes]
    return [order[number - 1] for order, number in zip(orders, named, strict=False) if number is not None]


def _task(brief: Brief, lead: Lead, texts: Sequence[str]) -> str:
    return TASK.format(count=len(texts), data=marked(brief.query, texts, affordable_room(brief, lead, CALLS)))


def named_in(reply: str, count: int) -> int | None:
    """The number from 1 to `count` that a judge names as the best; None where it names none, or talks of several."""
    said = spoken(reply)
    announced = BEST.findall(said)
    found = announced[-1:] or (NUMBER.findall(said) if len(said) <= SHORT else [])
    numbers = {int(number) for number in found if 1 <= int(number) <= count}
    return numbers.pop() if len(numbers) == 1 else None


def _chosen(ballot: Ballot, lead: Lead, candidates: Sequence[Candidate], picks: Sequence[int]) -> Verdict:
    chances = heeded(_prior(ballot, candidates), ballot.posterior.unseen, picks, lead.skill)
    best = max(range(len(chances)), key=chances.__getitem__)
    served, code = candidates[best]
    sure = sum(chance for chance, (_, said) in zip(chances, candidates, strict=True) if said == code)
    reason = f"{lead.expert} judged {len(candidates)} answers and named this one {picks.count(best)} of {CALLS} times"
    return Verdict(served, sure, reason, ballot.verdict().ballot)


def _prior(ballot: Ballot, candidates: Sequence[Candidate]) -> list[float]:
    """By the ballot; those who mean the same share its chance as they are trusted."""
    trust: dict[int, float] = {}
    for outcome, code in candidates:
        trust[code] = trust.get(code, 0.0) + ballot.chance(outcome)
    answers = ballot.posterior.answers
    return [float(answers[code]) * ballot.chance(outcome) / trust[code] for outcome, code in candidates]


def _text(outcome: Outcome) -> str:
    return outcome.reply.text if outcome.reply is not None else ""
