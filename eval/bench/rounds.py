"""Rounds in which every contestant has its turn, and the medians over them.

Knows no contestant by name, and not how load is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from eval.bench.contestants import Contestant
from eval.bench.errors import BenchError
from eval.bench.proctree import resident_mb
from eval.bench.wrk import Load

WARM_UP_S = 1

Check = Callable[[Contestant], None]
"""BenchError unless the contestant answers right."""
Loader = Callable[[Contestant, int, int], Load]
"""Loads a contestant for so many seconds over so many connections; BenchError where that went wrong."""


@dataclass(frozen=True, slots=True)
class Course:
    """How long and how hard each turn is."""

    seconds: int
    connections: int
    rounds: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One contestant in one round: over many connections, then over a single one."""

    many: Load
    one: Load


@dataclass(frozen=True, slots=True)
class Figures:
    """Medians over the rounds; `p50_one_ms` is taken at a single connection, memory after all load."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    p50_one_ms: float
    memory_mb: float
    turns: Sequence[Turn]


@dataclass(frozen=True, slots=True)
class Results:
    """By contestant: its figures, or the reason why it has none."""

    figures: Mapping[str, Figures]
    failures: Mapping[str, str]


class Race:
    """Lets contestants take turns; one that fails is out, and the others go on."""

    def __init__(self, course: Course, check: Check, load: Loader, say: Callable[[str], None]) -> None:
        self._course = course
        self._check = check
        self._load = load
        self._say = say
        self._turns: dict[str, list[Turn]] = {}
        self._failures: dict[str, str] = {}

    def run(self, contestants: Iterable[Contestant]) -> Results:
        """Check and warm everyone up, then the rounds."""
        everyone = list(contestants)
        self._each(everyone, self._prepare)
        for number in range(1, self._course.rounds + 1):
            self._say(f"round {number} of {self._course.rounds}")
            self._each(everyone, self._turn)
        figures = {
            contestant.name: summary(self._turns[contestant.name], resident_mb(contestant.server.pid))
            for contestant in everyone
            if contestant.name not in self._failures
        }
        return Results(figures, dict(self._failures))

    def _each(self, everyone: Iterable[Contestant], act: Callable[[Contestant], None]) -> None:
        for contestant in everyone:
            if contestant.name in self._failures:
                continue
            try:
                act(contestant)
            except BenchError as error:
                self._failures[contestant.name] = str(error)
                self._say(f"{contestant.name} failed: {error}")

    def _prepare(self, contestant: Contestant) -> None:
        self._check(contestant)
        self._load(contestant, WARM_UP_S, self._course.connections)

    def _turn(self, contestant: Contestant) -> None:
        many = self._load(contestant, self._course.seconds, self._course.connections)
        one = self._load(contestant, self._course.seconds, 1)
        self._turns.setdefault(contestant.name, []).append(Turn(many, one))


def summary(turns: Sequence[Turn], memory_mb: float) -> Figures:
    """The median of each figure by itself."""
    return Figures(
        requests_per_s=median(turn.many.requests_per_s for turn in turns),
        p50_ms=median(turn.many.p50_ms for turn in turns),
        p99_ms=median(turn.many.p99_ms for turn in turns),
        p50_one_ms=median(turn.one.p50_ms for turn in turns),
        memory_mb=memory_mb,
        turns=tuple(turns),
    )
