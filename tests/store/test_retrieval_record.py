"""What the record keeps of documents: whether they were read, which, and what was expected of them. No word of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest
from alembic import command
from sqlalchemy import text

from gateway.retrieval.grounding import Grounding
from gateway.retrieval.passages import Passage
from gateway.store.database import Database
from gateway.store.recorder import Recorder
from gateway.store.schema import _config, prepare
from gateway.types import Answer

from .build import answer, outcome

SECRET = "the merger is on Friday"
PASSAGES = tuple(Passage("staff", f"plans/{n}.md", "Plans", n, SECRET, 0.7, 0.9 - n / 10) for n in range(2))
GROUNDING = Grounding(
    passages=PASSAGES,
    experts=frozenset({"maths"}),
    without=np.array([0.4, 0.8]),
    documented=np.array([0.75, 0.7]),
    hurdles=np.array([0.05, 0.05]),
    reason="the documents hold it",
    seconds=0.01,
)


def grounded(id: str, documents: tuple[Passage, ...] = PASSAGES[:1]) -> Answer:
    made = answer(id, served=replace(outcome(), documents=documents))
    return replace(made, decision=replace(made.decision, grounding=GROUNDING))


def found(url: str, one: Answer) -> dict:
    async def main():
        async with Recorder(url) as recorder:
            recorder.record(one)
            assert await recorder.flush()
            return await recorder.find(one.query.id, "acme")

    return asyncio.run(main())


def test_a_record_names_the_documents_and_says_what_they_were_to_gain(url):
    record = found(url, grounded("dec_1"))
    assert record["retrieved"] is True
    retrieval = record["retrieval"]
    assert [(one["document"], one["chunk"]) for one in retrieval["passages"]] == [("plans/0.md", 0), ("plans/1.md", 1)]
    assert [one["document"] for one in retrieval["read"]] == ["plans/0.md"]
    assert retrieval["gain"] == pytest.approx(0.35) and retrieval["reason"] == "the documents hold it"
    assert [one["given"] for one in retrieval["experts"]] == [True, False]


def test_no_word_of_a_document_is_kept(url, rows):
    found(url, grounded("dec_1"))
    assert SECRET not in str(rows(url, "SELECT * FROM records")) and "Plans" not in str(
        rows(url, "SELECT * FROM records")
    )


def test_passages_that_nobody_was_given_are_recorded_as_not_read(url):
    record = found(url, grounded("dec_1", ()))
    assert record["retrieved"] is False and record["retrieval"]["read"] == []


def test_documents_that_a_strategy_looked_up_itself_are_recorded(url):
    made = answer("dec_1", served=replace(outcome(), role="rethink", documents=PASSAGES))
    record = found(url, made)
    assert record["retrieved"] is True and len(record["retrieval"]["read"]) == 2
    assert record["retrieval"]["gain"] is None


def test_records_from_before_there_were_documents_can_still_be_read(url):
    """The schema of before, a row in it, then this version's start."""
    asyncio.run(_one(url, "dec_old"))
    database = Database(url)
    database.open()
    with database.engine.begin() as connection:
        command.downgrade(_config(connection), "0002")
        assert connection.execute(text("SELECT count(*) FROM records")).scalar() == 1
    prepare(database.engine, database.name)
    database.close()

    async def main():
        async with Recorder(url) as recorder:
            return await recorder.find("dec_old", "acme")

    record = asyncio.run(main())
    assert record["retrieved"] is None and record["retrieval"] is None and record["served"] == "maths"


async def _one(url: str, id: str) -> None:
    async with Recorder(url) as recorder:
        recorder.record(answer(id))
        assert await recorder.flush()
