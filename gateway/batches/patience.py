"""When a line is tried again: nobody was asked, or whoever was asked is busy. Knows no queue and no expert."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from gateway.errors import BreakerOpen, ExpertBusy, GatewayError, Overloaded, Unavailable
from gateway.types import Answer

FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 5.0


def passing(answer: Answer) -> bool:
    """Whether nothing has failed but that everyone was busy or left alone, which will pass."""
    failed = [outcome.error for outcome in answer.outcomes]
    return bool(failed) and all(isinstance(error, Overloaded | BreakerOpen | ExpertBusy) for error in failed)


class Patience:
    """Counts for each model how long nobody has answered at all; beyond `longest_s` its lines wait no more."""

    def __init__(self, longest_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._longest_s = longest_s
        self._clock = clock
        self._random = random.Random()
        self._since: dict[str, float] = {}

    def answered(self, model: str) -> None:
        self._since.pop(model, None)

    def wait(self, model: str, tries: int, error: GatewayError) -> float | None:
        """Seconds to wait after so many tries; None where it has been long enough."""
        now = self._clock()
        if now - self._since.setdefault(model, now) >= self._longest_s:
            return None
        least = min(error.retry_after_s or 0.0, LONGEST_WAIT_S)
        return least + self._random.uniform(0, min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(tries, 10)))


def nobody_now(error: GatewayError, resting: bool) -> bool:
    """Whether a query could not be planned only because experts are left alone for a while."""
    return resting and isinstance(error, Unavailable)
