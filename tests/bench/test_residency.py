"""The race for residency: the same queries for both schedules, and a table of what became of them."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from eval.bench.residency.__main__ import race, sheet
from eval.bench.residency.race import Result, questions
from eval.bench.residency.stand import EXPERTS, Setting
from gateway.models import MODELS, ModelError, fetch
from gateway.models.download import default_cache_dir


def test_the_queries_are_the_same_each_time_and_mixed() -> None:
    queries = questions(200, 4)
    assert queries == questions(200, 4)
    assert {query.model for query in queries} == set(EXPERTS)
    switches = sum(one.model != other.model for one, other in zip(queries, queries[1:], strict=False))
    assert switches > 100


def test_the_table_tells_loads_time_and_who_was_late() -> None:
    result = Result("fcfs", 99, 722.84, (1.0, 2.0, 3.0), 2)
    assert sheet([result]).rows == [("first come first served, LRU", "99", "722.8", "2.0", "3.0", "2")]


@pytest.mark.slow
def test_both_schedules_answer_everything_with_real_models(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    try:
        one = fetch(MODELS["smollm2-135m-instruct"], default_cache_dir())
    except ModelError as error:
        pytest.skip(f"the test model is not to be had: {error}")
    other = tmp_path / "other.gguf"
    shutil.copy(one, other)
    known, fcfs = asyncio.run(race(Setting(str(one), str(other), 300.0), 12, 2))
    assert known.loads == 2 < fcfs.loads
    assert len(known.waits_s) == len(fcfs.waits_s) == 12
    assert known.late == fcfs.late == 0
