"""The parts that a batch goes through, each by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.batches.budget import Budget
from gateway.batches.folder import YOUNG_S, Folder, replacing
from gateway.batches.halt import Halt
from gateway.batches.journal import Journal
from gateway.batches.lines import Reading, lines_of, survey
from gateway.batches.owner import is_dead, new_owner
from gateway.batches.patience import Patience
from gateway.batches.room import Room
from gateway.batches.types import Counts, LeaseLost, Result
from gateway.errors import Overloaded
from gateway.store.reader import RecordUnavailable
from gateway.wire.multipart import Form
from tests.batches.build import jsonl, line

CONTENT = st.lists(st.sampled_from([b"", b" ", b'{"custom_id": "a"}', b'{"custom_id": "b"}', b"[", b"x" * 70]))
ENDS = st.sampled_from([b"\n", b"\r\n"])


@given(content=CONTENT, end=ENDS, last=st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_line_that_holds_something_is_seen_once_with_its_number(
    tmp_path_factory: pytest.TempPathFactory, content: list[bytes], end: bytes, last: bool
) -> None:
    path = tmp_path_factory.mktemp("lines") / "in.jsonl"
    path.write_bytes(end.join(content) + (end if last else b""))
    seen = [(one.number, one.raw) for one in lines_of(path, 60)]
    meant = [(n, None if len(raw) > 60 else raw) for n, raw in enumerate(content, 1) if raw.strip()]
    assert seen == meant
    found = survey(path, 60)
    assert found.total == len(meant)
    reading, before = Reading(path, 60, found.twice), {}
    while window := reading.window():
        before |= {one.number: earlier for one, earlier in window}
    first = {raw: n for n, raw in reversed(meant) if raw and raw.startswith(b"{")}
    assert before == {n: first[raw] if raw in first and first[raw] != n else None for n, raw in meant}


def test_a_line_of_gigabytes_is_passed_over_without_being_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"x" * 9_000_000 + b"\n" + jsonl(line("a")))
    long, good = lines_of(path, 1000)
    assert (long.number, long.raw, long.size) == (1, None, 0)
    assert (good.number, good.custom_id) == (2, "a")


def test_a_budget_counts_what_is_on_its_way() -> None:
    budget = Budget(1.0, spent=0.5)
    assert budget.reserve(0.25) and budget.reserve(0.25) and not budget.reserve(0.01)
    budget.settle(0.25, 0.01)
    assert budget.reserve(0.2) and not budget.reserve(0.05)
    assert Budget(None, 9.0).reserve(1e9)


def test_patience_ends_when_nobody_has_answered_for_long() -> None:
    now = [0.0]
    patience, busy = Patience(60.0, lambda: now[0]), Overloaded("full", retry_after_s=1.0)
    first = patience.wait("maths", 1, busy)
    assert first is not None and 1.0 <= first <= 2.0
    now[0] = 59.0
    assert patience.wait("maths", 20, busy) is not None
    patience.answered("maths")
    now[0] = 100.0
    assert patience.wait("maths", 1, busy) is not None
    now[0] = 160.0
    assert patience.wait("maths", 2, busy) is None
    assert patience.wait("words", 2, busy) is not None


def test_room_is_for_so_many_lines_and_one_window_always_fits() -> None:
    async def act() -> list[str]:
        room, said = Room(10, 100), []

        async def window(name: str, lines: int, size: int) -> None:
            await room.take(lines, size)
            said.append(name)

        await window("huge", 1, 1000)
        waiting = asyncio.create_task(window("second", 5, 50))
        await asyncio.sleep(0)
        said.append("full")
        room.give(1000)
        await waiting
        waiting = asyncio.create_task(window("third", 6, 10))
        await asyncio.sleep(0)
        said.append("full")
        room.give(10)
        await waiting
        return said

    assert asyncio.run(asyncio.wait_for(act(), 5)) == ["huge", "full", "second", "full", "third"]


def test_what_gathers_during_one_commit_goes_with_the_next(caplog: pytest.LogCaptureFixture) -> None:
    commits: list[int] = []
    failures = [RecordUnavailable("away"), RecordUnavailable("away")]

    def write(results: Sequence[Result]) -> Counts:
        if failures:
            raise failures.pop()
        commits.append(len(results))
        return Counts(0, sum(commits), 0)

    async def act() -> Counts:
        journal = Journal(write)
        await asyncio.gather(*(journal.keep(Result(n, True, "")) for n in range(100)))
        return journal.counts

    assert asyncio.run(act()) == Counts(0, 100, 0)
    assert len(commits) < 10
    assert [record.message for record in caplog.records] == ["results wait for the database"], "it is said once"


def test_a_lost_lease_is_told_to_everyone_who_waits() -> None:
    def write(results: Sequence[Result]) -> Counts:
        raise LeaseLost("another has it")

    async def act() -> list[object]:
        journal = Journal(write)
        keeping = (journal.keep(Result(n, True, "")) for n in range(3))
        return await asyncio.gather(*keeping, return_exceptions=True)

    assert [type(one) for one in asyncio.run(act())] == [LeaseLost] * 3


def test_a_halt_wakes_who_sleeps_and_keeps_its_first_reason() -> None:
    async def act() -> str:
        halt = Halt()
        asyncio.get_running_loop().call_later(0.01, halt, "budget")
        await asyncio.wait_for(halt.sleep(60), 5)
        halt("closing")
        return halt.why

    assert asyncio.run(act()) == "budget"


def test_a_file_takes_anothers_place_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.write_text("old")
    with pytest.raises(KeyError), replacing(target) as part:
        part.write(b"half")
        raise KeyError
    assert target.read_text() == "old"
    with replacing(target) as part:
        part.write(b"new")
    assert target.read_text() == "new" and list(tmp_path.iterdir()) == [target]


def test_what_nobody_knows_is_swept_once_it_is_old(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for name in ("file-known", "file-gone", "file-cut.part"):
        (tmp_path / name).write_text("x")
    young = (tmp_path / "file-gone").stat().st_mtime
    assert folder.sweep(lambda ids: ids & {"file-known"}, young + YOUNG_S - 10) == 0
    assert folder.sweep(lambda ids: ids & {"file-known"}, young + YOUNG_S + 10) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["file-known"]


def test_who_lives_is_not_dead() -> None:
    owner = new_owner()
    host = owner.partition(":")[0]
    assert not is_dead(owner)
    assert is_dead(f"{host}:{2**22 + 1}:x")
    assert not is_dead(f"elsewhere-{host}:{2**22 + 1}:x") and not is_dead("nonsense")


@given(pieces=st.lists(st.integers(min_value=1, max_value=60), max_size=40), content=st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_a_form_is_the_same_however_it_is_cut(pieces: list[int], content: bytes) -> None:
    body = (
        b'--edge\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n'
        + content.replace(b"--edge", b"")
        + b"\r\n--edge--\r\n"
    )
    form, got, rest = Form("multipart/form-data; boundary=edge"), b"", body
    for piece in pieces:
        got += form.feed(rest[:piece])
        rest = rest[piece:]
    got += form.feed(rest)
    assert (got, form.filename, form.fields, form.complete) == (
        content.replace(b"--edge", b""),
        "a.jsonl",
        {"purpose": "batch"},
        True,
    )
