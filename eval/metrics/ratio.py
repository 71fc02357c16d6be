"""Division where there may be nothing to divide by."""

from __future__ import annotations

import numpy as np

from routers.base import Array

ROUNDING = 1e-12


def ratio(part: Array | float, whole: Array | float) -> Array:
    """part / whole, of any shapes that go together; NaN where the whole is not above 0."""
    above, below = np.broadcast_arrays(np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64))
    found: Array = np.divide(above, below, out=np.full(below.shape, np.nan), where=below > ROUNDING)
    return found
