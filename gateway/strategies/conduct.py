"""A conductor gives experts their parts, each with fresh eyes, and writes the answer from what they reply."""

from __future__ import annotations

import re

from gateway.consult import Brief
from gateway.prompts import THOUGHT, WRITES, aside
from gateway.strategies.leads import Lead, affordable_room, kept_for, lead_of
from gateway.strategies.parts import Part, alone, answered, said, shown, written
from gateway.types import Outcome, Verdict

ROLE, CONDUCTOR, PERSONAS = "conduct", "conductor", "personas"
FEWEST = 3
"""Calls: the conductor, an expert, the answer."""
SCAFFOLD = """Do not answer the request above yet. You conduct a panel of experts. Each of them sees only what you \
write to it, nothing of this conversation, so give it everything it needs: the figures, the text, the question. Ask at \
most {most} of them, for parts of the work or to check a doubtful step. Write to each like this, and write nothing else:
<expert role="a specialist in ...">
what it shall do
</expert>
Where no expert is needed, write NONE."""
MORE = """{data}

These are the replies of the experts you have asked. Judge them: where they contradict each other or leave something \
open, ask experts again in the same way, for instance to check it. Where you know enough to answer, write NONE."""
ALONE = """Do not give the final answer yet. Name two to four people whose knowledge this request needs, yourself \
among them. Let each say in a few sentences what matters from their side, then let them criticise each other's points, \
and note what they agree on and what remains in doubt."""
TASK = """You have had experts work on parts of this; here is what each was asked and has replied. {data}

Now answer the request above yourself. Weigh what they say critically: use what is right, mend what is wrong. Give one \
complete answer in the form that the request asks for, without a word about the experts."""
ASK = re.compile(r"<expert\b([^>]*)>(.*?)(?=</expert>|<expert\b|\Z)", re.DOTALL | re.IGNORECASE)
AS = re.compile(r"=\s*[\"']?([^\"'>]+)")


async def conduct(brief: Brief) -> Verdict:
    """Meta-Prompting (arXiv 2401.12954), its experts real ones; with one expert alone, personas in one context
    (Solo Performance Prompting, arXiv 2307.05300)."""
    lead = lead_of(brief)
    solo = len(brief.plan.experts) == 1
    if lead is None or brief.purse.calls_left < FEWEST - solo:
        return await alone(brief)
    asked = await (_personas(brief, lead) if solo else _panel(brief, lead))
    if not asked:
        return await alone(brief)
    data = _data(brief, lead, asked)
    return await written(brief, lead, TASK.format(data=data), [outcome for _, outcome in asked], ROLE)


def asks_in(text: str) -> list[Part]:
    """What a conductor asks of whom; a tag that is never closed ends where the next begins."""
    found = ((_role(tag), prompt.strip()) for tag, prompt in ASK.findall(text.rpartition(THOUGHT)[2]))
    asks = ((role, prompt) for role, prompt in dict.fromkeys(found) if prompt)
    return [Part(f"{role}: {prompt}", f"You are {role}.\n\n{prompt}") for role, prompt in asks]


def _role(tag: str) -> str:
    named = AS.search(tag)
    return named.group(1).strip() if named else "an expert"


async def _panel(brief: Brief, lead: Lead) -> list[tuple[str, Outcome]]:
    """Turn after turn what the conductor asked and was replied, as long as it asks."""
    asked: list[tuple[str, Outcome]] = []
    most = brief.plan.knobs.recruit
    for _ in range(brief.plan.knobs.rounds):
        with kept_for(brief, lead):
            told = SCAFFOLD.format(most=most)
            if asked:
                told += "\n\n" + MORE.format(data=_data(brief, lead, asked))
            outcome = await brief.consult(lead.expert, body=aside(brief.query, told, WRITES), role=CONDUCTOR)
            parts = asks_in(said(outcome))[:most] if outcome is not None else []
            replies = await answered(brief, parts)
        asked += [(parts[place].title, reply) for place, reply in replies.items()]
        if not replies:
            break
    return asked


async def _personas(brief: Brief, lead: Lead) -> list[tuple[str, Outcome]]:
    with kept_for(brief, lead):
        outcome = await brief.consult(lead.expert, body=aside(brief.query, ALONE, WRITES), role=PERSONAS)
    return [("Several people think about it.", outcome)] if outcome is not None and said(outcome) else []


def _data(brief: Brief, lead: Lead, asked: list[tuple[str, Outcome]]) -> str:
    return shown(brief.query, [(title, said(outcome)) for title, outcome in asked], affordable_room(brief, lead))
