"""What a batch may cost: expected dollars are set aside before a line is asked, real ones counted after it."""

from __future__ import annotations


class Budget:
    """`most` None allows everything. Dollars throughout."""

    def __init__(self, most: float | None, spent: float) -> None:
        self.spent = spent
        self._most = most
        self._reserved = 0.0

    @property
    def left(self) -> float | None:
        """What is neither spent nor on its way; None without a limit."""
        return None if self._most is None else max(0.0, self._most - self.spent - self._reserved)

    def reserve(self, expected: float) -> bool:
        """Whether one more call of this expected price fits beside what is spent and what is on its way."""
        if self._most is not None and self.spent + self._reserved + expected > self._most:
            return False
        self._reserved += expected
        return True

    def settle(self, expected: float, spent: float) -> None:
        """The call that had been reserved for has cost this much."""
        self._reserved -= expected
        self.spent += spent
