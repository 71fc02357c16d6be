"""URLs, against a real server that hangs, drips, turns in circles, breaks off, and sends too much."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gateway.retrieval.chunking import chunked
from gateway.retrieval.fetching import Limits, Seen, fetch, is_url
from gateway.retrieval.reading.documents import Unreadable
from tests.retrieval.sources import pdf_bytes, pdf_writer

QUICK = Limits(connect_s=0.3, silence_s=0.3, total_s=0.8, most_bytes=100_000)
WHEN = formatdate(0, usegmt=True)
BOMB = gzip.compress(bytes(20_000_000), 1)


class Page(BaseHTTPRequestHandler):
    """Does what the path says."""

    protocol_version = "HTTP/1.1"
    stop: threading.Event

    def do_GET(self) -> None:
        PAGES[self.path.split("?")[0].split("/")[1]](self)

    def send(self, body: bytes = b"", status: int = 200, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def drip(self) -> None:
        self.send(length=1000)
        while not self.stop.wait(0.1):
            self.wfile.write(b"x")

    def stall(self) -> None:
        self.send(b"some", length=1000)
        self.stop.wait(5)

    def endless(self) -> None:
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        while not self.stop.is_set():
            self.wfile.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")

    def seen(self) -> None:
        if "W/1" in (self.headers["if-none-match"] or "") or self.headers["if-modified-since"] == WHEN:
            self.send(status=304)
        else:
            self.send(b"Words.", content_type="text/plain", etag="W/1", last_modified=WHEN)

    def broken_off(self) -> None:
        self.send(b"some", length=1000)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


PAGES: dict[str, Callable[[Page], None]] = {
    "page": lambda page: page.send(b"<title>T</title><p>Gr\xf6\xdfe", content_type="text/html; charset=ISO-8859-1"),
    "paper": lambda page: page.send(pdf_bytes(pdf_writer([["A paper."]])), content_type="application/octet-stream"),
    "notes.md": lambda page: page.send(b"# N\n\nWords.", content_type="text/plain"),
    "lines": lambda page: page.send(b'{"text": "Words."}', content_type="application/x-ndjson; charset=utf-8"),
    "packed": lambda page: page.send(gzip.compress(b"Words."), content_type="text/plain", content_encoding="gzip"),
    "bomb": lambda page: page.send(BOMB, content_encoding="gzip"),
    "half-packed": lambda page: page.send(gzip.compress(b"Words " * 999)[:-30], content_encoding="gzip"),
    "moved": lambda page: page.send(status=302, location="/page"),
    "circle": lambda page: page.send(status=301, location="/circle"),
    "to-file": lambda page: page.send(status=302, location="file:///etc/passwd"),
    "to-nowhere": lambda page: page.send(status=302),
    "missing": lambda page: page.send(b"no", status=404),
    "login": lambda page: page.send(b"no", status=401),
    "failing": lambda page: page.send(b"no", status=503),
    "nothing": lambda page: page.send(status=204),
    "hang": lambda page: None if page.stop.wait(5) else None,
    "drip": Page.drip,
    "stall": Page.stall,
    "endless": Page.endless,
    "broken-off": Page.broken_off,
    "seen": Page.seen,
}


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    Page.stop = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # callers leave, as they should
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    Page.stop.set()
    server.shutdown()
    thread.join()
    server.server_close()


def read(url: str, limits: Limits = QUICK) -> list[tuple[str, str]]:
    """Titles and texts of what is there."""
    source = asyncio.run(fetch(url, limits=limits))
    assert source is not None
    with source:
        return [(chunk.title, chunk.text) for chunk in chunked(source)]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("page", ("T", "Größe")),
        ("page?a=b#part", ("T", "Größe")),
        ("paper", ("paper › page 1", "A paper.")),
        ("notes.md", ("N", "Words.")),
        ("lines", ("lines", "Words.")),
        ("packed", ("packed", "Words.")),
        ("moved", ("T", "Größe")),
    ],
)
def test_what_is_at_a_url_is_read_as_what_it_is(site: str, path: str, found: tuple[str, str]) -> None:
    assert read(f"{site}/{path}") == [found]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("missing", "is not there; look at the address (HTTP 404)"),
        ("login", "asks for a login; download it and add the file (HTTP 401)"),
        ("failing", "failed at its server; try again later (HTTP 503)"),
        ("nothing", "was answered with no document (HTTP 204)"),
        ("circle", "is redirected more than 5 times; look at the address"),
        ("to-nowhere", "is redirected more than 5 times; look at the address"),
        ("to-file", "leads to file:///etc/passwd; only http:// and https:// are fetched"),
        ("hang", "sent nothing for 0.3 s; try again later, or download it and add the file"),
        ("stall", "sent nothing for 0.3 s; try again later, or download it and add the file"),
        ("drip", "was not there within 0.8 s; download it and add the file"),
        ("endless", "is longer than 0 MB; download it, divide it and add the files"),
        ("bomb", "is longer than 0 MB; download it, divide it and add the files"),
    ],
)
def test_what_cannot_be_had_is_given_up_in_one_line(site: str, path: str, why: str) -> None:
    begun = time.monotonic()
    with pytest.raises(Unreadable) as caught:
        read(f"{site}/{path}")
    assert caught.value.message == f"{site}/{path}: {why}"
    assert time.monotonic() - begun < 4


@pytest.mark.parametrize("path", ["broken-off", "half-packed"])
def test_half_a_document_is_not_taken_for_a_whole_one(site: str, path: str) -> None:
    with pytest.raises(Unreadable, match=rf"/{path}: broke off in the middle of its answer: .*; look at the address"):
        read(f"{site}/{path}")


def test_what_has_not_changed_is_not_sent_again(site: str) -> None:
    source = asyncio.run(fetch(f"{site}/seen"))
    assert source is not None
    with source:
        assert (source.etag, source.last_modified, source.size) == ("W/1", WHEN, 6)
    assert asyncio.run(fetch(f"{site}/seen", Seen(etag=source.etag))) is None
    assert asyncio.run(fetch(f"{site}/seen", Seen(last_modified=source.last_modified))) is None


def test_a_server_that_is_not_there_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/x"
        with pytest.raises(Unreadable, match=r"x: cannot be reached: .*; look at the address and the network"):
            read(url)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://", "only http:// and https:// are fetched"),
        ("http://[::1", "is no URL; look at the address"),
        ("http://a b/", "is no URL that can be asked for"),
        ("ftp://a/b", "only http:// and https:// are fetched"),
        ("http://me:secret@a/b", "holds a password, which would be stored with it"),
        ("http://a:99999/", "is no URL"),
    ],
)
def test_what_is_no_url_is_refused_in_one_line(url: str, why: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(url)
    assert why in caught.value.message and "\n" not in caught.value.message


def test_nothing_of_a_failed_download_stays_on_the_disk(site: str, tmp_path: Path) -> None:
    limits = Limits(silence_s=0.3, most_bytes=3_000_000)
    with pytest.raises(Unreadable):
        asyncio.run(fetch(f"{site}/endless", limits=limits, room=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_only_http_is_fetched() -> None:
    assert is_url("https://a.b/c") and is_url("HTTP://a") and not is_url("a.html") and not is_url("file:///a")
