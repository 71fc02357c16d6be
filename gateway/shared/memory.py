"""Shared state of one process alone: the truth for a single instance, and bounded. Knows no other instance."""

from __future__ import annotations

import heapq
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from gateway.shared.base import COUNTS, SharedStateError, milliseconds
from gateway.shared.window import Window


@dataclass(frozen=True, slots=True)
class Held:
    """A value and the moment at which it is gone."""

    value: str
    until: float


class MemoryState:
    """At most `max_keys` keys. When full, expired ones go first, then the one that was not used for longest.

    No method waits in the middle, so each is atomic on its event loop.
    """

    def __init__(self, max_keys: int = 100_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_keys = max_keys
        self._clock = clock
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._windows: OrderedDict[str, Window] = OrderedDict()
        self._ends: list[tuple[float, str]] = []
        """A heap of when keys end; entries of keys written since are stale, and thrown out when they are too many."""

    def __len__(self) -> int:
        return len(self._held)

    async def get(self, key: str) -> str | None:
        held = self._find(key)
        return held.value if held else None

    async def put(self, key: str, value: str, ttl_s: float) -> None:
        self._keep(key, Held(value, self._after(ttl_s)))

    async def put_if_absent(self, key: str, value: str, ttl_s: float) -> str:
        until = self._after(ttl_s)
        held = self._find(key)
        if held is None:
            held = Held(value, until)
            self._keep(key, held)
        return held.value

    async def add(self, key: str, amount: int, ttl_s: float) -> int:
        held = self._find(key) or Held("0", self._after(ttl_s))
        count = _whole(held.value) + amount
        if count not in COUNTS:
            raise SharedStateError("a counter of the shared state left the range of 64 bits")
        self._keep(key, Held(str(count), held.until))
        return count

    async def delete(self, key: str) -> None:
        self._held.pop(key, None)
        self._windows.pop(key, None)

    async def take(self, key: str, amount: int, limit: int, window_s: float) -> float:
        return self._window(key).take(self._clock(), amount, limit, window_s)

    async def correct(self, key: str, amount: int, ago_s: float, window_s: float) -> None:
        self._window(key).correct(self._clock(), amount, ago_s, window_s)

    def _window(self, key: str) -> Window:
        window = self._windows.setdefault(key, Window())
        self._windows.move_to_end(key)
        if len(self._windows) > self._max_keys:
            self._windows.popitem(last=False)
        return window

    def _after(self, ttl_s: float) -> float:
        return self._clock() + milliseconds(ttl_s) / 1000

    def _find(self, key: str) -> Held | None:
        held = self._held.get(key)
        if held is None:
            return None
        if held.until <= self._clock():
            del self._held[key]
            return None
        self._held.move_to_end(key)
        return held

    def _keep(self, key: str, held: Held) -> None:
        before = self._held.get(key)
        self._held[key] = held
        self._held.move_to_end(key)
        if before is None or before.until != held.until:
            heapq.heappush(self._ends, (held.until, key))
        if len(self._held) > self._max_keys:
            self._evict()
        if len(self._ends) > 2 * self._max_keys:
            self._ends = [(held.until, key) for key, held in self._held.items()]
            heapq.heapify(self._ends)

    def _evict(self) -> None:
        now = self._clock()
        while self._ends and self._ends[0][0] <= now:
            _, key = heapq.heappop(self._ends)
            if key in self._held and self._held[key].until <= now:
                del self._held[key]
        while len(self._held) > self._max_keys:
            self._held.popitem(last=False)


def _whole(text: str) -> int:
    """As strict as Redis: the one way of writing a whole number, or an error."""
    try:
        number = int(text)
    except ValueError:
        number = None
    if number is None or str(number) != text or number not in COUNTS:
        raise SharedStateError("what stands under this key of the shared state is not a whole number")
    return number
