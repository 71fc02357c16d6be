"""Money: what was spent, what calls under way are expected to cost, and whether one more may begin. Asks nobody."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager


class Purse:
    """spent_usd: what calls have really cost. most_usd: no call begins that is expected to bring them above it."""

    def __init__(self, spent_usd: float = 0.0, most_usd: float = math.inf) -> None:
        self.spent_usd = spent_usd
        self.most_usd = most_usd
        self.empty = False
        """A call was not made for want of money."""
        self._reserved = 0.0

    def allows(self, usd: float) -> bool:
        """Whether a call that is expected to cost so much may begin."""
        if self.spent_usd + self._reserved + usd > self.most_usd or self.spent_usd >= self.most_usd:
            self.empty = True
            return False
        return True

    @contextmanager
    def keeping(self, usd: float) -> Iterator[None]:
        """Inside, so much is set aside for a call under way."""
        self._reserved += usd
        try:
            yield
        finally:
            self._reserved -= usd

    def pay(self, usd: float) -> None:
        self.spent_usd += usd
