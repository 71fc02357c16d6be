"""How long each expert takes of late: an exponentially weighted mean that policies weigh against quality."""

from __future__ import annotations

from gateway.dispatch.lane import Lane

UNKNOWN_S = 1.0
WEIGHT = 0.1


class Pulse:
    """Seconds per call; before the first call a second is assumed."""

    def __init__(self) -> None:
        self._mean_s = UNKNOWN_S
        self._calls = 0

    def beat(self, seconds: float) -> None:
        """One more call took so long."""
        self._calls += 1
        weight = max(WEIGHT, 1 / self._calls)
        self._mean_s += weight * (seconds - self._mean_s)

    def expected_s(self, lane: Lane) -> float:
        """Seconds that the next call will take, those before it in the lane included."""
        return self._mean_s * max(1.0, lane.load)
