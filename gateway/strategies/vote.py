"""Ask several at once; the answer with the most weight behind it wins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gateway.ballot import Ballot
from gateway.consult import Asking, Brief
from gateway.types import Verdict
from routers.base import Array

OPEN_ANSWERS = 10
"""Among so many answers a wrong expert is taken to choose, where the query does not list them."""
LEAST = 0.05
"""The weight of an expert that is worse than chance: dissent counts little, but it counts."""


async def vote(brief: Brief) -> Verdict:
    """Each voice weighs its log-odds of being right on this query, over a guess (weighted majority, Nitzan & Paroush).

    As soon as those who are still writing cannot change the outcome, they are called off.
    """
    ballot = Ballot(brief)
    recruits = list(brief.recruits())
    weights = _weights(ballot)
    async with brief.consulting(Asking(expert) for expert in recruits) as outcomes:
        async for outcome in outcomes:
            await ballot.add(outcome)
            recruits.remove(outcome.expert)
            if _settled(_tally(ballot, weights), sum(weights[ballot.places[expert]] for expert in recruits)):
                break
    return ballot.verdict(_tally(ballot, weights))


def _weights(ballot: Ballot) -> Array:
    """(m,) log p(k - 1)/(1 - p) of each expert, k answers to choose among."""
    chance = np.nan_to_num(ballot.evidence.chance, nan=0.5)
    weights: Array = np.log(chance * ((ballot.evidence.options or OPEN_ANSWERS) - 1) / (1 - chance))
    return np.maximum(weights, LEAST)


def _tally(ballot: Ballot, weights: Array) -> Sequence[float]:
    def behind(code: int) -> Iterator[float]:
        return (float(weights[ballot.places[outcome.expert]]) for outcome, said in ballot.given if said == code)

    return [sum(behind(code)) for code in range(ballot.evidence.answers)]


def _settled(tally: Sequence[float], outstanding: float) -> bool:
    """Whether the first leads by more than all who have not answered yet could add to another."""
    first, second = (sorted(tally, reverse=True) + [0.0, 0.0])[:2]
    return first - second > outstanding
