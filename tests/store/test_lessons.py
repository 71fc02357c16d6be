"""Feedback read from the record while it is written: SQLite and Postgres, late, twice, strange, or away."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gateway.draw import Lot
from gateway.learning.corrector import Corrector
from gateway.learning.feed import Feed
from gateway.learning.learn import Learn
from gateway.learning.lesson import Lesson
from gateway.learning.window import Study
from gateway.store.recorder import Recorder
from gateway.types import Answer
from gateway.utility import Exchange
from tests.store.build import answer
from tests.store.conftest import Postgres

STUDY = Study("blend", "blend@1f", {"maths": "v1", "small": "v1"}, Exchange(0.0, 0.0), None)


def corrector(feed: Feed, budget_usd: float | None = None) -> Corrector:
    return Corrector("auto", Learn(explore=0.5, budget_usd=budget_usd), STUDY, feed.spending("auto"))


def learned_from(one: Answer, version: str = "v1", explored: bool = False) -> Answer:
    """As a policy that learns would have decided it; `explored`: for a tenth of a dollar more."""
    lesson = Lesson("auto", np.array([0.7, 0.4]), np.full(2, 0.05), 0, 0.5, versions={"maths": version, "small": "v1"})
    cost_usd = np.array([0.0, 0.1])
    estimates = replace(one.decision.estimates, lesson=lesson, cost_usd=cost_usd)
    lot = Lot("maths" if explored else "small", 0.5, 1.0, weights={"small": 1.0})
    plan = replace(one.plan, lot=lot, propensity=0.5)
    return replace(one, decision=replace(one.decision, estimates=estimates), plan=plan)


def run(act: Coroutine[Any, Any, None]) -> None:
    asyncio.run(act)


def test_feedback_comes_in_as_it_is_given_and_counts_once(url: str) -> None:
    async def act() -> None:
        feed = Feed(url, "me")
        async with Recorder(url) as recorder:
            for n in range(8):
                recorder.record(learned_from(answer(f"d{n}")))
            recorder.record(learned_from(answer("stale"), version="v0"))
            recorder.record(answer("before learning"))
            await recorder.flush()
            taught = corrector(feed)
            await feed.serve([taught])
            assert taught.learned.answers == 0
            for id in ("d0", "d1", "d1", "stale", "before learning"):
                await recorder.feedback(id, "acme", score=1.0)
            await asyncio.to_thread(feed.read)
            assert taught.learned.answers == 3
            await recorder.feedback("d0", "acme", score=0.0)
            await asyncio.to_thread(feed.read)
            assert taught.learned.answers == 3
            state = taught.learned.as_json()
        await feed.close()
        again = Feed(url, "other")
        anew = corrector(again)
        await again.serve([anew])
        assert anew.learned.as_json() == state
        await again.close()

    run(act())


def test_the_scores_before_correction_are_what_is_learned_from(url: str) -> None:
    async def act() -> None:
        feed = Feed(url, "me")
        async with Recorder(url) as recorder:
            recorder.record(learned_from(answer("d")))
            await recorder.flush()
            await recorder.feedback("d", "acme", verdict="good")
            row = await recorder.find("d", "acme")
            assert [one["raw"] for one in row["estimates"]] == [0.7, 0.4]
            assert row["plan"]["learning"]["version"] == "v1"
            taught = corrector(feed)
            await feed.serve([taught])
            assert taught.learned.trust is not None
            assert taught.learned.trust.centre.tolist() == pytest.approx([0.7, 0.4])
        await feed.close()

    run(act())


def test_strange_feedback_and_feedback_for_nobody_teach_nothing(
    url: str, rows: Callable[[str, str], list[Any]]
) -> None:
    async def act() -> None:
        feed = Feed(url, "me")
        async with Recorder(url) as recorder:
            recorder.record(learned_from(answer("d")))
            await recorder.flush()
            for id, decision, score in (("1", "nobody", "1"), ("2", "d", "7"), ("3", "d", "NULL")):
                rows(
                    url,
                    "INSERT INTO feedback (id, decision_id, tenant, score, created_at)"
                    f" VALUES ('{id}', '{decision}', 'acme', {score}, {time.time()})",
                )
            taught = corrector(feed)
            await feed.serve([taught])
            assert taught.learned.answers == 0 and feed.failures == 0
        await feed.close()

    run(act())


def test_what_other_processes_spent_leaves_less(url: str) -> None:
    async def act() -> None:
        mine, other = Feed(url, "me"), Feed(url, "somebody")
        async with Recorder(url, worker="me") as recorder:
            recorder.record(learned_from(answer("d"), explored=True))
            await recorder.flush()
            here, there = corrector(mine, 0.5), corrector(other, 0.5)
            await mine.serve([here])
            await other.serve([there])
            assert here.spending.left_usd(0.5) == 0.5
            assert there.spending.left_usd(0.5) == pytest.approx(0.4)
            await asyncio.to_thread(other.read)
            assert there.spending.left_usd(0.5) == pytest.approx(0.4)
        await mine.close()
        await other.close()

    run(act())


def test_a_database_that_is_away_is_said_once_and_what_was_learned_stays(
    mortal_postgres: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    url = mortal_postgres.create()

    async def act() -> None:
        feed = Feed(url, "me", every_s=0.05)
        async with Recorder(url, flush_timeout_s=1) as recorder:
            recorder.record(learned_from(answer("d")))
            await recorder.flush()
            await recorder.feedback("d", "acme", score=1.0)
            taught = corrector(feed)
            await feed.serve([taught])
            assert taught.learned.answers == 1
            mortal_postgres.stop()
            with caplog.at_level(logging.INFO, "coterie.learning"):
                await _until(lambda: feed.failures >= 2)
                assert taught.learned.answers == 1
                mortal_postgres.start()
                await _until(lambda: any("again" in one.message for one in caplog.records))
            said = [one.message for one in caplog.records if one.name == "coterie.learning"]
            assert said == ["feedback cannot be read; what was learned stays in force", "feedback is read again"]
        await feed.close()

    run(act())


async def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
