"""Whether experts were drawn with the chances that the logs state. Looks at no outcome.

Two sums are known in advance if they were: the target's weights average 1, and each expert is drawn about as often as
its chances add up to. A draw of chance 1 tells nothing.
"""

from __future__ import annotations

import numpy as np

from eval.counterfactual.bounds import Mean, clustered
from eval.counterfactual.usable import Usable
from routers.base import Array

ALARM = 0.999
"""How sure it must be that the stated chances are wrong; sound logs raise it once in about a thousand times."""


def mean_weight(logs: Usable, chances: Array) -> Mean:
    """Of the target's chances (n, m), which must be 0 where nobody could be drawn, and what they lack is added.

    The error is the larger of that of the weights found and, where all chances are known, of that which they imply:
    rare weights that did not come up are in the second only.
    """
    held = np.where(logs.supported, chances, 0.0)
    found = clustered(logs.weights(held) + 1 - held.sum(axis=1), logs.clusters)
    if np.isnan(logs.explored).any():
        return found
    squares = _squares(logs, chances)
    implied = float(np.sqrt(np.maximum(squares - held.sum(axis=1) ** 2, 0.0).sum())) / len(logs)
    return Mean(found.value, implied, max(found.freedom, len(logs) / 10)) if implied > found.se else found


def implied_size(logs: Usable, chances: Array) -> float:
    """The effective number of decisions with an outcome that the stated chances promise, n / E[w^2] (Kish, 1965).

    Unlike the size that the weights themselves have it knows of heavy ones that did not come up. Infinite where no row
    states the chances of all.
    """
    told = ~np.isnan(logs.explored).any(axis=1)
    if not told.any():
        return np.inf
    return len(logs) * float(logs.known.mean()) / max(float(_squares(logs, chances)[told].mean()), 1.0)


def _squares(logs: Usable, chances: Array) -> Array:
    """(n,) expected squared weights over who could be drawn; NaN where not all chances are stated."""
    held = np.where(logs.supported, chances, 0.0)
    squares: Array = np.divide(held**2, logs.explored, out=np.zeros_like(held), where=held > 0).sum(axis=1)
    return squares


def wrong_draws(logs: Usable) -> str | None:
    """In words, which expert was drawn too often or too seldom for its stated chances; None where none was."""
    drawn = np.eye(len(logs.experts))[logs.action]
    known = ~np.isnan(logs.explored).any(axis=1)
    if not known.any():
        return None
    stated = logs.explored[known]
    expected, variance = stated.sum(axis=0), (stated * (1 - stated)).sum(axis=0)
    off = drawn[known].sum(axis=0) - expected
    unlikely = _tails(off, variance)
    worst = int(unlikely.argmin())
    if unlikely[worst] * len(unlikely) > 1 - ALARM:
        return None
    count = int(drawn[known][:, worst].sum())
    return f"{logs.experts[worst]} was drawn {count} times where its stated chances add up to {expected[worst]:.1f}"


def _tails(off: Array, variance: Array) -> Array:
    """(m,) how likely a sum of draws is to be as far off; Bernstein's (1946) bound, which holds for few draws too."""
    exponents = np.divide(off**2 / 2, variance + abs(off) / 3, out=np.zeros_like(off), where=abs(off) > 1e-6)
    tails: Array = np.minimum(1.0, 2 * np.exp(-exponents))
    return tails
