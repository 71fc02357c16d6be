"""Whether asking several experts pays: the strategy of one query, where the policy leaves it open. Asks nobody."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gateway.estimates import Estimates
from gateway.experts import AUTO
from gateway.form import Form
from gateway.utility import Exchange
from routers.base import Array
from routers.recruiting import chances

SINGLE, COMPOSED = "single", "sequential"
CORRELATION = 0.55
"""How far experts err on the same questions, as fitted on recorded outcomes of eleven models; independent ones would be
taken to hold a right answer far more often than they do."""
LOOKED_AT = 3
"""Experts that the expected gain is judged by."""
REALISED = 0.3
"""The share of "one of them is right" over "the best is right" that asking one after another turned into right answers:
0.37 on recorded outcomes of eleven models, 0.18 on those of seven small ones."""


@dataclass(frozen=True, slots=True)
class Fanout:
    """The strategy, and why, where there is something to say."""

    strategy: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """wanted: a strategy by name, or `auto`. form, whole: of the answer. rates: what price and time cost.

    least_gain: what a call must add at least. calls: how many there may be, None where nobody has said.
    """

    wanted: str
    form: Form
    whole: bool
    rates: Exchange
    least_gain: float
    calls: int | None = None


def fanout(estimates: Estimates, order: Array, terms: Terms) -> Fanout:
    """The strategy of one query; `order`: places, the first choice first."""
    if terms.wanted == SINGLE:
        return Fanout(SINGLE)
    if terms.whole:
        return Fanout(SINGLE, "tools, structure or several choices are taken whole from one expert")
    if terms.wanted != AUTO:
        return Fanout(terms.wanted)
    if not terms.form.checkable or len(order) < 2 or terms.calls == 1:
        return Fanout(SINGLE)
    second = estimates[int(order[1])]
    gain, price = _gain(estimates, order), terms.rates.price(second.cost_usd, second.latency_s) + terms.least_gain
    if gain <= price:
        return Fanout(SINGLE, f"asking a second expert would gain {gain:.3f} and is priced at {price:.3f}")
    return Fanout(COMPOSED, f"others are asked until it is sure: worth {gain:.3f}, priced at {price:.3f}")


def _gain(estimates: Estimates, order: Array) -> float:
    """What asking the first few can add to the chance of a right answer, after what is lost in choosing among them."""
    places = order[:LOOKED_AT]
    mean, std = np.clip(estimates.score[places], 0, 1)[None], estimates.std[places][None]
    held = chances(mean, std, len(places), CORRELATION)[0]
    return REALISED * float(held[-1] - mean[0, 0])
