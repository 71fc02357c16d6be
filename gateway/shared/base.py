"""The seam to what instances share: small strings and counters that expire. Knows no Redis and no meaning of a key."""

from __future__ import annotations

from math import ceil
from typing import Protocol

from gateway.errors import GatewayError

COUNTS = range(-(2**63), 2**63)
"""What a counter can hold: 64 bits, as in Redis."""


class SharedStateError(GatewayError):
    """The store does not answer, or what stands under the key is not what was asked for. Names no password."""

    status, code = 503, "shared_state_unavailable"


class SharedState(Protocol):
    """Every method is atomic. `ttl_s` is positive seconds, kept to the millisecond; a key past it does not exist."""

    async def get(self, key: str) -> str | None:
        """What stands there; None where nothing does."""

    async def put(self, key: str, value: str, ttl_s: float) -> None:
        """Stands there from now on, for `ttl_s`."""

    async def put_if_absent(self, key: str, value: str, ttl_s: float) -> str:
        """The value that stands afterwards: this one, or the one that was there, whose time is left as it is."""

    async def add(self, key: str, amount: int, ttl_s: float) -> int:
        """The counter afterwards. It begins at 0, and its time with it; adding does not prolong it."""

    async def delete(self, key: str) -> None:
        """Nothing stands there from now on."""

    async def take(self, key: str, amount: int, limit: int, window_s: float) -> float:
        """Count the amount where no window of this length then holds more than the limit; 0.0 where that was done,
        otherwise the seconds until it can be. Positive `amount`, at most `limit`. `delete` forgets all of it.
        """

    async def correct(self, key: str, amount: int, ago_s: float, window_s: float) -> None:
        """What was taken so long ago was more or less than that by `amount`: what is missing counts from now on,
        what was too much is taken off where it was counted.
        """


def milliseconds(ttl_s: float) -> int:
    """At least one; ValueError for a time that is not positive."""
    if not ttl_s > 0:
        raise ValueError(f"ttl_s must be positive, not {ttl_s}")
    return ceil(ttl_s * 1000)
