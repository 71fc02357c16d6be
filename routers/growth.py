"""Adding one expert to what a router has learned. Knows no router in particular."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import numpy as np

from routers.base import Router

R = TypeVar("R", bound=Router)


def grown(router: R, **entries: Any) -> R:
    """A copy with one more entry, the last, in each of the router's `columns`; the given arrays lack that axis."""
    if set(entries) != set(router.columns):
        raise ValueError(f"{sorted(router.columns)} have an entry per expert, but {sorted(entries)} were given")
    larger = copy.copy(router)
    for name, axis in router.columns.items():
        known = getattr(router, name)
        entry = np.expand_dims(np.asarray(entries[name], dtype=known.dtype), axis)
        setattr(larger, name, np.concatenate([known, entry], axis=axis))
    return larger
