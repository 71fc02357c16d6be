"""Whether experts were drawn with the chances that the logs state. Looks at no outcome.

Two sums are known in advance if they were: the target's weights average 1, and each expert is drawn about as often as
its chances add up to. A draw of chance 1 tells nothing.
"""

from __future__ import annotations

import numpy as np

from eval.counterfactual.bounds import Mean, clustered
from eval.counterfactual.usable import SURE, Usable
from routers.base import Array

ALARM = 0.999
"""How sure it must be that the stated chances are wrong; sound logs raise it once in about a thousand times."""


def mean_weight(logs: Usable, chances: Array) -> Mean:
    """Of the target's chances (n, m); what of them lies on who could not be drawn, or never was, is left out of both.

    The error is the larger of that of the weights found and, where all chances are known, of that which they imply:
    rare weights that did not come up are in the second only.
    """
    drawn = np.bincount(logs.action, minlength=len(logs.experts)) > 0
    held = np.where(logs.supported & drawn, chances, 0.0)
    found = clustered(logs.weights(held) + 1 - held.sum(axis=1), logs.clusters)
    if np.isnan(logs.explored).any():
        return found
    squares = squared_weights(logs, chances)
    implied = float(np.sqrt(np.maximum(squares - held.sum(axis=1) ** 2, 0.0).sum())) / len(logs)
    return Mean(found.value, implied, max(found.freedom, len(logs) / 10)) if implied > found.se else found


def implied_size(logs: Usable, chances: Array) -> float:
    """The effective number of decisions with an outcome that the stated chances promise, n / E[w^2] (Kish, 1965).

    Unlike the size that the weights themselves have it knows of heavy ones that did not come up. Infinite where no row
    states the chances of all.
    """
    told = logs.told
    if not told.any():
        return np.inf
    return len(logs) * float(logs.known.mean()) / max(float(squared_weights(logs, chances)[told].mean()), 1.0)


def squared_weights(logs: Usable, chances: Array) -> Array:
    """(n,) expected squared weights over who could be drawn; NaN where not all chances are stated."""
    held = np.where(logs.supported, chances, 0.0)
    squares: Array = np.divide(held**2, logs.explored, out=np.zeros_like(held), where=held > 0).sum(axis=1)
    return squares


def wrong_draws(logs: Usable) -> str | None:
    """In words, how the draws differ from their stated chances; None where they do not."""
    told = logs.told
    return (_miscounted(logs, told) if told.any() else None) or _too_wide(logs, ~told & (logs.propensity < SURE))


def _too_wide(logs: Usable, rows: Array) -> str | None:
    """Where only the action's chance is known: weights to anybody average 1, or less where somebody never could be."""
    if not rows.any():
        return None
    even = 1 / (logs.allowed[rows].sum(axis=1) * logs.propensity[rows])
    low, _ = clustered(even, np.unique(logs.clusters[rows], return_inverse=True)[1]).interval(ALARM)
    if low <= 1:
        return None
    return f"weights to any expert average {even.mean():.3g} (at least {low:.3g}), which must not be more than 1"


def _miscounted(logs: Usable, known: Array) -> str | None:
    drawn = np.eye(len(logs.experts))[logs.action]
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
