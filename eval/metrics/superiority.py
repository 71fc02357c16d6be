"""Whether one choice is better than another, or at least not worse by more than a margin stated beforehand.

Knows resampled mean differences only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routers.base import Array

MARGIN = 0.01
"""One question in a hundred."""
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class NonInferiority:
    """lower_bound: of the difference, one-sided; None where nothing is known. not_worse: it lies above -margin."""

    margin: float
    lower_bound: float | None
    not_worse: bool


def non_inferiority(differences: Array, margin: float = MARGIN, level: float = LEVEL) -> NonInferiority:
    """Of resampled mean differences (b,): the one-sided lower percentile bound against the margin.

    A difference may be noise and yet not shown to be small: only this says that nothing is lost (see Piaggio et al.,
    JAMA 2012, on non-inferiority).
    """
    known = differences[~np.isnan(differences)]
    if not len(known):
        return NonInferiority(margin, None, False)
    bound = float(np.quantile(known, 1 - level))
    return NonInferiority(margin, bound, bound > -margin)
