"""The circuit breakers: an expert that keeps failing is left alone for a while, by every instance.

closed --failures in a row--> open --rest over--> half open: one call tries; it closes the breaker or opens it again.
The shared state is the truth; what was read of it is believed for a second. Where it cannot be reached, each instance
goes by what it saw itself, and serving goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gateway.errors import (
    BreakerOpen,
    ExpertBroken,
    ExpertDenied,
    ExpertError,
    ExpertFailed,
    ExpertTimeout,
    ExpertUnreachable,
)
from gateway.experts import Expert
from gateway.shared.base import SharedState, SharedStateError

BELIEVED_S = 1.0
COUNTED = (ExpertBroken, ExpertDenied, ExpertFailed, ExpertTimeout, ExpertUnreachable)
"""What speaks against the expert, and not against the request or the moment."""

log = logging.getLogger("coterie.breaker")


def _not_shared(expert: Expert, error: SharedStateError) -> None:
    log.warning("breaker state not shared", extra={"expert": expert.name, "reason": error.message})


@dataclass(slots=True)
class Seen:
    """What this instance last knew of one expert's breaker."""

    failures: int = 0
    open_until: float = 0.0
    read_at: float = float("-inf")


class Breakers:
    """One breaker for each expert; `id` tells instances apart where they agree on who tries first."""

    def __init__(self, shared: SharedState, instance: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._shared = shared
        self._instance = instance
        self._clock = clock
        self._seen: dict[str, Seen] = {}

    async def check(self, expert: Expert) -> None:
        """BreakerOpen while the expert is being left alone, or while somebody else is trying it again."""
        seen = self._seen.setdefault(expert.name, Seen())
        if self._clock() - seen.read_at > BELIEVED_S:
            await self._read(expert, seen)
        if self._clock() < seen.open_until:
            raise self._resting(expert, seen.open_until - self._clock())
        if seen.failures >= expert.breaker_failures and not await self._may_try(expert):
            raise self._resting(expert, expert.breaker_rest_s)

    def open(self, expert: Expert) -> BreakerOpen | None:
        """Why the expert is being left alone now, as far as this instance knows; None where it is not."""
        seen = self._seen.get(expert.name)
        left = seen.open_until - self._clock() if seen else 0.0
        return self._resting(expert, left) if left > 0 else None

    async def succeeded(self, expert: Expert) -> None:
        """The expert answered: whatever spoke against it is forgotten."""
        seen = self._seen.setdefault(expert.name, Seen())
        if seen.failures == 0:
            return
        seen.failures, seen.open_until = 0, 0.0
        log.info("breaker closed", extra={"expert": expert.name})
        try:
            for part in ("failures", "open", "probe"):
                await self._shared.delete(f"breaker:{part}:{expert.name}")
        except SharedStateError as error:
            _not_shared(expert, error)

    async def undecided(self, expert: Expert) -> None:
        """A call ended without a word on the expert, for its caller left: after a trial, another may follow at once."""
        if self._seen.setdefault(expert.name, Seen()).failures < expert.breaker_failures:
            return
        try:
            await self._shared.delete(f"breaker:probe:{expert.name}")
        except SharedStateError as error:
            _not_shared(expert, error)

    async def failed(self, expert: Expert, error: ExpertError) -> None:
        """One more failure; the breaker opens when they are too many in a row. A refusal is a sign of life."""
        if not isinstance(error, COUNTED):
            await self.succeeded(expert)
            return
        seen = self._seen.setdefault(expert.name, Seen())
        seen.failures += 1
        try:
            seen.failures = await self._shared.add(f"breaker:failures:{expert.name}", 1, self._memory_s(expert))
            if seen.failures >= expert.breaker_failures:
                await self._shared.put(f"breaker:open:{expert.name}", self._instance, expert.breaker_rest_s)
                await self._shared.delete(f"breaker:probe:{expert.name}")
        except SharedStateError as problem:
            _not_shared(expert, problem)
        if seen.failures >= expert.breaker_failures:
            seen.open_until = self._clock() + expert.breaker_rest_s
            log.warning("breaker opened", extra={"expert": expert.name, "reason": error.message})

    def resting(self) -> frozenset[str]:
        """The experts that are being left alone now, as far as this instance knows."""
        now = self._clock()
        return frozenset(name for name, seen in self._seen.items() if now < seen.open_until)

    def states(self) -> Iterator[tuple[str, str]]:
        """(expert, "closed" | "open" | "half_open") for each breaker that has been used."""
        now = self._clock()
        for name, seen in self._seen.items():
            yield name, "open" if now < seen.open_until else "half_open" if seen.open_until else "closed"

    async def _read(self, expert: Expert, seen: Seen) -> None:
        seen.read_at = self._clock()
        try:
            failures = int(await self._shared.get(f"breaker:failures:{expert.name}") or 0)
            is_open = failures >= expert.breaker_failures and await self._shared.get(f"breaker:open:{expert.name}")
        except SharedStateError as error:
            _not_shared(expert, error)
            return
        seen.failures = failures
        if is_open and seen.open_until <= self._clock():
            seen.open_until = self._clock() + BELIEVED_S
        elif not is_open and failures < expert.breaker_failures:
            seen.open_until = 0.0

    async def _may_try(self, expert: Expert) -> bool:
        """Of all instances, one at a time tries an expert that has rested."""
        mine = f"{self._instance}:{self._clock()}"
        try:
            stands = await self._shared.put_if_absent(f"breaker:probe:{expert.name}", mine, expert.breaker_rest_s)
        except SharedStateError:
            return True
        return stands == mine

    @staticmethod
    def _memory_s(expert: Expert) -> float:
        return max(60.0, 6 * expert.breaker_rest_s)

    @staticmethod
    def _resting(expert: Expert, seconds: float) -> BreakerOpen:
        return BreakerOpen(
            f"failed {expert.breaker_failures} times in a row and is left alone for {seconds:.1f} s more",
            retry_after_s=seconds,
        )
