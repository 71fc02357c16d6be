"""Plain text: paragraphs, encodings, files of any length, and what is no text."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from gateway.retrieval.chunking import Chunk, chunked
from gateway.retrieval.reading.documents import Unreadable
from gateway.retrieval.reading.source import take
from tests.retrieval.sources import chunks_of, letters, source

CAFE = "Das Café an der Straße öffnet um acht. Naïve Gäste kommen früher.\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1", "cp1252"])
def test_a_text_is_read_in_the_encoding_it_is_in(encoding: str) -> None:
    assert chunks_of("cafe.txt", CAFE.encode(encoding))[0].text == CAFE.strip()


def test_a_charset_that_a_server_names_is_heeded() -> None:
    text = "Привет, мир. Как дела?"
    assert chunks_of("http://a/x.txt", text.encode("koi8-r"), charset="koi8-r")[0].text == text
    assert chunks_of("http://a/x.txt", text.encode(), charset="no-such-charset")[0].text == text


def test_a_few_broken_bytes_do_not_turn_a_text_into_another_encoding() -> None:
    assert chunks_of("x.txt", (CAFE * 9).encode() + b"\xff")[0].text.startswith("Das Café")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"abc\0def" * 10, "is binary, not text"),
        (bytes(range(1, 256)) * 20, "is binary, not text"),
        ("Привет, мир. Как дела?".encode("koi8-r"), "unknown encoding"),
        (b"PK\x03\x04rest", "is a zip or Office file"),
        (b"\x1f\x8brest", "is compressed"),
        (b"\x89PNG\r\n", "is a picture"),
        (b"", "is empty"),
        (b" \n\n \t\n", "holds no text"),
    ],
)
def test_what_is_no_text_is_refused_in_one_line(content: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why) as caught:
        chunks_of("some/file.txt", content)
    assert caught.value.message.startswith("some/file.txt: ") and "\n" not in caught.value.message


def test_what_cannot_be_seen_is_left_out() -> None:
    text = "Gre\u00aden\u200bland\x07 e\u0301 \u202eevil\u202c\U000e0041.\r\nLine two.\x85Line three."
    assert chunks_of("x.txt", text)[0].text == "Greenland é evil.\nLine two.\nLine three."


def test_a_file_without_a_known_suffix_is_read_as_what_it_looks_like() -> None:
    assert chunks_of("page", "<!DOCTYPE html><title>T</title><p>Hello.")[0].text == "Hello."
    assert chunks_of("NOTES", "Just words.")[0].title == "NOTES"


def test_paragraphs_stay_whole_where_they_fit() -> None:
    paragraph = "A sentence of some length stands here. " * 14
    chunks = chunks_of("x.txt", "\n\n".join([paragraph] * 3))
    assert [chunk.text for chunk in chunks] == [paragraph.strip()] * 3


def test_no_paragraph_of_a_long_file_is_divided_that_need_not_be() -> None:
    paragraph = "Start of it, " + "word following\n" * 50 + "to the end."
    chunks = chunks_of("long.txt", "\n\n".join([paragraph] * 1000))
    assert {chunk.text for chunk in chunks} == {paragraph} and len(chunks) == 1000


@pytest.mark.parametrize("name", ["long.txt", "long.md", "long.jsonl"])
def test_a_long_file_is_never_held_as_a_whole(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    line = "Words follow words until they come to the end. " * 200
    with file.open("w") as out:
        for number in range(500):
            out.write(json.dumps({"text": line}) + "\n" if name.endswith("jsonl") else f"# {number}\n\n{line}\n\n")
    with take(file, room=tmp_path) as taken:
        parts = chunked(taken)
        assert isinstance(next(parts), Chunk)
        assert taken.content.tell() < taken.size / 2, "all of it was read before the first chunk"


def test_one_enormous_line_is_divided() -> None:
    text = "word " * 200_000 + "x" * 300_000
    chunks = chunks_of("line.txt", text)
    assert letters("".join(chunk.text for chunk in chunks)) == letters(text)
    assert max(len(chunk.text) for chunk in chunks) <= 900


def test_a_file_that_changes_while_it_is_read_is_read_again_and_then_refused(tmp_path: Path) -> None:
    file = tmp_path / "log.txt"
    file.write_text("line\n" * 3_000_000)
    stop = threading.Event()

    def write() -> None:
        with file.open("a") as out:
            while not stop.is_set():
                print("more", file=out, flush=True)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with pytest.raises(Unreadable, match=r"log\.txt: changes while it is read; add it when nobody writes to it"):
            take(file)
    finally:
        stop.set()
        writer.join()
    with take(file) as taken:
        assert taken.size == file.stat().st_size and taken.modified_ns == file.stat().st_mtime_ns


def test_what_is_taken_is_not_changed_by_a_later_write(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("Old words.")
    with take(file, name="a.txt") as taken:
        file.write_text("New words.")
        assert [part.text for part in chunked(taken) if isinstance(part, Chunk)] == ["Old words."]


def test_paths_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, why in [
        (tmp_path / "none.txt", "no such file; look at its path"),
        (tmp_path, "is a folder; name files"),
        (tmp_path / "pipe", "is no file but a device or a pipe; name files"),
        (tmp_path / ("long" * 100), "cannot be read (File name too long); look at its path and disk"),
    ]:
        with pytest.raises(Unreadable) as caught:
            take(path)
        assert caught.value.message == f"{path}: {why}"


def test_a_copy_for_which_there_is_no_folder_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "big.txt"
    file.write_text("words\n" * 300_000)
    with pytest.raises(Unreadable, match=r"big\.txt: cannot be copied \(No such file or directory\)"):
        take(file, room=tmp_path / "gone")


def test_the_digest_is_that_of_the_bytes() -> None:
    with source("a", "x") as made:
        assert made.digest == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
