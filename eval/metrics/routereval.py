"""RouterEval's figures (arXiv 2503.10657): mu is the mean score of what was chosen; V_B and E_p are here.

Knows no router.
"""

from __future__ import annotations

import numpy as np

from eval.metrics.ratio import ratio
from routers.base import Array


def v_b(mean: Array | float, single: Array | float) -> Array:
    """V_B: the mean score of what was chosen over that of the best single expert; NaN where that one has none right."""
    return ratio(mean, single)


def e_p(shares: Array) -> Array:
    """E_p: the entropy -Σ p·ln p, in nats, of the shares (..., m) in which experts are chosen; 0 for one alone."""
    known = np.asarray(shares, dtype=np.float64)
    logs = np.log(known, out=np.zeros_like(known), where=known > 0)
    entropy: Array = -(known * logs).sum(axis=-1) + 0.0
    return entropy
