"""What has been recorded and is not yet written. Shared by the event loop, the writer and readers; knows no database.

Every method holds the lock for a few list operations at most, so `put` is never kept waiting by a slow database.
Answers become rows soon after they arrive, database or not: a row is small, an answer holds its whole prompt.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from threading import Condition, Lock

from gateway.store.entries import Arrival, Entry


class Buffer:
    """Arrivals, then entries, then the writer's hand: a queue in three parts, all of it bounded by `capacity`.

    Beyond the capacity the oldest goes; beyond `text_chars` entries wait without their words.
    """

    def __init__(self, capacity: int, text_chars: int) -> None:
        self.capacity = capacity
        self.text_chars = text_chars
        self.received = 0
        self.overflowed = 0
        self.wordless = 0
        self._chars = 0
        self._arrivals: deque[Arrival] = deque()
        self._entries: deque[Entry] = deque()
        self._hand: Sequence[Arrival] | Sequence[Entry] = ()
        self._lock = Lock()
        self._changed = Condition(self._lock)

    def __len__(self) -> int:
        return len(self._arrivals) + len(self._entries) + len(self._hand)

    def put(self, arrival: Arrival) -> int:
        """Takes one more and says how many arrivals wait now."""
        with self._lock:
            self.received += 1
            if len(self._arrivals) + len(self._entries) + len(self._hand) >= self.capacity:
                self._overflow()
            self._arrivals.append(arrival)
            return len(self._arrivals)

    def arrivals(self, count: int) -> list[Arrival]:
        """Moves up to `count` arrivals into the writer's hand, oldest first."""
        with self._lock:
            hand = [self._arrivals.popleft() for _ in range(min(count, len(self._arrivals)))]
            self._hand = hand
            return hand

    def hold(self, entries: Sequence[Entry]) -> None:
        """What was in the hand has become these entries."""
        with self._lock:
            self._hand = ()
            self._entries.extend(self._within_chars(entry) for entry in entries)
            self._changed.notify_all()

    def entries(self, count: int) -> list[Entry]:
        """Moves up to `count` entries into the writer's hand, oldest first. `settle` or `put_back` empties it."""
        with self._lock:
            hand = [self._entries.popleft() for _ in range(min(count, len(self._entries)))]
            self._hand = hand
            return hand

    def settle(self, entries: Sequence[Entry]) -> None:
        """These need no more waiting."""
        with self._lock:
            self._hand = ()
            if self._chars:
                self._chars -= sum(entry.chars for entry in entries)
            self._changed.notify_all()

    def put_back(self, entries: Sequence[Entry]) -> None:
        with self._lock:
            self._hand = ()
            self._entries.extendleft(reversed(entries))

    def rest(self) -> tuple[list[Arrival], list[Entry]]:
        """Everything that waits, the writer's hand included; the buffer is empty after it."""
        with self._lock:
            hand = list(self._hand)
            entries = [item for item in hand if isinstance(item, Entry)] + list(self._entries)
            arrivals = [item for item in hand if isinstance(item, Arrival)] + list(self._arrivals)
            self._arrivals, self._entries, self._hand = deque(), deque(), ()
            return arrivals, entries

    def find(self, id: str) -> Arrival | Entry | None:
        with self._lock:
            waiting = [*self._arrivals, *self._entries, *self._hand]
        return next((item for item in waiting if item.id == id), None)

    def wait_for(self, received: int, timeout_s: float) -> bool:
        """Whether the first `received` answers have all left the buffer in time."""
        with self._lock:
            return self._changed.wait_for(lambda: self.received - len(self) >= received, timeout_s)

    def _overflow(self) -> None:
        if self._entries:
            self._chars -= self._entries.popleft().chars
            self.overflowed += 1
        elif self._arrivals:
            self._arrivals.popleft()
            self.overflowed += 1

    def _within_chars(self, entry: Entry) -> Entry:
        if self._chars + entry.chars > self.text_chars:
            self.wordless += 1
            return Entry(entry.record, None)
        self._chars += entry.chars
        return entry
