"""Asking an expert whether it knows, before it answers (a priori judgement, arXiv 2307.11019), where that may decide
whether it is given documents. Experts are over-confident: what their word weighs, the retrieval gate says.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from gateway.abstention import ABSTAIN
from gateway.consult import Brief
from gateway.prompts import aside, spoken
from gateway.retrieval.grounding import Grounding
from gateway.types import Json, Outcome, Query
from routers.base import Array

ROLE = "knows"
TOKENS = 3
"""For one word, and a mark or a blank."""
TASK = """Do not answer the request above yet. Could you answer it correctly from what you know, without looking \
anything up? Reply with one word and nothing else: yes or no."""
WORD = re.compile(r"\b(yes|no)\b", re.IGNORECASE)


def question_of(query: Query) -> Json:
    """The request that asks whether the expert could answer the query."""
    return {**aside(query, TASK, TOKENS), "temperature": 0}


def said_yes(text: str) -> bool | None:
    """What the reply settles on first; None where it says neither."""
    found = WORD.search(spoken(text))
    return None if found is None else found.group(1).lower() == "yes"


async def judged(brief: Brief) -> Grounding | None:
    """The grounding after whoever goes first was asked whether it knows; None where nothing changes.

    It is asked only where its word decides whether documents are worth their price to it, and where the limits leave a
    call for the answer.
    """
    grounding, expert = brief.grounding, brief.plan.experts[0]
    if grounding is None or not grounding.ask_itself or not grounding.passages or brief.plan.strategy == ABSTAIN:
        return None
    place = brief.decision.estimates.experts.index(expert)
    yes, no = (_with_word(grounding, expert, place, knows) for knows in (1.0, 0.0))
    if (expert in yes.experts) == (expert in no.experts):
        return None
    outcome = await _asked(brief, expert)
    knows = said_yes(outcome.reply.text) if outcome is not None and outcome.reply is not None else None
    if knows is None:
        return None
    found, word = (yes, "yes") if knows else (no, "no")
    return replace(found, reason=f"{grounding.reason}; {expert}, asked whether it knows, said {word}")


def _with_word(grounding: Grounding, expert: str, place: int, knows: float) -> Grounding:
    """What becomes of it if the expert at this place says that it knows (1), or that it does not (0)."""
    if grounding.reweigh is None:
        return grounding
    said: Array = np.full(len(grounding.without), np.nan)
    said[place] = knows
    gains = grounding.reweigh(said)
    pays = gains.gain[place] >= grounding.hurdles[place]
    experts = grounding.experts | {expert} if pays else grounding.experts - {expert}
    return replace(grounding, experts=experts, without=gains.without, documented=gains.documented)


async def _asked(brief: Brief, expert: str) -> Outcome | None:
    """None where that leaves too little for the answer itself."""
    answer = brief.decision.estimates.of(expert)
    with brief.purse.keeping(calls=1, usd=answer.cost_usd, seconds=answer.latency_s):
        return await brief.consult(expert, body=question_of(brief.query), role=ROLE)
