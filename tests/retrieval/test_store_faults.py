"""Killed at any moment, on a full disk, two at once: nothing is lost, nothing is there twice, no document by halves."""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway.retrieval.engine import Engine
from gateway.retrieval.store import Store
from tests.conftest import until
from tests.retrieval.shelves import add, aged, contents, put, run, written

ROOT = Path(__file__).parents[2]


class Killed(BaseException):
    """What nothing catches by accident."""


class Dying(Engine):
    """Dies at its n-th change: before it is made, or after it and before anybody hears of it."""

    def __init__(self, folder, place, *, after):
        super().__init__(folder)
        self._left, self._after = place, after

    async def _change(self, doing):
        self._left -= 1
        if self._left == 0 and not self._after:
            doing.close()
            raise Killed
        await doing
        if self._left == 0:
            raise Killed

    async def append(self, *arguments):
        await self._change(super().append(*arguments))

    async def replace(self, *arguments, **more):
        await self._change(super().replace(*arguments, **more))

    async def delete(self, *arguments):
        await self._change(super().delete(*arguments))

    async def drop(self, *arguments):
        await self._change(super().drop(*arguments))

    async def make(self, *arguments):
        await self._change(super().make(*arguments))

    async def tidy(self, *arguments):
        await self._change(super().tidy(*arguments))


@pytest.fixture
def folder(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    for number in range(6):
        (docs / f"{number}.md").write_text(f"# Title {number}\n\nWords of {number}, as they were at first.\n")
    return docs


def test_killed_at_any_change_it_goes_on_and_every_document_is_always_whole(folder, tmp_path):
    """The first run, and one in which a file of each fate is met: changed, removed, new, as it was."""
    for after in (False, True):
        for place in range(1, 12):
            store = Store(tmp_path / f"store-{after}-{place}")
            add(store, folder)
            first = written(folder)
            _let_things_happen(folder)
            died = _dies(store, place, folder, after=after)
            _each_whole(store, first, written(folder))
            add(store, folder)
            assert run(contents(store)) == written(folder), (place, after)
            _undo(folder)
        assert not died, "there are more changes than this test reaches"


def test_killed_while_the_first_documents_come_in_it_goes_on(folder, tmp_path):
    for place in range(1, 8):
        store = Store(tmp_path / f"store-{place}")
        _dies(store, place, folder, after=True)
        add(store, folder)
        assert run(contents(store)) == written(folder), place
        assert len(run(store.engine.names())) == 2


def test_killed_at_any_change_a_file_set_back_to_what_it_was_is_read_again(folder, tmp_path):
    path = aged(folder / "0.md")
    words, before = path.read_text(), path.stat()
    for place in range(1, 5):
        store = Store(tmp_path / f"store-{place}")
        add(store, folder)
        path.write_text("# Title 0\n\nOther words.\n")
        assert _dies(store, place, folder, after=True)
        path.write_text(words)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        add(store, folder)
        assert run(contents(store)) == written(folder), place


def _dies(store, place, folder, *, after):
    """Whether it came to that."""
    store.engine = Dying(store.folder, place, after=after)
    try:
        add(store, folder)
    except Killed:
        return True
    finally:
        store.engine = Engine(store.folder)
    return False


def _let_things_happen(folder):
    (folder / "0.md").write_text("# Title 0\n\nWords of 0, changed and longer.\n")
    (folder / "1.md").rename(folder / "renamed.md")
    (folder / "2.md").unlink()
    (folder / "new.md").write_text("# New\n\nThis was not there.\n")


def _undo(folder):
    for number in range(6):
        (folder / f"{number}.md").write_text(f"# Title {number}\n\nWords of {number}, as they were at first.\n")
    for name in ("renamed.md", "new.md"):
        (folder / name).unlink()


def _each_whole(store, *states):
    """Each document is as in one of these states, or not there."""
    found = run(contents(store))
    assert len(set(found)) == len(found)
    for name in {document for document, _, _ in found}:
        mine = [row for row in found if row[0] == name]
        assert any(mine == [row for row in state if row[0] == name] for state in states), name


def _adder(store, *paths, **more):
    command = [sys.executable, "-m", "tests.retrieval.adder", str(store), *map(str, paths)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def _many(folder, documents, paragraphs):
    folder.mkdir()
    for number in range(documents):
        text = "\n\n".join(f"Paragraph {place} of {number}: " + f"w{place} " * 120 for place in range(paragraphs))
        (folder / f"{number}.txt").write_text(text)


def test_killed_processes_leave_a_store_that_the_next_one_completes(tmp_path):
    _many(tmp_path / "many", 120, 30)
    moments = random.Random(5)
    for _ in range(3):
        process = _adder(tmp_path / "store", tmp_path / "many")
        until(lambda: (tmp_path / "store" / "catalog.json").exists(), 20)
        time.sleep(moments.uniform(0.1, 1.2))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        _each_whole(Store(tmp_path / "store"), written(tmp_path / "many"))
    last = _adder(tmp_path / "store", tmp_path / "many")
    said, errors = last.communicate(timeout=60)
    assert last.returncode == 0, errors
    assert run(contents(Store(tmp_path / "store"))) == written(tmp_path / "many")
    assert not list((tmp_path / "store").glob("tmp*")), "what was on its way is gone with the process"


def test_two_that_add_at_once_wait_for_each_other_and_both_are_in(tmp_path):
    _many(tmp_path / "many", 30, 20)
    _many(tmp_path / "more", 30, 20)
    both = [_adder(tmp_path / "store", tmp_path / name) for name in ("many", "more")]
    said = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert any("another process is changing" in out for out, _ in said)
    found = run(contents(Store(tmp_path / "store")))
    assert found == sorted(written(tmp_path / "many") + written(tmp_path / "more"))


def test_a_full_disk_is_one_line_and_what_was_there_can_be_searched(folder, tmp_path):
    """No file may grow beyond 64 kB: what the system says is what a full disk says, as far as writing goes."""
    store = Store(tmp_path / "store")
    add(store, folder)
    _many(tmp_path / "many", 20, 20)
    process = _adder(
        store.folder,
        tmp_path / "many",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)),
    )
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"there is no room left in {store.folder}: free some and start again" in errors.splitlines()[-1]
    assert run(contents(store)) == written(folder)
    add(store, tmp_path / "many")
    assert run(contents(store)) == sorted(written(folder) + written(tmp_path / "many"))


def test_a_server_sees_what_another_process_adds_and_never_a_broken_store(folder, tmp_path):
    store = Store(tmp_path / "store")
    add(store, folder)
    collection, before = store.catalog.get("documents"), len(written(folder))

    async def watch(process):
        while process.poll() is None:
            assert len(await store.engine.matching(collection, "words", 100)) >= before

    _many(tmp_path / "many", 20, 20)
    with _adder(store.folder, tmp_path / "many") as process:
        run(watch(process))
        assert process.returncode == 0, process.stderr.read()
    assert until(lambda: len(run(store.engine.matching(collection, "paragraph", 1000))) > 300, 5)


def test_interrupted_while_it_encodes_what_was_committed_stays(folder, tmp_path):
    store = Store(tmp_path / "store")
    add(store, folder)

    class Interrupted:
        width = 26

        def encode(self, texts):
            raise KeyboardInterrupt

    (folder / "new.md").write_text("# New\n\nThis was not there.\n")
    with pytest.raises(KeyboardInterrupt):
        run(put(store, folder, encoder=Interrupted()))
    assert len(run(contents(store))) == 6
    add(store, folder)
    assert run(contents(store)) == written(folder)
