"""URLs as sources, fetched at an operator's own command. Knows HTTP's words, but no client and no format.

A server that hangs, drips, turns in circles or sends without end is given up in good time, with one line that says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

from gateway.clients.transport import Arrival, Headers, PyqwestTransport
from gateway.errors import ExpertError
from gateway.retrieval.reading.documents import Unreadable
from gateway.retrieval.reading.normal import one_line
from gateway.retrieval.reading.source import Copy, Source

SCHEMES = {"http", "https"}
MOVED = {301, 302, 303, 307, 308}
MB = 1024 * 1024
ACCEPT = "text/html, text/markdown, application/pdf, application/jsonl, text/plain;q=0.9, */*;q=0.1"
STATUS = {
    401: "asks for a login; download it and add the file",
    403: "may not be read from here; download it and add the file",
    404: "is not there; look at the address",
    410: "is gone; look for where it is now",
    429: "is asked too often; wait, and add it again",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a server said of a source when it was fetched before."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """connect_s, silence_s, total_s: seconds to be let in, without a byte, and for all of it. most_bytes: unpacked."""

    connect_s: float = 10.0
    silence_s: float = 10.0
    total_s: float = 30.0
    most_bytes: int = 50 * MB
    redirects: int = 5


def is_url(text: str) -> bool:
    """Whether it is fetched, and not looked for on the disk."""
    return text.lower().startswith(("http://", "https://"))


async def fetch(
    url: str, seen: Seen | None = None, limits: Limits | None = None, room: Path | None = None
) -> Source | None:
    """What is at the URL; None where it has not changed since it was `seen`. Unreadable where it cannot be had.

    room: the folder of the temporary copy.
    """
    allowed = limits or Limits()
    _check(url, url)
    copy = Copy(url, room)
    try:
        async with asyncio.timeout(allowed.total_s):
            source = await _fetched(copy, _wishes(seen), allowed)
    except TimeoutError:
        copy.close()
        raise Unreadable(url, f"was not there within {allowed.total_s:g} s; download it and add the file") from None
    except ExpertError as error:
        copy.close()
        raise Unreadable(url, f"{error.message}; look at the address and the network") from None
    except BaseException:
        copy.close()
        raise
    if source is None:
        copy.close()
    return source


def _wishes(seen: Seen | None) -> dict[str, str]:
    known = {"if-none-match": seen.etag, "if-modified-since": seen.last_modified} if seen else {}
    return {"accept": ACCEPT, "user-agent": "coterie", **{name: value for name, value in known.items() if value}}


async def _fetched(copy: Copy, wishes: Mapping[str, str], limits: Limits) -> Source | None:
    transport = PyqwestTransport(limits.connect_s)
    try:
        arrival = await _arrived(transport, copy.name, wishes, limits)
        try:
            if arrival.status == HTTPStatus.NOT_MODIFIED:
                return None
            if arrival.status != HTTPStatus.OK:
                raise Unreadable(copy.name, _status(arrival.status))
            await _copied(arrival, copy, limits)
            return copy.source(**_said(arrival.headers))
        finally:
            await arrival.close()
    finally:
        await transport.close()


async def _arrived(transport: PyqwestTransport, url: str, wishes: Mapping[str, str], limits: Limits) -> Arrival:
    """The response at the end of the redirects."""
    place = url
    for _ in range(limits.redirects + 1):
        arrival = await _asked(transport, url, place, wishes, limits)
        if arrival.status not in MOVED:
            return arrival
        await arrival.close()
        place = urljoin(place, arrival.headers.get("location", ""))
        _check(url, place)
    raise Unreadable(url, f"is redirected more than {limits.redirects} times; look at the address")


async def _asked(
    transport: PyqwestTransport, url: str, place: str, wishes: Mapping[str, str], limits: Limits
) -> Arrival:
    try:
        async with asyncio.timeout(limits.connect_s + limits.silence_s):
            return await transport.fetch(urldefrag(place).url, wishes)
    except ValueError:
        raise Unreadable(url, "is no URL that can be asked for; look at the address") from None
    except TimeoutError:
        raise Unreadable(url, _silent(limits)) from None


async def _copied(arrival: Arrival, copy: Copy, limits: Limits) -> None:
    """All of the body, which the client unpacks: what counts is its length then."""
    pieces = aiter(arrival.pieces)
    while True:
        try:
            async with asyncio.timeout(limits.silence_s):
                piece = await anext(pieces, b"")
        except TimeoutError:
            raise Unreadable(copy.name, _silent(limits)) from None
        if not piece:
            return
        if copy.size + len(piece) > limits.most_bytes:
            most = limits.most_bytes / MB
            raise Unreadable(copy.name, f"is longer than {most:,.0f} MB; download it, divide it and add the files")
        copy.write(piece)


def _check(url: str, place: str) -> None:
    """Unreadable where the place, or one that the URL leads to, is none that is fetched."""
    try:
        parts = urlsplit(place)
        named = parts.hostname
    except ValueError:
        raise Unreadable(url, "is no URL; look at the address") from None
    if parts.scheme not in SCHEMES or not named:
        raise Unreadable(url, f"leads to {one_line(place, 80)}; only http:// and https:// are fetched")
    if parts.username or parts.password:
        raise Unreadable(url, "holds a password, which would be stored with it; download it and add the file")


def _status(status: int) -> str:
    if status in STATUS:
        return f"{STATUS[status]} (HTTP {status})"
    what = "failed at its server; try again later" if status >= 500 else "was answered with no document"
    return f"{what} (HTTP {status})"


def _silent(limits: Limits) -> str:
    return f"sent nothing for {limits.silence_s:g} s; try again later, or download it and add the file"


def _said(headers: Headers) -> dict[str, str]:
    kind = Message()
    kind["content-type"] = headers.get("content-type", "")
    named = headers.get("content-type", "").strip()
    return {
        "media_type": kind.get_content_type() if named else "",
        "charset": kind.get_content_charset("") if named else "",
        "etag": headers.get("etag", ""),
        "last_modified": headers.get("last-modified", ""),
    }
