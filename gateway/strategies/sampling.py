"""One expert asked several times: the answer that its samples settle on, and how far they do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gateway.answers import key_of
from gateway.confidence import mean_logprob, telling
from gateway.consult import Asking, Brief
from gateway.types import Json, Outcome
from routers.consistency import consistency

TEMPERATURE = 0.7
"""Where the caller wants none: samples must differ to tell anything."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """outcome: the most probable sample with the answer that was settled on. chance: the smoothed confidence in it."""

    outcome: Outcome
    chance: float


async def sampled(brief: Brief, first: Outcome, more: int) -> Sampled:
    """Ask again so often, and weigh all samples by RPC (`routers.consistency`).

    Confidence is smoothed as by one sample more for the answer and one against it.
    """
    asking = Asking(first.expert, telling(_varied(brief.query.body)))
    outcomes = [first, *await brief.consult_all([asking] * more)]
    keys = [key_of(one.reply.text, brief.features.form) if one.reply else None for one in outcomes]
    usable = [place for place, key in enumerate(keys) if key is not None]
    if not usable:
        return Sampled(first, 0.5)
    logs = _logprobs([outcomes[place] for place in usable])
    answers = np.unique([str(keys[place]) for place in usable], return_inverse=True)[1]
    paths = np.unique([_text(outcomes[place]) for place in usable], return_inverse=True)[1]
    shares = consistency(answers, logs, paths)
    supporters = np.flatnonzero(answers == shares.argmax())
    best = usable[int(supporters[logs[supporters].argmax()])]
    return Sampled(outcomes[best], (len(usable) * float(shares.max()) + 1) / (len(usable) + 2))


def _logprobs(outcomes: list[Outcome]) -> np.typing.NDArray[np.float64]:
    """(n,) the mean of each; all alike where one of them does not say."""
    found = [None if one.reply is None else mean_logprob(one.reply) for one in outcomes]
    known = [value for value in found if value is not None]
    return np.array(known) if len(known) == len(found) else np.zeros(len(found))


def _text(outcome: Outcome) -> str:
    return outcome.reply.text if outcome.reply is not None else ""


def _varied(body: Json) -> Json:
    """The request, but that its answers may differ."""
    free = {key: value for key, value in body.items() if key != "seed"}
    return {**free, "temperature": body.get("temperature") or TEMPERATURE}
