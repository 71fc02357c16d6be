"""The seam to the network: one POST, its answer in pieces. The Rust client behind it is known here alone.

Of the clients that were measured (`make bench-clients`) the fastest, pyreqwest, leaves the connection open when a call
is cancelled before its answer begins, so that the expert goes on working for nobody; pyqwest is next and closes it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import pyqwest

from gateway.errors import ExpertBroken, ExpertError, ExpertTimeout, ExpertUnreachable

IDLE_CONNECTIONS = 256
IDLE_S = 60.0
MOST_BYTES = 32 * 1024 * 1024
"""Of a response that is read as a whole, unless somebody says otherwise."""
PROTOCOL_ERRORS = (pyqwest.RemoteProtocolError, pyqwest.ReadError, pyqwest.WriteError)


class Headers(Protocol):
    """Response headers; names are found in any case."""

    def get(self, key: str, default: str = ...) -> str: ...


@dataclass(frozen=True, slots=True)
class Whole:
    """An HTTP response with its whole body."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Arrival:
    """An HTTP response whose body comes in pieces; `close` ends it wherever it is."""

    status: int
    headers: Headers
    pieces: AsyncIterator[bytes]
    close: Callable[[], Awaitable[None]]


class Transport(Protocol):
    """Sends JSON. Raises ExpertError; being cancelled closes the connection."""

    async def get(self, url: str, headers: Mapping[str, str]) -> Whole:
        """The whole response."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, most: int = MOST_BYTES) -> Whole:
        """The whole response; ExpertBroken where its body is longer than `most` bytes."""

    async def open(self, url: str, headers: Mapping[str, str], body: bytes) -> Arrival:
        """The response as soon as its headers are there."""


class PyqwestTransport:
    """Keeps connections and shares them between the experts that allow the same time to connect."""

    def __init__(self, connect_timeout_s: float, idle_s: float = IDLE_S) -> None:
        self._connect_timeout_s = connect_timeout_s
        self._transport = pyqwest.HTTPTransport(
            connect_timeout=connect_timeout_s,
            pool_max_idle_per_host=IDLE_CONNECTIONS,
            pool_idle_timeout=idle_s,
            tls_include_system_certs=True,
            follow_redirects=False,
            enable_otel=False,
        )
        self._client = pyqwest.Client(self._transport)

    async def get(self, url: str, headers: Mapping[str, str]) -> Whole:
        try:
            response = await self._client.get(url, headers)
        except (OSError, *PROTOCOL_ERRORS) as error:
            raise self._unreached(error) from None
        return Whole(response.status, response.headers, response.content)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, most: int = MOST_BYTES) -> Whole:
        response = await self._sent("POST", url, headers, body)
        try:
            whole = await _at_most(response, most)
        except (OSError, *PROTOCOL_ERRORS) as error:
            raise self._unreached(error) from None
        return Whole(response.status, response.headers, whole)

    async def open(self, url: str, headers: Mapping[str, str], body: bytes) -> Arrival:
        return _arrival(await self._sent("POST", url, headers, body))

    async def fetch(self, url: str, headers: Mapping[str, str]) -> Arrival:
        """A GET, answered as soon as its headers are there."""
        return _arrival(await self._sent("GET", url, headers, None))

    async def _sent(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> pyqwest.Response:
        request = pyqwest.Request(method, url, pyqwest.Headers(list(headers.items())), body)
        try:
            return await self._transport.execute(request)
        except (OSError, *PROTOCOL_ERRORS) as error:
            raise self._unreached(error) from None

    async def close(self) -> None:
        await self._transport.aclose()

    def _unreached(self, error: Exception) -> ExpertError:
        if isinstance(error, pyqwest.ConnectTimeout):
            return ExpertTimeout(f"accepted no connection within {self._connect_timeout_s:g} s")
        return ExpertUnreachable(f"cannot be reached: {_cause(error)}")


async def _at_most(response: pyqwest.Response, most: int) -> bytes:
    """The body, which is left where it is when it is too long, or nobody wants it any more."""
    whole = bytearray()
    try:
        async for piece in response.content:
            whole += piece
            if len(whole) > most:
                raise ExpertBroken(f"answered with more than {most} bytes (max_answer_bytes)")
    except BaseException:
        await response.aclose()
        raise
    return bytes(whole)


def _arrival(response: pyqwest.Response) -> Arrival:
    return Arrival(response.status, response.headers, _pieces(response), response.aclose)


async def _pieces(response: pyqwest.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in response.content:
            yield bytes(piece)
    except (OSError, *PROTOCOL_ERRORS) as error:
        raise ExpertBroken(f"broke off in the middle of its answer: {_cause(error)}") from None


def _cause(error: Exception) -> str:
    """The innermost reason: the text after the last ': ' says it, the rest is the way there."""
    return str(error).rsplit(": ", 1)[-1][:200]
