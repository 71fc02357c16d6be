"""What one request may still spend: calls, dollars and seconds, those of calls in work taken off. Knows no expert."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.limits import Limits
from gateway.types import Outcome

TOO_LATE_S = 0.005
"""Less than this is left only because timers fire a little early."""


class Purse:
    """`started`: when the request arrived, in monotonic seconds."""

    def __init__(self, limits: Limits, started: float) -> None:
        self._limits = limits
        self._deadline = started + limits.seconds
        self._calls = 0
        self._spent_usd = 0.0
        self._kept_usd = 0.0

    @property
    def seconds_left(self) -> float:
        return self._deadline - time.monotonic()

    @property
    def in_time(self) -> bool:
        """Whether another call may still begin."""
        return self.seconds_left > TOO_LATE_S

    @property
    def calls_left(self) -> int:
        return self._limits.calls - self._calls

    @property
    def usd_left(self) -> float | None:
        """None: no limit. Of a call in work what it is expected to take is taken off."""
        most = self._limits.cost_usd
        return None if most is None else max(0.0, most - self._spent_usd - self._kept_usd)

    def allows(self, expected_usd: float) -> bool:
        """Whether one more call of this price stays within calls, dollars and seconds."""
        left = self.usd_left
        return self.calls_left > 0 and (left is None or expected_usd <= left) and self.in_time

    @contextmanager
    def keeping(self, calls: int = 0, usd: float = 0.0, seconds: float = 0.0) -> Iterator[None]:
        """Inside, so much is taken off: for a call in work, or for what is to come after."""
        self._calls += calls
        self._kept_usd += usd
        self._deadline -= seconds
        try:
            yield
        finally:
            self._calls -= calls
            self._kept_usd -= usd
            self._deadline += seconds

    def settle(self, outcome: Outcome) -> None:
        """What a call has really taken."""
        self._calls += outcome.asked
        self._spent_usd += outcome.cost_usd
