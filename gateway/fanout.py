"""Whether asking several experts pays: the strategy of one query, where the policy leaves it open. Asks nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gateway.estimates import Estimates
from gateway.experts import AUTO
from gateway.form import Form
from gateway.utility import Exchange
from routers.base import Array

SINGLE, COMPOSED = "single", "sequential"
Prospects = Callable[[Sequence[str]], Array]
"""Experts, the first choice first -> (m,) in the order of the estimates: what asking each would add to the chance of a
right answer once the first has had its turn; -inf where nothing can be added."""


@dataclass(frozen=True, slots=True)
class Fanout:
    """The strategy, and why, where there is something to say."""

    strategy: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """wanted: a strategy by name, or `auto`. form, whole: of the answer. rates: what price and time cost.

    least_gain: what a call must add at least. calls: how many there may be, None where nobody has said. prospects: None
    where nobody can say what several would gain.
    """

    wanted: str
    form: Form
    whole: bool
    rates: Exchange
    least_gain: float
    calls: int | None = None
    prospects: Prospects | None = None


def fanout(estimates: Estimates, order: Array, terms: Terms) -> Fanout:
    """The strategy of one query; `order`: places, the first choice first."""
    if terms.wanted == SINGLE:
        return Fanout(SINGLE)
    if terms.whole:
        return Fanout(SINGLE, "tools, structure or several choices are taken whole from one expert")
    if terms.wanted != AUTO:
        return Fanout(terms.wanted)
    if not terms.form.checkable or len(order) < 2 or terms.calls == 1 or terms.prospects is None:
        return Fanout(SINGLE)
    gains = terms.prospects([estimates.experts[place] for place in order.tolist()])
    prices = terms.rates.price(estimates.cost_usd, estimates.latency_s) + terms.least_gain
    best = int(np.argmax(gains - prices))
    said = f"{estimates.experts[best]} would add {gains[best]:.3f} at a price of {prices[best]:.3f}"
    return Fanout(COMPOSED if gains[best] > prices[best] else SINGLE, said)
