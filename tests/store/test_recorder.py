"""The recorder on both databases: what goes in comes out, to its own tenant, once."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from gateway.errors import AllFailed, BadRequest, NotFound
from gateway.store.recorder import Recorder
from gateway.wishes import Wishes

from .build import PROMPT, answer


def test_a_recorded_answer_is_found_with_everything_it_came_from(url):
    wishes = Wishes(thrift=0.3, session="s1", tags={"team": "x"})

    async def main():
        async with Recorder(url, worker="w1") as recorder:
            recorder.record(answer("dec_1", wishes=wishes))
            assert await recorder.flush()
            return await recorder.find("dec_1", "acme")

    record = asyncio.run(main())
    assert abs(record.pop("created_at") - time.time()) < 60
    assert record.pop("cost_usd") == pytest.approx(0.0006)
    late, good = record.pop("calls")
    assert late["error"] == {"code": "expert_timeout", "message": "small was too slow"}
    assert (good["expert"], good["output_tokens"], good["first_token_s"], good["committed"]) == (
        "maths",
        100,
        0.2,
        True,
    )
    assert record.pop("estimates") == [
        {
            "expert": name,
            "score": 0.5,
            "std": 0.1,
            "cost_usd": 0.0001,
            "latency_s": 1.5,
            "output_tokens": 120,
            "utility": utility,
            "load_price": load_price,
        }
        for name, utility, load_price in (("maths", 0.4, -0.02), ("small", 0.45, 0.02))
    ]
    assert record == {
        "id": "dec_1",
        "tenant": "acme",
        "model": "auto:cheap",
        "strategy": "single",
        "policy": "auto",
        "router": "blend",
        "artifact": "blend@1f",
        "category": "math",
        "confidence": 0.83,
        "sure": True,
        "propensity": 0.95,
        "reason": "maths is best",
        "served": "maths",
        "status": "ok",
        "message": None,
        "stream": True,
        "session": "s1",
        "tags": {"team": "x"},
        "wishes": {"thrift": 0.3, "session": "s1", "tags": {"team": "x"}},
        "thrift": 0.3,
        "features": {
            "input_tokens": 40,
            "output_tokens": 100,
            "needs": ["tools"],
            "truncated": False,
            "skills": ["algebra"],
            "outlier": False,
        },
        "dropped": [{"expert": "tiny", "reason": "its context is too short", "error": "context_length_exceeded"}],
        "plan": {
            "experts": ["small", "maths"],
            "recruited": ["maths"],
            "limits": {"calls": 4, "cost_usd": 0.5, "seconds": 60.0},
            "reason": "thrift 0.3",
        },
        "input_tokens": 80,
        "output_tokens": 200,
        "latency_s": 1.24,
        "overhead_s": 0.0004,
        "retries": 1,
        "fallbacks": 1,
        "retrieved": False,
        "retrieval": None,
        "worker": "w1",
    }


def test_a_record_reads_the_same_before_and_after_it_is_written(url):
    async def main():
        async with Recorder(url, interval_s=60) as recorder:
            recorder.record(answer("dec_1"))
            waiting = await recorder.find("dec_1", "acme")
            assert recorder.written == 0
            assert await recorder.flush()
            assert (recorder.written, recorder.waiting) == (1, 0)
            assert await recorder.find("dec_1", "acme") == waiting

    asyncio.run(main())


def test_a_failed_answer_is_recorded_with_its_reason(url):
    async def main():
        async with Recorder(url) as recorder:
            recorder.record(answer("dec_1", error=AllFailed("small: too slow", timed_out=True)))
            return await recorder.find("dec_1", "acme")

    record = asyncio.run(main())
    assert (record["served"], record["status"], record["message"]) == (None, "all_experts_failed", "small: too slow")


@pytest.mark.parametrize("flushed", [True, False])
def test_only_its_own_tenant_finds_a_record(url, flushed):
    async def main():
        async with Recorder(url, interval_s=0.1 if flushed else 60) as recorder:
            recorder.record(answer("dec_1", "acme"))
            if flushed:
                assert await recorder.flush()
            for tenant in ("other", ""):
                with pytest.raises(NotFound):
                    await recorder.find("dec_1", tenant)
            assert (await recorder.find("dec_1", "acme"))["tenant"] == "acme"

    asyncio.run(main())


@pytest.mark.parametrize("id", ["dec_2", "", "dec_\x00", "dec_\ud800", "x' OR 1=1 --"])
def test_an_unknown_decision_is_not_found(url, id):
    async def main():
        async with Recorder(url) as recorder:
            recorder.record(answer("dec_1"))
            with pytest.raises(NotFound):
                await recorder.find(id, "acme")

    asyncio.run(main())


def test_feedback_is_stored_once_the_decision_is_known_to_be_the_callers_own(url, rows):
    async def main():
        async with Recorder(url) as recorder:
            recorder.record(answer("dec_1"))
            early = await recorder.feedback("dec_1", "acme", score=1.0)
            await recorder.flush()
            late = await recorder.feedback("dec_1", "acme", verdict="bad", comment="wrong\x00 \ud800")
            with pytest.raises(NotFound):
                await recorder.feedback("dec_1", "other", score=0.0)
            with pytest.raises(NotFound):
                await recorder.feedback("dec_2", "acme", score=0.0)
            return early, late

    early, late = asyncio.run(main())
    found = rows(url, "SELECT id, decision_id, tenant, score, verdict, comment FROM feedback ORDER BY created_at")
    assert [tuple(row) for row in found] == [
        (early, "dec_1", "acme", 1.0, None, None),
        (late, "dec_1", "acme", None, "bad", "wrong ?"),
    ]


@pytest.mark.parametrize("opinion", [{}, {"comment": "?"}, {"score": 1.1}, {"score": -0.1}, {"score": float("nan")}])
def test_feedback_without_a_score_or_verdict_that_counts_is_refused(url, opinion):
    async def main():
        async with Recorder(url) as recorder:
            recorder.record(answer("dec_1"))
            with pytest.raises(BadRequest):
                await recorder.feedback("dec_1", "acme", **opinion)

    asyncio.run(main())


def test_no_prompt_is_kept_unless_the_operator_says_so(url, rows):
    async def main():
        async with Recorder(url) as recorder:
            recorder.record(answer("dec_1", text="the answer"))

    asyncio.run(main())
    assert rows(url, "SELECT * FROM texts") == []
    [record] = rows(url, "SELECT * FROM records")
    assert not any(PROMPT in str(value) or "the answer" in str(value) for value in record)


def test_kept_texts_hold_prompt_and_answer_and_expire(url, rows):
    async def main():
        async with Recorder(url, keep_texts_s=0.5, interval_s=0.01, purge_every_s=0.01) as recorder:
            recorder.record(answer("dec_1", text="the answer"))
            await recorder.flush()
            [(prompt, text, expires_at)] = rows(url, "SELECT prompt, answer, expires_at FROM texts")
            assert json.loads(prompt) == [{"role": "user", "content": PROMPT}]
            assert text == "the answer"
            assert 0 < expires_at - time.time() <= 0.5
            await asyncio.sleep(0.8)
            assert rows(url, "SELECT * FROM texts") == []
            assert await recorder.find("dec_1", "acme")

    asyncio.run(main())


def test_records_and_their_feedback_go_when_the_operator_keeps_them_for_a_while_only(url, rows):
    async def main():
        async with Recorder(url, keep_records_s=0.5, interval_s=0.01, purge_every_s=0.01) as recorder:
            recorder.record(answer("dec_1"))
            await recorder.feedback("dec_1", "acme", score=1)
            assert await recorder.find("dec_1", "acme")
            await asyncio.sleep(0.9)
            with pytest.raises(NotFound):
                await recorder.find("dec_1", "acme")

    asyncio.run(main())
    assert rows(url, "SELECT * FROM feedback") == []


def test_a_row_that_no_database_takes_is_cleaned_and_holds_nobody_up(url, rows):
    async def main():
        async with Recorder(url, keep_texts_s=60) as recorder:
            recorder.record(answer("dec_1"))
            recorder.record(answer("dec_2", tenant="a\x00b", text="nul \x00 and \ud800"))
            recorder.record(answer("dec_3", confidence=float("nan")))
            recorder.record(answer("dec_4", confidence="sure"))
            recorder.record(answer("dec_5"))
        return recorder

    recorder = asyncio.run(main())
    assert (recorder.written, recorder.dropped, recorder.waiting) == (4, 1, 0)
    found = dict(rows(url, "SELECT id, tenant FROM records"))
    assert sorted(found) == ["dec_1", "dec_2", "dec_3", "dec_5"]
    assert found["dec_2"].startswith("a")


def test_the_same_decision_recorded_twice_is_one_row(url, rows):
    async def main():
        async with Recorder(url) as recorder:
            recorder.record(answer("dec_1"))
            await recorder.flush()
            recorder.record(answer("dec_1"))

    asyncio.run(main())
    assert rows(url, "SELECT count(*) FROM records") == [(1,)]


def test_everything_recorded_is_written_at_the_end(url, rows):
    async def main():
        async with Recorder(url, interval_s=60) as recorder:
            for number in range(3000):
                recorder.record(answer(f"dec_{number}"))
        return recorder

    recorder = asyncio.run(main())
    assert (recorder.written, recorder.dropped, recorder.waiting, recorder.spilled) == (3000, 0, 0, 0)
    assert rows(url, "SELECT count(*) FROM records") == [(3000,)]
