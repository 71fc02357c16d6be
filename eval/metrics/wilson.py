"""How sure a share is: Wilson's interval. Knows counts only."""

from __future__ import annotations

import math

Z = 1.959964


def wilson(share: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of n (Wilson, 1927); unlike resamples it does not close up at 0 and 1."""
    z = Z**2 / n
    middle = (share + z / 2) / (1 + z)
    half = math.sqrt(z * (share * (1 - share) + z / 4)) / (1 + z)
    return middle - half, middle + half
