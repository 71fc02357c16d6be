"""Contestants take turns; one that fails is out."""

from __future__ import annotations

import os

from eval.bench.contestants import Contestant
from eval.bench.errors import BenchError
from eval.bench.processes import Server
from eval.bench.rounds import WARM_UP_S, Course, Race, Results
from eval.bench.wrk import Load

COURSE = Course(seconds=5, connections=16, rounds=2)


class Stopwatch:
    """Stands for the load: notes who had a turn, and fails those it is told to, at the turn it is told."""

    def __init__(self, fails_at: dict[str, int] | None = None) -> None:
        self.turns: list[tuple[str, int, int]] = []
        self._fails_at = fails_at or {}

    def __call__(self, contestant: Contestant, seconds: int, connections: int) -> Load:
        self.turns.append((contestant.name, seconds, connections))
        count = sum(name == contestant.name for name, _, _ in self.turns)
        if count == self._fails_at.get(contestant.name):
            raise BenchError("socket errors")
        return Load(10, 100.0 * count, 1.0 / connections, 2.0)

    def count(self, name: str) -> int:
        return [turn[0] for turn in self.turns].count(name)


def race(stopwatch: Stopwatch, *names: str, wrong: str = "") -> Results:
    def check(contestant: Contestant) -> None:
        if contestant.name == wrong:
            raise BenchError("answered wrongly")

    server = Server("http://127.0.0.1:1", os.getpid())
    contestants = [Contestant(name, server, "m", ("m",)) for name in names]
    return Race(COURSE, check, stopwatch, lambda line: None).run(contestants)


def test_contestants_are_warmed_up_and_then_take_turns():
    stopwatch = Stopwatch()
    race(stopwatch, "a", "b")
    one_round = [("a", 5, 16), ("a", 5, 1), ("b", 5, 16), ("b", 5, 1)]
    assert stopwatch.turns == [("a", WARM_UP_S, 16), ("b", WARM_UP_S, 16), *one_round, *one_round]


def test_the_warm_up_does_not_count():
    figures = race(Stopwatch(), "a").figures["a"]
    assert [turn.many.requests_per_s for turn in figures.turns] == [200, 400]
    assert figures.requests_per_s == 300
    assert (figures.p50_ms, figures.p50_one_ms) == (1 / 16, 1.0)


def test_one_that_fails_is_out_and_the_others_go_on():
    stopwatch = Stopwatch(fails_at={"a": 3})
    results = race(stopwatch, "a", "b")
    assert results.failures == {"a": "socket errors"}
    assert list(results.figures) == ["b"]
    assert (stopwatch.count("a"), stopwatch.count("b")) == (3, 5)


def test_one_that_answers_wrongly_is_never_timed():
    stopwatch = Stopwatch()
    results = race(stopwatch, "a", "b", wrong="b")
    assert results.failures == {"b": "answered wrongly"}
    assert (stopwatch.count("a"), stopwatch.count("b")) == (5, 0)
