"""One set of weights as its group knows it: loaded or not, how long that takes, how often it is asked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.dispatch.lane import Lane
from gateway.errors import ExpertError, ExpertUnreachable
from gateway.residency.units import Unit, Waiting
from gateway.residency.weights import Weights

MEMORY_S = 300.0
"""Traffic of this long ago counts 1/e."""
NEWEST = 0.3
"""Weight of the newest load in the running mean of what loads take."""
LEAST_WORTH = 0.05
"""Of a call that is answered though it costs more than it is worth; one of which nothing is known counts 1."""
LONGEST_REST_S = 300.0


@dataclass(frozen=True, slots=True)
class Paces:
    """How many times as long as experts.yaml says loads and calls take on this device: for what was never timed."""

    loads: float = 1.0
    calls: float = 1.0


class Slot:
    """Its group alone changes it. `rest_s`: how long weights that did not load are left alone at first."""

    def __init__(self, weights: Weights, size: float, load_s: float, rest_s: float) -> None:
        self.weights = weights
        self.size = size
        self.loads = 0
        self.evictions = 0
        self.failures = 0
        self.calls = 0
        self._rest_s = rest_s
        self._said_s = self._load_s = load_s
        self._loaded = False
        self._loading_since: float | None = None
        self._used = 0.0
        self._traffic = 0.0
        self._failed_in_a_row = 0
        self._rests_until = 0.0
        self._reason = ""

    @property
    def loading(self) -> bool:
        return self._loading_since is not None

    def loaded(self) -> bool:
        """It answers now, as far as can be known without asking."""
        if self._loaded and self.weights.gone():
            self._loaded = False
        return self._loaded

    def found(self) -> None:
        """Its server says that it is loaded, though nobody here has done it."""
        self._loaded = True

    def coming(self, now: float) -> None:
        """It is being loaded from now on."""
        self._loading_since = now

    def came(self, now: float) -> None:
        """It has been loaded."""
        assert self._loading_since is not None
        took_s = now - self._loading_since
        self._load_s = took_s if self.loads == 0 else self._load_s + NEWEST * (took_s - self._load_s)
        self.loads += 1
        self._failed_in_a_row = 0
        self._loading_since, self._loaded = None, True

    def leaving(self) -> None:
        """It is being unloaded, and its room is another's."""
        self.evictions += 1
        self._loaded = False

    def failed(self, error: ExpertError, now: float) -> None:
        """It could not be loaded and is left alone, twice as long each time in a row."""
        self.failures += 1
        self._rests_until = now + min(LONGEST_REST_S, self._rest_s * 2**self._failed_in_a_row)
        self._failed_in_a_row += 1
        self._loading_since, self._reason = None, error.message

    def refusal(self, now: float) -> ExpertUnreachable | None:
        """Why nobody need wait for it; None where it may be loaded."""
        rest_s = self._rests_until - now
        if rest_s <= 0 or self._loaded:
            return None
        message = f"{self._reason}; loading it is tried again in {math.ceil(rest_s)} s"
        return ExpertUnreachable(message, retry_after_s=rest_s)

    def asked(self, calls: int, now: float) -> None:
        """So many more calls have begun."""
        self.calls += calls
        self._traffic = self._traffic_at(now) + calls
        self._used = now

    @property
    def pace(self) -> float | None:
        """How many times as long as was said a load has taken; None where there was none."""
        return self._load_s / self._said_s if self.loads else None

    def unit(self, lanes: Sequence[Lane], now: float, deadline_s: float, paces: Paces) -> Unit:
        """What there is to know of it for a decision; `lanes` are those of its experts."""
        asked = [lane for lane in lanes if lane.waiting] or lanes
        load_s = self._load_s if self.loads else self._said_s * paces.loads
        return Unit(
            name=self.weights.name,
            size=self.size,
            load_s=load_s,
            ready_s=self._seconds_left(load_s, now),
            call_s=max((lane.call_s * (1.0 if lane.calls else paces.calls) for lane in asked), default=1.0),
            places=sum(lane.expert.max_concurrency * lane.expert.batch for lane in asked) or 1,
            waiting=_waiting(lanes, deadline_s),
            busy=sum(lane.busy for lane in lanes),
            traffic=self._traffic_at(now),
            used=self._used,
            resident=self.loaded() or self.loading,
        )

    def _seconds_left(self, load_s: float, now: float) -> float:
        if self._loading_since is not None:
            return max(0.0, self._loading_since + load_s - now)
        return 0.0 if self.loaded() else load_s

    def _traffic_at(self, now: float) -> float:
        return self._traffic * math.exp(-(now - self._used) / MEMORY_S)


def _waiting(lanes: Sequence[Lane], deadline_s: float) -> tuple[Waiting, ...]:
    calls = [
        Waiting(ticket.since, min(ticket.deadline, ticket.since + deadline_s), max(LEAST_WORTH, ticket.worth or 1.0))
        for lane in lanes
        if not lane.paused_s  # it would be loaded to be left alone
        for ticket in lane.waiting
    ]
    return tuple(sorted(calls, key=lambda call: call.due))
