"""The record read as a log, on both databases: joined with its feedback, and nothing of it is written."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace

import pytest

from gateway.draw import Lot
from gateway.errors import StartError
from gateway.store.logbook import count_in, logged_in, prompts_in, record_at, strays_in
from gateway.store.recorder import Recorder
from gateway.wishes import Wishes

from .build import PROMPT, answer

LOT = Lot("small", 0.1, 0.02, pinned="small")


@pytest.fixture
def record(url, rows):
    """Three answers, one of them damaged; two opinions of the first and one of nobody."""

    async def main():
        async with Recorder(url, worker="w1", keep_texts_s=3600) as recorder:
            for name in ("dec_1", "dec_2", "dec_3"):
                given = answer(name, wishes=Wishes(thrift=0.3, session="s1") if name == "dec_1" else None)
                recorder.record(replace(given, plan=replace(given.plan, lot=LOT)))
            assert await recorder.flush()
            await recorder.feedback("dec_1", "acme", score=0.5)
            await recorder.feedback("dec_1", "acme", verdict="good")
            await recorder.feedback("dec_2", "acme", verdict="who knows")

    asyncio.run(main())
    rows(url, "UPDATE records SET estimates = '[{' WHERE id = 'dec_3'")
    rows(url, "UPDATE feedback SET decision_id = 'dec_9' WHERE verdict = 'who knows'")
    return url


def test_a_decision_comes_with_its_lot_its_wishes_and_the_mean_of_its_feedback(record):
    with record_at(record) as database:
        first, second, _ = logged_in(database)
        assert count_in(database) == 3
    assert (first.id, first.feedback, first.propensity, first.lot) == ("dec_1", 0.75, 0.95, LOT)
    assert first.wishes == {"thrift": 0.3, "session": "s1"} and first.session == "s1"
    assert [one.expert for one in first.forecasts] == ["maths", "small"] and first.experts == ("small", "maths")
    assert second.feedback is None and second.wishes == {}


def test_a_damaged_row_tells_less_and_stops_nobody(record):
    with record_at(record) as database:
        damaged = list(logged_in(database))[2]
    assert (damaged.id, damaged.experts, damaged.forecasts, damaged.lot) == ("dec_3", (), (), None)
    assert damaged.cost_usd > 0 and not math.isnan(damaged.propensity)


def test_feedback_on_decisions_that_are_not_there_is_counted(record):
    with record_at(record) as database:
        assert strays_in(database) == 1


def test_kept_prompts_are_found_again(record, rows):
    rows(record, "UPDATE texts SET prompt = 'no json' WHERE decision_id = 'dec_2'")
    with record_at(record) as database:
        found = dict(prompts_in(database, ["dec_1", "dec_2", "dec_7"]))
    assert found == {"dec_1": [{"role": "user", "content": PROMPT}]}


def test_only_a_period_is_read(record):
    with record_at(record) as database:
        everything = list(logged_in(database))
        middle = everything[1].at
        assert [one.id for one in logged_in(database, since=middle)] == ["dec_2", "dec_3"]
        assert [one.id for one in logged_in(database, until=middle)] == ["dec_1"]
        assert count_in(database, since=middle) == 2


def test_another_programs_database_is_no_record(url, rows):
    rows(url, "CREATE TABLE records (id TEXT)")
    with pytest.raises(StartError, match="no record of the gateway"), record_at(url):
        raise AssertionError


def test_an_older_record_is_not_guessed_at(record, rows):
    rows(record, "ALTER TABLE records DROP COLUMN retrieval")
    with pytest.raises(StartError, match="older version .no column retrieval."), record_at(record):
        raise AssertionError


def test_a_record_that_is_not_there_is_not_made(tmp_path):
    path = tmp_path / "folder" / "none.db"
    with pytest.raises(StartError, match="There is no record at"), record_at(f"sqlite:///{path}"):
        raise AssertionError
    assert not path.parent.exists()
