"""The rows of batches, on both databases: one owner at a time, every result once, pages that hold together."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.batches.types import Batch, Counts, File, LeaseLost, Result, Spent
from gateway.errors import BadRequest, NotFound
from gateway.store.batch_rows import BatchRows
from gateway.store.file_rows import FileRows
from gateway.store.pages import Page
from gateway.store.results import Results
from gateway.store.vault import Vault

NOW = 1_800_000_000.0


@pytest.fixture
def vault(url: str) -> Iterator[Vault]:
    vault = Vault(url)
    yield vault
    vault.close()


def file(id: str = "file-1", tenant: str = "acme", at: float = NOW) -> File:
    return File(id, tenant, "batch", "in\x00put.jsonl", 5_000_000_000, at)


def begun(vault: Vault, id: str = "batch_1", tenant: str = "acme", at: float = NOW) -> Batch:
    """A batch over a file of its own."""
    FileRows(vault).add(file(f"file-of-{id}", tenant, at))
    batch = Batch(
        id, tenant, "validating", "/v1/chat/completions", f"file-of-{id}", "24h", at, at + 60, labels={"k": "\x00 é"}
    )
    BatchRows(vault).add(batch)
    return batch


def result(number: int, ok: bool = True, expert: str = "maths") -> Result:
    return Result(number, ok, f'{{"line": {number}}}', expert, Spent(10, 5, 0.25))


def test_a_batch_comes_back_as_it_was_begun(vault: Vault) -> None:
    batch = begun(vault)
    assert BatchRows(vault).find(batch.id, "acme") == batch
    for id, tenant in ((batch.id, "umbrella"), ("batch_\x00", "acme"), ("batch_\ud800", "acme")):
        with pytest.raises(NotFound):
            BatchRows(vault).find(id, tenant)


def test_of_many_who_want_a_batch_one_gets_it(vault: Vault) -> None:
    begun(vault)
    rows = BatchRows(vault)
    with ThreadPoolExecutor(6) as threads:
        got = list(threads.map(lambda n: rows.claim("batch_1", f"owner-{n}", None, NOW, 15.0), range(6)))
    assert sum(one is not None for one in got) == 1


def test_a_lease_that_has_run_out_may_be_taken_and_its_owner_hears_of_it(vault: Vault) -> None:
    begun(vault)
    rows, results = BatchRows(vault), Results(vault)
    assert rows.claim("batch_1", "first", None, NOW, 15.0)
    assert rows.waiting(NOW + 14) == [("batch_1", "first")] and rows.waiting(NOW + 16) == [("batch_1", None)]
    assert rows.claim("batch_1", "second", None, NOW + 14, 15.0) is None
    assert rows.claim("batch_1", "second", None, NOW + 16, 15.0)
    with pytest.raises(LeaseLost):
        rows.renew("batch_1", "first", NOW + 30)
    with pytest.raises(LeaseLost):
        results.keep("batch_1", "first", [result(1)], NOW + 30)
    with pytest.raises(LeaseLost):
        results.end("batch_1", "first", "completed", (None, None), None)
    assert list(results.numbers("batch_1")) == []
    assert rows.renew("batch_1", "second", NOW + 30) == "validating"
    assert rows.claim("batch_1", "third", "second", NOW + 17, 15.0), "from an owner who is known to be dead, at once"


def test_results_are_kept_and_counted_once_however_often_they_are_written(vault: Vault) -> None:
    begun(vault)
    rows, results = BatchRows(vault), Results(vault)
    rows.claim("batch_1", "me", None, NOW, 15.0)
    results.keep("batch_1", "me", [result(2), result(1)], NOW)
    counts = results.keep("batch_1", "me", [result(2), result(3, ok=False, expert="")], NOW)
    assert counts == Counts(0, 2, 1)
    assert list(results.numbers("batch_1")) == [1, 2, 3]
    assert list(results.texts("batch_1", True)) == ['{"line": 1}', '{"line": 2}']
    assert list(results.texts("batch_1", False)) == ['{"line": 3}']
    assert rows.find("batch_1", "acme").spent == Spent(30, 15, 0.75)
    assert [(one.expert, one.lines, one.errors) for one in results.shares("batch_1")] == [("maths", 2, 0), ("", 1, 1)]


def test_an_end_shows_the_files_and_frees_the_results(vault: Vault) -> None:
    begun(vault)
    batches, results = BatchRows(vault), Results(vault)
    batches.claim("batch_1", "me", None, NOW, 15.0)
    results.keep("batch_1", "me", [result(n) for n in range(1, 1001)], NOW)
    assert len(list(results.texts("batch_1", None))) == 1000
    results.end("batch_1", "me", "completed", (file("file-out"), None), None)
    results.clear()
    batch = batches.find("batch_1", "acme")
    assert (batch.status, batch.output_file_id, batch.error_file_id) == ("completed", "file-out", None)
    assert batch.shares[0].lines == 1000 and "completed" in batch.moments
    assert FileRows(vault).find("file-out", "acme").size == 5_000_000_000
    assert list(results.numbers("batch_1")) == [] and batches.waiting(NOW) == []
    assert batches.claim("batch_1", "you", None, NOW + 99, 15.0) is None


def test_what_is_cancelled_moves_no_further_than_that(vault: Vault) -> None:
    begun(vault)
    rows = BatchRows(vault)
    rows.claim("batch_1", "me", None, NOW, 15.0)
    assert rows.move("batch_1", "me", ("validating",), "in_progress", total=7)
    assert rows.cancel("batch_1", "acme").status == "cancelling"
    assert not rows.move("batch_1", "me", ("in_progress",), "finalizing")
    assert rows.renew("batch_1", "me", NOW) == "cancelling"
    with pytest.raises(NotFound):
        rows.cancel("batch_1", "umbrella")


def test_pages_leave_nothing_out_and_nobody_elses_in(vault: Vault) -> None:
    for n in range(7):
        begun(vault, f"batch_{n}", at=NOW + n // 2)
    begun(vault, "batch_theirs", tenant="umbrella")
    seen: list[str] = []
    more, after = True, None
    while more:
        found, more = BatchRows(vault).page("acme", Page(after, 2))
        seen += [batch.id for batch in found]
        after = seen[-1]
    assert seen == [f"batch_{n}" for n in (6, 5, 4, 3, 2, 1, 0)]
    with pytest.raises(BadRequest):
        BatchRows(vault).page("acme", Page("batch_theirs", 2))


def test_a_file_goes_when_its_time_has_come_unless_it_is_read_from(vault: Vault) -> None:
    begun(vault)
    files = FileRows(vault)
    files.add(file("file-old", at=NOW - 100))
    files.add(File("file-late", "acme", "batch", "x", 1, NOW, NOW + 5))
    assert files.expire(NOW + 6, NOW - 50) == 2
    assert files.expire(NOW + 6, NOW + 50) == 0
    assert files.known({"file-old", "file-late", "file-of-batch_1"}) == {"file-of-batch_1"}
    with pytest.raises(BadRequest, match="batch_1 reads from this file"):
        files.remove("file-of-batch_1", "acme")
    assert files.find("file-of-batch_1", "acme").filename == "input.jsonl"


def test_a_batch_over_a_file_that_is_gone_is_not_begun(vault: Vault) -> None:
    with pytest.raises(BadRequest, match="There is no file"):
        BatchRows(vault).add(Batch("b", "acme", "validating", "/v1", "file-none", "24h", time.time()))
    assert BatchRows(vault).waiting(time.time()) == []
