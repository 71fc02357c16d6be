"""One expert's place at a shared device: what its lane asks before each call. Decides nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from gateway.dispatch.lane import Lane
from gateway.residency.slot import Slot


class Host(Protocol):
    """Who has given the seat."""

    def serves(self, slot: Slot) -> bool:
        """It is loaded and does not give way to another."""

    def open_to(self, seat: Seat) -> bool:
        """Whether this expert may be sent a call now."""

    def changed(self, seat: Seat, begun: int) -> None:
        """Something about its lane is different; so many of its calls have begun."""


class Seat:
    """The turnstile of one lane. `wait_of` tells how long another expert of the same configuration would let wait."""

    def __init__(self, host: Host, slot: Slot) -> None:
        self.slot = slot
        self.lane: Lane | None = None
        self.wait_of: Callable[[str], float] = _endless
        self._host = host
        self._begun = 0

    def take(self, lane: Lane, wait_of: Callable[[str], float]) -> None:
        """This lane it is that asks here."""
        self.lane, self.wait_of = lane, wait_of

    def serves(self) -> bool:
        """Its model is loaded and does not give way to another."""
        return self._host.serves(self.slot)

    def may_start(self, expert: str) -> bool:
        return self._host.open_to(self)

    def changed(self, expert: str) -> None:
        if self.lane is not None:
            begun, self._begun = self.lane.calls - self._begun, self.lane.calls
            self._host.changed(self, begun)


def _endless(expert: str) -> float:
    return float("inf")
