"""Whatever happens to files, adding their folder leaves exactly the chunks of the files there are."""

import io
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.retrieval.store import Store
from tests.retrieval.shelves import Letters, add, aged, contents, put, run, written
from tests.upstream import served

WORDS = st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta"]), min_size=1, max_size=4).map(" ".join)
PLACES = st.sampled_from(["a.md", "b.txt", "sub/deep/c.md"])


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "docs").mkdir()
    return tmp_path / "docs"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def write(folder, place, text):
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    (folder / place).write_text(f"# {text}\n\n{text}\n" if text else "")


def delete(folder, place):
    (folder / place).unlink(missing_ok=True)


def rename(folder, place, other):
    if (folder / place).exists():
        (folder / other).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).rename(folder / other)


def rest(folder, place):
    """Long enough for the time to tell."""
    if (folder / place).exists():
        aged(folder / place)


CHANGES = st.one_of(
    st.tuples(st.just(write), PLACES, st.just("") | WORDS),
    st.tuples(st.just(rename), PLACES, PLACES),
    st.tuples(st.sampled_from([delete, rest]), PLACES),
)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(runs=st.lists(st.lists(CHANGES, min_size=1, max_size=5), min_size=3, max_size=6))
def test_any_run_of_changes_leaves_the_chunks_of_the_files_there_are(runs):
    with TemporaryDirectory() as home:
        folder, store = Path(home) / "docs", Store(Path(home) / "store")
        folder.mkdir()
        for changes in runs:
            for change, *of in changes:
                change(folder, *of)
            add(store, folder)
            assert run(contents(store)) == written(folder)


def test_a_file_that_was_away_and_is_back_as_it_was_is_there_again(folder, store):
    path = folder / "a.md"
    path.write_text("words")
    aged(path)
    add(store, folder)
    path.rename(folder.parent / "away.md")
    assert add(store, folder).counts == {"removed": 1} and not run(contents(store))
    (folder.parent / "away.md").rename(path)
    assert add(store, folder).counts == {"added": 1}
    assert run(contents(store)) == written(folder)


def test_what_has_not_changed_is_neither_read_nor_encoded(folder, store):
    for name in ("a.md", "b.md"):
        aged_file = folder / name
        aged_file.write_text(f"# {name}\n\nSome text.\n")
        aged(aged_file)
    assert add(store, folder).counts == {"added": 2}
    encoder = Letters()
    assert add(store, folder, encoder=encoder).counts == {"unchanged": 2} and not encoder.texts
    aged(folder / "a.md", 30)  # another time, the same text
    assert add(store, folder, encoder=encoder).counts == {"unchanged": 2} and not encoder.texts


def test_a_change_that_leaves_size_and_time_alike_is_seen_where_the_time_cannot_tell(folder, store):
    (folder / "a.md").write_text("one word")
    before = (folder / "a.md").stat()
    add(store, folder)
    (folder / "a.md").write_text("two word")
    os.utime(folder / "a.md", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert add(store, folder).counts == {"changed": 1}
    assert run(contents(store)) == written(folder)


def test_a_line_more_in_a_jsonl_encodes_that_line_and_a_line_less_takes_it_out(folder, store):
    lines = [orjson.dumps({"id": f"l{number}", "text": f"The text of line {number}."}) for number in range(20)]
    (folder / "corpus.jsonl").write_bytes(b"\n".join(lines[:19]))
    assert add(store, folder).chunks == 19
    (folder / "corpus.jsonl").write_bytes(b"\n".join(lines[1:]))
    encoder = Letters()
    tally = add(store, folder, encoder=encoder)
    assert tally.counts == {"changed": 1} and tally.chunks == 1 and len(encoder.texts) == 1
    found = run(contents(store))
    assert len(found) == 19 and not any("line 0." in text for _, _, text in found)


def test_lines_of_one_name_are_all_there(folder, store):
    same = [orjson.dumps({"id": "same", "text": f"text {number}"}) for number in range(3)]
    (folder / "corpus.jsonl").write_bytes(b"\n".join([*same, orjson.dumps({"id": "same#2", "text": "its own"})]))
    add(store, folder)
    found = run(contents(store))
    assert len({document for document, _, _ in found}) == len(found) == 4


def test_a_bad_line_is_told_and_the_others_are_taken(folder, store):
    (folder / "corpus.jsonl").write_bytes(b'{"text": "good"}\n{"text": \n{"text": "also good"}\n')
    said = io.StringIO()
    assert add(store, folder, said=said).counts == {"added": 1, "refused": 1}
    assert "corpus.jsonl:2: not JSON" in said.getvalue()
    assert len(run(contents(store))) == 2


def test_hidden_files_junk_and_the_store_itself_are_passed_over(folder):
    store = Store(folder / "store")
    inside = ["seen.md", ".hidden.md", ".git/x.md", "node_modules/y.md", "~$open.md", "old.md~", "picture.png"]
    for name in inside:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("words")
    for _ in range(2):
        tally = add(store, folder)
        (folder / "store" / "left.md").write_text("in the store")
    assert {document for document, _, _ in run(contents(store))} == {str(folder / "seen.md")}
    assert tally.others == 1


def test_a_file_that_was_named_stays_when_its_folder_is_added(folder, store):
    (folder / "notes.log").write_text("named, of a kind that a walk passes over")
    add(store, folder / "notes.log")
    assert add(store, folder).counts["removed"] == 0
    (folder / "notes.log").unlink()
    assert add(store, folder).counts == {"removed": 1}


def test_a_file_that_cannot_be_read_keeps_what_it_said_and_one_that_says_nothing_does_not(folder, store):
    (folder / "a.md").write_text("what a says")
    (folder / "b.md").write_text("what b says")
    add(store, folder)
    (folder / "a.md").unlink()
    os.mkfifo(folder / "a.md")
    (folder / "b.md").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    said = io.StringIO()
    assert add(store, folder / "a.md", folder / "b.md", said=said).counts == {"refused": 2}
    assert [text for _, _, text in run(contents(store))] == ["a\nwhat a says"]
    assert all(line.startswith("refused: /") for line in said.getvalue().splitlines()[1:])


def test_names_that_are_not_utf8_and_paths_that_are_not_there_are_refused_in_a_line(folder, store):
    path = os.path.join(os.fsencode(folder), b"bad-\xff.md")
    with open(path, "wb") as file:
        file.write(b"words")
    said = io.StringIO()
    assert add(store, folder, folder / "missing.md", said=said).counts == {"refused": 2}
    assert "its name is not UTF-8; rename it" in said.getvalue() and "no such file" in said.getvalue()


def test_links_to_files_are_read_and_circles_of_folders_end(folder, store):
    (folder / "a.md").write_text("words")
    (folder / "link.md").symlink_to(folder / "a.md")
    (folder / "broken.md").symlink_to(folder / "nowhere")
    (folder / "circle").symlink_to(folder)
    assert add(store, folder).counts == {"added": 2, "refused": 1}


def test_a_document_larger_than_a_commit_is_whole(folder, store):
    (folder / "book.txt").write_text("\n\n".join(f"Paragraph {number}. " + "word " * 190 for number in range(2500)))
    tally = add(store, folder)
    assert tally.counts == {"added": 1} and tally.chunks > 2048
    assert run(contents(store)) == written(folder)


def test_the_same_file_named_twice_is_taken_once(folder, store):
    (folder / "a.md").write_text("words")
    assert add(store, folder, folder / "a.md", folder).counts == {"added": 1}


def test_nothing_is_encoded_again_after_a_run_that_lost_its_ledger(folder, store):
    for number in range(5):
        (folder / f"{number}.md").write_text(f"text {number}")

    async def lose():
        await put(store, folder)
        await store.engine.drop(f"{store.catalog.get('documents').table}.sources")

    run(lose())
    encoder = Letters()
    assert add(store, folder, encoder=encoder).counts == {"added": 5} and not encoder.texts
    assert run(contents(store)) == written(folder)


class Page:
    """A server of one page, by its ETag."""

    def __init__(self):
        self.text, self.sent = "", 0

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return
        tag = f'"{hash(self.text)}"'.encode()
        same = (b"if-none-match", tag) in scope["headers"]
        headers = [(b"etag", tag), (b"content-type", b"text/plain; charset=utf-8")]
        self.sent += not same
        await send({"type": "http.response.start", "status": 304 if same else 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if same else self.text.encode()})


def test_a_page_is_fetched_again_only_where_it_changed_and_kept_where_the_server_is_gone(store):
    page = Page()
    with served(page) as url:
        page.text = "The first state of the page."
        assert add(store, f"{url}/page").counts == {"added": 1}
        assert add(store, f"{url}/page").counts == {"unchanged": 1} and page.sent == 1
        page.text = "The second state of the page."
        assert add(store, f"{url}/page").counts == {"changed": 1}
    assert add(store, f"{url}/page").counts == {"refused": 1}
    [(document, _, text)] = run(contents(store))
    assert document == f"{url}/page" and "second state" in text
