"""How much an expert may be asked a minute: requests and tokens, over all instances of the gateway.

Tokens are reserved by estimate before a call, and settled with what it used. The shared state is the truth; where it
cannot be reached, each instance keeps to the limits by what it sent itself, and serving goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from itertools import accumulate, takewhile

from gateway.dispatch.ticket import Ticket
from gateway.experts import Expert
from gateway.shared.base import SharedState, SharedStateError
from gateway.shared.memory import MemoryState

MINUTE_S = 60.0

log = logging.getLogger("coterie.rates")


class Rates:
    """The limits of one expert that has any."""

    def __init__(
        self,
        expert: Expert,
        shared: SharedState,
        *,
        window_s: float = MINUTE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = expert.name
        self._requests = expert.requests_per_min
        self._tokens = expert.tokens_per_min
        self._window_s = window_s
        self._clock = clock
        self._shared = shared
        self._own = None if isinstance(shared, MemoryState) else MemoryState(clock=clock)
        """What this instance sent itself; None where it is alone."""

    def seconds_for(self, requests: int, tokens: int) -> float:
        """How long so much takes at these rates."""
        by_requests = requests / self._requests if self._requests else 0.0
        by_tokens = tokens / self._tokens if self._tokens else 0.0
        return self._window_s * max(by_requests, by_tokens)

    def fitting(self, tickets: Sequence[Ticket]) -> Sequence[Ticket]:
        """As many of the first ones as a minute's tokens are enough for; one at least."""
        if self._tokens is None:
            return tickets
        limit = self._tokens
        return tickets[: max(1, sum(1 for _ in takewhile(limit.__ge__, accumulate(one.tokens for one in tickets))))]

    async def take(self, tokens: int) -> float:
        """Seconds to wait before one more call with so many tokens may be made; 0: it may, and is counted."""
        if self._own is None:
            return await self._take(self._shared, tokens)
        wait = await self._take(self._own, tokens)
        if wait > 0:
            return wait
        try:
            wait = await self._take(self._shared, tokens)
        except SharedStateError as error:
            self._not_shared(error)
            return 0.0
        if wait > 0:
            await self._correct(self._own, -1, -self._capped(tokens), 0.0)
        return wait

    async def settle(self, reserved: int, used: int, since: float, *, call: bool = True) -> None:
        """What was reserved at `since` turned out to use so many tokens; `call` is False where none was made."""
        tokens = min(used, self._tokens or used) - self._capped(reserved)
        ago_s = max(0.0, self._clock() - since)
        if self._own is not None:
            await self._correct(self._own, 0 if call else -1, tokens, ago_s)
        try:
            await self._correct(self._shared, 0 if call else -1, tokens, ago_s)
        except SharedStateError as error:
            self._not_shared(error)

    async def _take(self, state: SharedState, tokens: int) -> float:
        if self._requests is not None:
            wait = await state.take(self._key("requests"), 1, self._requests, self._window_s)
            if wait > 0:
                return wait
        if self._tokens is None:
            return 0.0
        wait = await state.take(self._key("tokens"), self._capped(tokens), self._tokens, self._window_s)
        if wait > 0 and self._requests is not None:
            await state.correct(self._key("requests"), -1, 0.0, self._window_s)
        return wait

    async def _correct(self, state: SharedState, requests: int, tokens: int, ago_s: float) -> None:
        if requests and self._requests is not None:
            await state.correct(self._key("requests"), requests, ago_s, self._window_s)
        if tokens and self._tokens is not None:
            await state.correct(self._key("tokens"), tokens, ago_s, self._window_s)

    def _capped(self, tokens: int) -> int:
        """A call that is larger than the limit goes alone: it needs all of a minute, and not more."""
        return tokens if self._tokens is None else min(tokens, self._tokens)

    def _key(self, what: str) -> str:
        return f"rate:{what}:{self._name}"

    def _not_shared(self, error: SharedStateError) -> None:
        log.warning("rates not shared", extra={"expert": self._name, "reason": error.message})


def rates_of(expert: Expert, shared: SharedState) -> Rates | None:
    """The expert's rates; None where it has no limits."""
    return Rates(expert, shared) if expert.requests_per_min or expert.tokens_per_min else None
