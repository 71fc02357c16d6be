"""What breaks underneath: full disks, dead servers, late ends. `record` returns at once, nothing is lost quietly."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from gateway.errors import NotFound, Unavailable
from gateway.store.recorder import Recorder

from .build import PROMPT, answer


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"mounting a small tmpfs is not permitted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(path: Path) -> None:
    with open(path, "wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            return


async def until(condition, timeout_s: float = 8.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def test_a_full_disk_costs_no_request_anything_and_no_record(small_disk, rows, caplog):
    url = f"sqlite:///{small_disk}/record.db"

    async def main():
        async with Recorder(url, interval_s=0.01) as recorder:
            recorder.record(answer("dec_before"))
            await recorder.flush()
            fill(small_disk / "ballast")
            gc.disable()  # a pause of the collector is not the recorder's
            slowest = 0.0
            for number in range(1500):
                one = answer(f"dec_{number}")
                start = time.thread_time()
                recorder.record(one)
                slowest = max(slowest, time.thread_time() - start)
                if number % 100 == 0:
                    await asyncio.sleep(0.02)
            gc.enable()
            await until(lambda: recorder.failed_writes > 1)
            assert recorder.waiting > 0
            assert (await recorder.find("dec_1499", "acme"))["id"] == "dec_1499"
            (small_disk / "ballast").unlink()
            assert await recorder.flush()
            assert slowest < 0.001
            return recorder

    with caplog.at_level(logging.INFO, "coterie.store"):
        recorder = asyncio.run(main())
    assert (recorder.written, recorder.dropped) == (1501, 0)
    assert rows(url, "SELECT count(*) FROM records") == [(1501,)]
    said = [record.getMessage() for record in caplog.records if record.name == "coterie.store"]
    assert len(said) == 2
    assert said[0].startswith("cannot write the record (database or disk is full)")
    assert said[1] == "the record is written again"


def test_a_server_that_dies_and_comes_back_loses_nothing(mortal_postgres, rows):
    url = mortal_postgres.create()

    async def main():
        async with Recorder(url, interval_s=0.01) as recorder:
            recorder.record(answer("dec_0"))
            await recorder.flush()
            await asyncio.to_thread(mortal_postgres.stop)
            for number in range(1, 2500):
                recorder.record(answer(f"dec_{number}"))
            await until(lambda: recorder.failed_writes > 0)
            assert (await recorder.find("dec_2499", "acme"))["id"] == "dec_2499"
            with pytest.raises(Unavailable) as caught:
                await recorder.find("dec_0", "acme")
            assert caught.value.code == "record_unavailable"
            with pytest.raises(Unavailable):
                await recorder.feedback("dec_2499", "acme", score=1)
            await asyncio.to_thread(mortal_postgres.start)
            assert await recorder.flush(15)
            assert (await recorder.find("dec_0", "acme"))["id"] == "dec_0"
            return recorder

    recorder = asyncio.run(main())
    assert (recorder.written, recorder.dropped, recorder.waiting) == (2500, 0, 0)
    assert rows(url, "SELECT count(*) FROM records") == [(2500,)]


def test_the_gateway_starts_without_its_server_and_writes_when_it_comes(mortal_postgres, rows, tmp_path):
    url = mortal_postgres.create()
    mortal_postgres.stop()

    async def live(number: int, meanwhile=None):
        async with Recorder(url, interval_s=0.01, flush_timeout_s=0.3, spill_dir=tmp_path, keep_texts_s=60) as recorder:
            recorder.record(answer(f"dec_{number}"))
            if meanwhile:
                await asyncio.to_thread(meanwhile)
                assert await recorder.flush(15)
        return recorder

    first = asyncio.run(live(1))
    assert (first.written, first.spilled, first.dropped) == (0, 1, 0)
    [file] = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    second = asyncio.run(live(2, mortal_postgres.start))
    assert (second.written, second.spilled) == (2, 0)
    assert list(tmp_path.iterdir()) == []
    assert rows(url, "SELECT id FROM records ORDER BY id") == [("dec_1",), ("dec_2",)]
    assert [PROMPT in prompt for (prompt,) in rows(url, "SELECT prompt FROM texts")] == [True, True]


def test_what_a_full_disk_keeps_out_at_the_end_waits_beside_it(small_disk, tmp_path, rows):
    url = f"sqlite:///{small_disk}/record.db"

    async def live(ids, fills=False):
        async with Recorder(url, interval_s=0.01, flush_timeout_s=0.2, spill_dir=tmp_path / "spill") as recorder:
            if fills:
                fill(small_disk / "ballast")
            for id in ids:
                recorder.record(answer(id))
        return recorder

    full = asyncio.run(live([f"dec_{number}" for number in range(500)], fills=True))
    assert full.written + full.spilled == 500
    assert full.spilled > 0
    (small_disk / "ballast").unlink()
    asyncio.run(live(["dec_after"]))
    assert rows(url, "SELECT count(*) FROM records") == [(501,)]
    assert list((tmp_path / "spill").iterdir()) == []


def test_what_can_be_kept_nowhere_is_counted_and_said(small_disk, caplog):
    async def main():
        async with Recorder(f"sqlite:///{small_disk}/record.db", interval_s=0.01, flush_timeout_s=0.2) as recorder:
            fill(small_disk / "ballast")
            for number in range(2000):
                recorder.record(answer(f"dec_{number}"))
        return recorder

    recorder = asyncio.run(main())
    assert recorder.dropped > 0
    assert recorder.written + recorder.dropped == 2000
    assert f"records lost at the end: {recorder.dropped} (" in caplog.text
    assert sorted(path.suffix for path in small_disk.iterdir() if path.suffix in (".tmp", ".jsonl")) == []


def test_a_spilled_file_that_cannot_be_read_stops_nothing_and_stays(tmp_path, rows, caplog):
    bad = tmp_path / "record.db.0.spill.jsonl"
    bad.write_text('{"record": {"id": "dec_0"')
    url = f"sqlite:///{tmp_path}/record.db"

    async def main():
        async with Recorder(url) as recorder:
            recorder.record(answer("dec_1"))

    asyncio.run(main())
    assert rows(url, "SELECT id FROM records") == [("dec_1",)]
    assert bad.exists()
    assert "cannot be read" in caplog.text


def test_beyond_its_capacity_the_oldest_go_and_one_line_says_so(mortal_postgres, caplog):
    url = mortal_postgres.create()
    mortal_postgres.stop()

    async def main():
        async with Recorder(url, capacity=100, interval_s=0.01, flush_timeout_s=0.1) as recorder:
            for number in range(1000):
                recorder.record(answer(f"dec_{number}"))
                if number % 100 == 0:
                    await asyncio.sleep(0.03)
            assert (recorder.waiting, recorder.dropped) == (100, 900)
            for id in ("dec_900", "dec_999"):
                assert (await recorder.find(id, "acme"))["id"] == id
            with pytest.raises((NotFound, Unavailable)):
                await recorder.find("dec_899", "acme")

    asyncio.run(main())
    lost = [record for record in caplog.records if "more waited than the buffer holds" in record.getMessage()]
    assert len(lost) == 1


def test_texts_are_left_out_before_they_fill_the_memory(mortal_postgres, rows):
    url = mortal_postgres.create()
    mortal_postgres.stop()

    async def main():
        async with Recorder(url, keep_texts_s=60, text_chars=100_000, interval_s=0.01) as recorder:
            for number in range(50):
                recorder.record(answer(f"dec_{number}", prompt="p" * 10_000))
            await until(lambda: recorder.failed_writes > 0)
            await asyncio.to_thread(mortal_postgres.start)
            assert await recorder.flush(15)
            recorder.record(answer("dec_after"))
        return recorder

    recorder = asyncio.run(main())
    assert (recorder.written, recorder.dropped_texts) == (51, 41)
    assert rows(url, "SELECT count(*) FROM texts") == [(10,)]


def test_a_server_that_hangs_does_not_hold_up_the_end(mortal_postgres, tmp_path):
    url = mortal_postgres.create()
    frozen: list[int] = []

    async def main():
        async with Recorder(url, interval_s=0.01, flush_timeout_s=0.3, spill_dir=tmp_path) as recorder:
            recorder.record(answer("dec_1"))
            await recorder.flush()
            frozen.extend(mortal_postgres.freeze())
            for number in range(100):
                recorder.record(answer(f"dec_hung_{number}"))
            start = time.monotonic()
        return recorder, time.monotonic() - start

    try:
        recorder, took = asyncio.run(main())
    finally:
        mortal_postgres.thaw(frozen)
    assert took < 3
    assert recorder.spilled == 100


def test_a_file_that_is_locked_for_long_is_waited_for(tmp_path, rows):
    url = f"sqlite:///{tmp_path}/record.db"

    async def main():
        async with Recorder(url, interval_s=0.01) as recorder:
            other = sqlite3.connect(tmp_path / "record.db", isolation_level=None)
            other.execute("BEGIN EXCLUSIVE")
            recorder.record(answer("dec_1"))
            assert not await recorder.flush(0.3)
            other.execute("ROLLBACK")
            other.close()
            assert await recorder.flush()

    asyncio.run(main())
    assert rows(url, "SELECT id FROM records") == [("dec_1",)]


def test_no_file_descriptor_and_no_thread_is_left_behind(url):
    async def main():
        async with Recorder(url) as recorder:
            recorder.record(answer("dec_1"))
            await recorder.find("dec_1", "acme")

    asyncio.run(main())
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        asyncio.run(main())
    assert len(os.listdir("/proc/self/fd")) <= before
