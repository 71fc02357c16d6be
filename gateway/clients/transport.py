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
    """POSTs JSON. Raises ExpertError; being cancelled closes the connection."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Whole:
        """The whole response."""

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

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Whole:
        try:
            response = await self._client.post(url, headers, body)
        except (OSError, *PROTOCOL_ERRORS) as error:
            raise self._unreached(error) from None
        return Whole(response.status, response.headers, response.content)

    async def open(self, url: str, headers: Mapping[str, str], body: bytes) -> Arrival:
        request = pyqwest.Request("POST", url, pyqwest.Headers(list(headers.items())), body)
        try:
            response = await self._transport.execute(request)
        except (OSError, *PROTOCOL_ERRORS) as error:
            raise self._unreached(error) from None
        return Arrival(response.status, response.headers, _pieces(response), response.aclose)

    async def close(self) -> None:
        await self._transport.aclose()

    def _unreached(self, error: Exception) -> ExpertError:
        if isinstance(error, pyqwest.ConnectTimeout):
            return ExpertTimeout(f"accepted no connection within {self._connect_timeout_s:g} s")
        return ExpertUnreachable(f"cannot be reached: {_cause(error)}")


async def _pieces(response: pyqwest.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in response.content:
            yield bytes(piece)
    except (OSError, *PROTOCOL_ERRORS) as error:
        raise ExpertBroken(f"broke off in the middle of its answer: {_cause(error)}") from None


def _cause(error: Exception) -> str:
    """The innermost reason: the text after the last ': ' says it, the rest is the way there."""
    return str(error).rsplit(": ", 1)[-1][:200]
