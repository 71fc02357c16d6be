"""From signals to P(right) without and with documents, and what each parameter does to them. Knows no text.

k = P(right without documents), s = P(the documents hold the answer). With them an expert that did not know is right
with the chance h = s·learns + (1 - s)·lucky, and one that knew with the chance g = s·keeps + (1 - s)·(1 - spoiled);
so P(right with documents) = (1 - k)·h + k·g, and the gain is (1 - k)·h - k·(1 - g): helped less harmed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from routers.base import Array
from routers.gating.priors import GLOBAL, HOLDING, KNOWING, OWN

KNOWS, HOLDS = len(KNOWING), len(HOLDING)
WIDTH, OWNED = len(GLOBAL), len(OWN)
OWN_LEVEL, LEARNS, SPOILED = range(OWNED)


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """knowing: (n, 10) the columns of KNOWING; holding: (n, 7) or (1, 7) those of HOLDING; both begin with 1."""

    knowing: Array
    holding: Array


@dataclass(frozen=True, slots=True, eq=False)
class Chances:
    """(n,) each: k, s, h and g of the module's docstring; and learns, keeps, lucky, spoiled, which they come from."""

    knows: Array
    holds: Array
    helped: Array
    kept: Array
    learns: Array
    keeps: Array
    spoiled: Array
    lucky: Array

    @property
    def documented(self) -> Array:
        """(n,) P(right with documents)."""
        found: Array = (1 - self.knows) * self.helped + self.knows * self.kept
        return found


def chances(signals: Signals, weights: Array, own: Array) -> Chances:
    """weights: (21,) as GLOBAL; own: (n, 3) as OWN, each row's expert's own."""
    return read_chances(signals, holding(signals, weights), weights, own)


def holding(signals: Signals, weights: Array) -> Array:
    """s of the module's docstring."""
    expected: Array = expit(signals.holding @ weights[KNOWS : KNOWS + HOLDS])
    return expected


def read_chances(signals: Signals, holds: Array, weights: Array, own: Array) -> Chances:
    """With s as given: 1 or 0 where it is known whether the documents hold the answer."""
    reading = weights[KNOWS + HOLDS :]
    knows = expit(signals.knowing @ weights[:KNOWS] + own[:, OWN_LEVEL])
    learns, spoiled = expit(reading[0] + own[:, LEARNS]), expit(reading[2] + own[:, SPOILED])
    keeps, lucky = np.full(1, expit(reading[1])), np.full(1, expit(reading[3]))
    helped = holds * learns + (1 - holds) * lucky
    kept = holds * keeps + (1 - holds) * (1 - spoiled)
    return Chances(knows, holds, helped, kept, learns, keeps, spoiled, lucky)


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """(n, 21 + 3) each: what k, h and g change by with every parameter, GLOBAL first and then the expert's OWN."""

    knows: Array
    helped: Array
    kept: Array


def slopes(signals: Signals, found: Chances) -> Slopes:
    n = len(found.knows)
    knows, helped, kept = (np.zeros((n, WIDTH + OWNED)) for _ in range(3))
    steep = _steep(found.knows)
    knows[:, :KNOWS] = steep[:, None] * signals.knowing
    knows[:, WIDTH + OWN_LEVEL] = steep
    holds = slice(KNOWS, KNOWS + HOLDS)
    holding = _steep(found.holds)[:, None] * signals.holding
    helped[:, holds] = (found.learns - found.lucky)[:, None] * holding
    kept[:, holds] = (found.keeps - (1 - found.spoiled))[:, None] * holding
    first = KNOWS + HOLDS
    helped[:, first] = helped[:, WIDTH + LEARNS] = found.holds * _steep(found.learns)
    kept[:, first + 1] = found.holds * _steep(found.keeps)
    kept[:, first + 2] = kept[:, WIDTH + SPOILED] = -(1 - found.holds) * _steep(found.spoiled)
    helped[:, first + 3] = (1 - found.holds) * _steep(found.lucky)
    return Slopes(knows, helped, kept)


def holding_slopes(signals: Signals, expected: Array) -> Array:
    """(n, 24): what s changes by."""
    change = np.zeros((len(expected), WIDTH + OWNED))
    change[:, KNOWS : KNOWS + HOLDS] = _steep(expected)[:, None] * signals.holding
    return change


def gain_slopes(signals: Signals, found: Chances) -> Array:
    """(n, 24): what the gain (1 - k)·h - k·(1 - g) changes by; `slopes` put together, at a third of the time."""
    knows, holds = found.knows, found.holds
    change = np.zeros((len(knows), WIDTH + OWNED))
    change[:, WIDTH + OWN_LEVEL] = -(found.helped + 1 - found.kept) * _steep(knows)
    change[:, :KNOWS] = change[:, WIDTH + OWN_LEVEL, None] * signals.knowing
    better = (1 - knows) * (found.learns - found.lucky) + knows * (found.keeps - 1 + found.spoiled)
    change[:, KNOWS : KNOWS + HOLDS] = (better * _steep(holds))[:, None] * signals.holding
    first = KNOWS + HOLDS
    change[:, first] = change[:, WIDTH + LEARNS] = (1 - knows) * holds * _steep(found.learns)
    change[:, first + 1] = knows * holds * _steep(found.keeps)
    change[:, first + 2] = change[:, WIDTH + SPOILED] = -knows * (1 - holds) * _steep(found.spoiled)
    change[:, first + 3] = (1 - knows) * (1 - holds) * _steep(found.lucky)
    return change


def _steep(chance: Array) -> Array:
    slope: Array = chance * (1 - chance)
    return slope
