"""What an answer takes: parameters at work, and tokens. Knows shares and sizes, no expert."""

from __future__ import annotations

import numpy as np

from routers.base import Array


def active_params(shares: Array, sizes: Array) -> float | None:
    """Billions of parameters at work per question, sum of share·size over experts (m,).

    After Composition of Experts (arXiv 2412.01868). None where the size of one that was asked is unknown (NaN).
    """
    asked = shares > 0
    total = float(shares[asked] @ sizes[asked])
    return None if np.isnan(total) else total


def tokens(question_chars: Array, answer_chars: Array, characters_per_token: float) -> Array:
    """(n, m) tokens of question (n,) and answer (n, m) together; NaN where the answer's length is not known."""
    total: Array = (np.asarray(question_chars)[:, None] + answer_chars) / characters_per_token
    return total
