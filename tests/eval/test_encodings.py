"""What was encoded once is read again, whatever happens to the file."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from eval.encodings import FILE, PROBES, open_encodings
from eval.rowfile import RowFile
from routers.base import Array
from routers.reader import load_bundled_reader
from routers.retriever import load_bundled_retriever


class Counting:
    """A row is the text's length and its number of e's, times `scale`; `asked` holds every text it was given."""

    name = "counting"
    inline = False

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Array:
        self.asked += texts
        return np.array([[len(text), text.count("e")] for text in texts], dtype=np.float32) * self.scale

    @property
    def made(self) -> list[str]:
        return [text for text in self.asked if text not in PROBES]


TEXTS = ["one", "three", "Ünïcode \ud800", "one"]


def encoded(folder: Path, encoder: Counting, texts: Sequence[str] = TEXTS, name: str = "v1"):
    """The rows as a new process would get them, the counts, and what was said."""
    said: list[str] = []
    with open_encodings(True, said.append, folder) as encodings:
        rows = encodings.remembering(encoder, name).encode(texts)
    return rows, encodings, said


def test_a_text_that_was_encoded_before_is_not_encoded_again(tmp_path):
    first, second = Counting(), Counting()
    fresh, made, _ = encoded(tmp_path, first)
    again, read, said = encoded(tmp_path, second, [*TEXTS, "new"])
    assert first.made == ["one", "three", "Ünïcode \ud800"] and second.made == ["new"]
    np.testing.assert_array_equal(fresh, Counting().encode(TEXTS))
    np.testing.assert_array_equal(again[:4], fresh)
    assert (made.read, made.made, read.read, read.made, said) == (0, 4, 4, 1, [])
    assert read.said() == "Encodings of 4 of 5 texts came from the cache"


def test_another_version_of_an_encoder_is_another_encoder(tmp_path):
    encoded(tmp_path, Counting())
    other, same_name = Counting(), Counting(scale=2.0)
    encoded(tmp_path, other, name="v2")
    rows, _, _ = encoded(tmp_path, same_name)
    assert other.made and same_name.made
    np.testing.assert_array_equal(rows, Counting(scale=2.0).encode(TEXTS))


def test_without_a_cache_everything_is_encoded_and_nothing_is_kept(tmp_path):
    encoder = Counting()
    with open_encodings(False, print, tmp_path) as encodings:
        for _ in range(2):
            encodings.remembering(encoder, "v1").encode(TEXTS)
    assert len(encoder.asked) == 8 and not list(tmp_path.iterdir())
    assert (encodings.read, encodings.made, encodings.said()) == (0, 8, "")


def test_no_text_makes_no_row_and_no_word(tmp_path):
    rows, encodings, _ = encoded(tmp_path, Counting(), [])
    assert len(rows) == 0 and encodings.said() == ""


@pytest.mark.parametrize("damage", ["nothing of a database", "cut", "empty"])
def test_a_damaged_file_is_begun_anew_without_a_word(tmp_path, damage):
    texts = [f"text {n}" for n in range(500)]
    encoded(tmp_path, Counting(), texts)
    file = tmp_path / FILE
    whole = file.read_bytes()
    file.write_bytes({"nothing of a database": b"x" * 9000, "cut": whole[: len(whole) // 2], "empty": b""}[damage])
    rows, _, said = encoded(tmp_path, Counting(), texts)
    np.testing.assert_array_equal(rows, Counting().encode(texts))
    third = Counting()
    encoded(tmp_path, third, texts)
    assert not third.made and said == []


def test_a_row_that_is_not_what_was_written_is_made_again(tmp_path):
    encoded(tmp_path, Counting())
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("UPDATE rows SET row = substr(row, 1, 7)")
    connection.close()
    rows, encodings, _ = encoded(tmp_path, Counting())
    np.testing.assert_array_equal(rows, Counting().encode(TEXTS))
    assert encodings.read == 0


def test_a_folder_that_cannot_be_written_is_said_once_and_done_without(tmp_path):
    (tmp_path / "file").write_text("where a folder should be")
    said: list[str] = []
    with open_encodings(True, said.append, tmp_path / "file") as encodings:
        for _ in range(3):
            rows = encodings.remembering(Counting(), "v1").encode(TEXTS)
    np.testing.assert_array_equal(rows, Counting().encode(TEXTS))
    assert len(said) == 1 and "going on without it" in said[0] and "\n" not in said[0]


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file of this process may grow beyond this, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_said_once_and_done_without(tmp_path):
    texts = [f"text {n}" for n in range(3000)]
    said: list[str] = []
    with open_encodings(True, said.append, tmp_path) as encodings, largest_file(100_000):
        for start in range(0, 3000, 500):
            rows = encodings.remembering(Counting(), "v1").encode(texts[start : start + 500])
            np.testing.assert_array_equal(rows, Counting().encode(texts[start : start + 500]))
    assert len(said) == 1 and "going on without it" in said[0] and "\n" not in said[0]
    rows, _, said = encoded(tmp_path, Counting(), texts)
    np.testing.assert_array_equal(rows, Counting().encode(texts))
    assert said == []


def test_several_writers_at_once_lose_nothing(tmp_path):
    texts = [f"text {n}" for n in range(400)]

    def work(start: int) -> list[str]:
        said: list[str] = []
        with open_encodings(True, said.append, tmp_path) as encodings:
            remembering = encodings.remembering(Counting(), "v1")
            for n in range(start, 400, 8):
                remembering.encode(texts[n : n + 20])
        return said

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8)), []) == []
    last = Counting()
    encoded(tmp_path, last, texts)
    assert not last.made


def test_the_oldest_rows_go_where_the_file_grows_too_large(tmp_path):
    file = RowFile(tmp_path / "rows.db", pytest.fail, limit=200_000)
    for start in range(0, 4000, 100):
        file.write(b"me", {b"%d" % n: np.full(64, n, dtype=np.float32) for n in range(start, start + 100)})
    kept = file.read(b"me", [b"%d" % n for n in range(4000)])
    file.close()
    assert b"3999" in kept and b"0" not in kept and 100 <= len(kept) < 1000
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 1_000_000 + 4 * 1024 * 1024


def test_the_reader_of_the_package_says_the_same_from_the_cache(tmp_path):
    reader, texts = load_bundled_reader(), ["What is a torque?", "Write a sonnet."]
    for made in (2, 0):
        with open_encodings(True, pytest.fail, tmp_path) as encodings:
            remembering = encodings.behind_reader(reader)
            np.testing.assert_array_equal(remembering.encode(texts), reader.encode(texts))
            assert remembering.version == reader.version and encodings.made == made


def test_the_retriever_of_the_package_says_the_same_from_the_cache(tmp_path):
    retriever, texts = load_bundled_retriever(), ["The harbour freezes in January.", "Who froze?"]
    for again in (False, True):
        with open_encodings(True, pytest.fail, tmp_path) as encodings:
            remembering = encodings.behind_retriever(retriever)
            np.testing.assert_array_equal(remembering.encode(texts), retriever.encode(texts))
            np.testing.assert_array_equal(remembering.encode_queries(texts), retriever.encode_queries(texts))
            assert (remembering.width, remembering.tokens) == (retriever.width, retriever.tokens)
            assert (encodings.made == 0) == again
