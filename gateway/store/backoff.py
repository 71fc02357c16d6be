"""When to try again after a failure: soon at first, then ever more rarely. Knows nothing of what failed."""

from __future__ import annotations

import time


class Backoff:
    """Doubles from `first_s` to `longest_s`; times are those of the monotonic clock."""

    def __init__(self, first_s: float, longest_s: float) -> None:
        self.first_s = first_s
        self.longest_s = longest_s
        self._delay_s = 0.0
        self._until = 0.0

    @property
    def over(self) -> bool:
        return time.monotonic() >= self._until

    def fail(self) -> None:
        self._delay_s = min(max(2 * self._delay_s, self.first_s), self.longest_s)
        self._until = time.monotonic() + self._delay_s

    def reset(self) -> None:
        self._delay_s = self._until = 0.0
