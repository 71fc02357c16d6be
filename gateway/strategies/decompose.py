"""A planner splits the question, each part goes to whoever is best for it, and one expert writes the answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.consult import Brief
from gateway.prompts import THOUGHT, WRITES, aside
from gateway.strategies.leads import Lead, affordable_room, kept_for, lead_of
from gateway.strategies.parts import Part, alone, answered, said, shown, written
from gateway.types import Outcome, Verdict

ROLE, PLANNER = "decompose", "planner"
MOST_PARTS = 5
BESIDE_ROUNDS = 2
"""Parts that are allowed beside the rounds of the policy: every further one may err, and the answer with it."""
FEWEST = 4
"""Calls: the planner, two parts, the answer."""
PLAN = """Do not answer the request above. Split it into the smallest questions whose answers together answer it, \
{most} at most, in the order in which they can be solved. Whoever answers one sees it alone, nothing of this \
conversation and no other part, so give each everything it needs: the figures, the text. Reply with a JSON list and \
nothing else:
[{{"part": "the first question", "needs": []}}, {{"part": "another that builds on the first", "needs": [1]}}]
"needs" holds the numbers of the earlier parts whose answers it is given. Where splitting does not help, reply []."""
GIVEN = """{part}

Here is what has been found out before. {data}"""
TASK = """This has been split into parts, each answered on its own; here are the parts and the replies. {data}

Now answer the request above yourself. Use what the parts have found, check how they fit together, mend what is wrong. \
Give one complete answer in the form that the request asks for, without a word about the parts."""
NAMES = ("part", "question", "task", "ask", "text")


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the question. needs: places of earlier parts whose answers it is given."""

    ask: str
    needs: frozenset[int]


async def decompose(brief: Brief) -> Verdict:
    """Decomposed Prompting (arXiv 2210.02406), each part routed on its own; asked whole where it cannot be split."""
    lead = lead_of(brief)
    if lead is None or brief.purse.calls_left < FEWEST:
        return await alone(brief)
    steps = await _planned(brief, lead)
    replies = await _solved(brief, lead, steps) if len(steps) > 1 else {}
    if not replies:
        return await alone(brief)
    data = _data(brief, steps, replies, sorted(replies), affordable_room(brief, lead))
    return await written(brief, lead, TASK.format(data=data), [replies[place] for place in sorted(replies)], ROLE)


def steps_in(text: str, most: int) -> list[Step]:
    """The first list of parts in a reply, whatever stands around it; needs that are none are left out."""
    found = next(filter(None, map(_asks, _lists(text.rpartition(THOUGHT)[2]))), [])[:most]
    return [
        Step(ask, frozenset(n - 1 for n in needs if isinstance(n, int) and not isinstance(n, bool) and 0 < n <= place))
        for place, (ask, needs) in enumerate(found)
    ]


async def _planned(brief: Brief, lead: Lead) -> list[Step]:
    most = min(MOST_PARTS, brief.plan.knobs.rounds + BESIDE_ROUNDS, brief.purse.calls_left - 2)
    with kept_for(brief, lead):
        outcome = await brief.consult(
            lead.expert, body=aside(brief.query, PLAN.format(most=most), WRITES), role=PLANNER
        )
    return steps_in(said(outcome), most) if outcome is not None else []


async def _solved(brief: Brief, lead: Lead, steps: Sequence[Step]) -> dict[int, Outcome]:
    """By place, the replies; what does not wait for another is asked together. A part that fails is lacked."""
    replies: dict[int, Outcome] = {}
    waiting = list(range(len(steps)))
    while waiting:
        ready = [place for place in waiting if steps[place].needs.isdisjoint(waiting)]
        waiting = [place for place in waiting if place not in ready]
        with kept_for(brief, lead):
            parts = [_part(brief, lead, steps, place, replies) for place in ready]
            found = await answered(brief, parts)
        replies |= {ready[n]: outcome for n, outcome in found.items()}
    return replies


def _part(brief: Brief, lead: Lead, steps: Sequence[Step], place: int, replies: dict[int, Outcome]) -> Part:
    step, needs = steps[place], sorted(steps[place].needs & replies.keys())
    if not needs:
        return Part(step.ask, step.ask)
    data = _data(brief, steps, replies, needs, lead.room // 2)
    return Part(step.ask, GIVEN.format(part=step.ask, data=data))


def _data(brief: Brief, steps: Sequence[Step], replies: dict[int, Outcome], places: Sequence[int], tokens: int) -> str:
    return shown(brief.query, [(steps[place].ask, said(replies[place])) for place in places], tokens)


def _lists(text: str) -> Iterator[list[Any]]:
    """The JSON lists that stand in a text, from each opening bracket on."""
    decoder = json.JSONDecoder()
    for start, character in enumerate(text):
        if character == "[":
            try:
                yield decoder.raw_decode(text, start)[0]
            except (ValueError, RecursionError):
                continue


def _asks(listed: list[Any]) -> list[tuple[str, list[Any]]]:
    """(question, needs) of each entry that is one: an object as was asked for, or a plain text."""
    found = []
    for entry in listed:
        named = entry if isinstance(entry, dict) else {"part": entry}
        ask = next((value for name in NAMES if isinstance(value := named.get(name), str) and value.strip()), None)
        needs = named.get("needs")
        if ask is not None:
            found.append((ask.strip(), needs if isinstance(needs, list) else []))
    return found
