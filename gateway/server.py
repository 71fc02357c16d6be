"""uvicorn, with our manners: protocol errors in the one shape, headers that must come in time, a word when ready."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from socket import socket
from typing import Any

import orjson
from uvicorn import Config, Server
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADERS_S = 30.0
MAX_HEADER_BYTES = 64 * 1024
END_OF_HEAD = b"\r\n\r\n"
UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)


class Protocol(HttpToolsProtocol):
    """HTTP that answers nonsense with an OpenAI-shaped error, and hangs up on headers that are too long or too slow."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head: bytes | None = b""
        self._deadline: asyncio.TimerHandle | None = None
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """The parser gets a head as a whole, since only then it can be judged; what it has begun it goes on with."""
        if self._head is None:
            super().data_received(data)
            return
        head = self._head + data
        end = head.find(END_OF_HEAD)
        if not head[:1].isalpha():
            super().data_received(head)  # no method begins like this; the parser says so at once
        elif (len(head) if end < 0 else end) > MAX_HEADER_BYTES:
            message = f"The headers are longer than {MAX_HEADER_BYTES} bytes."
            self._refuse(431, "Request Header Fields Too Large", message)
        elif end < 0:
            self._unset_keepalive_if_required()
            self._wait_for_head()
            self._head = head
        else:
            self._head = b""
            super().data_received(_without_offers(head, end))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head = None

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._head = b""

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEADERS_S, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "Bad Request", "The request is not valid HTTP: a header is malformed.")

    def _too_slow(self) -> None:
        self._refuse(408, "Request Timeout", f"The headers did not arrive within {HEADERS_S:g} s.")

    def _refuse(self, status: int, phrase: str, message: str) -> None:
        code = {408: "request_timeout", 431: "headers_too_large"}.get(status, "invalid_http")
        error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
        body = orjson.dumps({"error": error})
        head = (
            f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        if not self.transport.is_closing():
            self.transport.write(head.encode() + body)
            self.transport.close()


def _without_offers(data: bytes, end: int) -> bytes:
    """A request may offer to go on in HTTP/2, as Java's clients do; the parser would then drop its body. We decline."""
    if b"h2c" not in data[:end]:
        return data
    return UPGRADE.sub(b"\r\nx-upgrade-declined:", data[:end]) + data[end:]


class AnnouncingServer(Server):
    """Calls `announce` with its port once it listens and `ready` has come."""

    def __init__(self, config: Config, ready: Callable[[], Awaitable[object]], announce: Callable[[int], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._announce = announce
        self._announcing: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self.servers:
            self._announcing = asyncio.create_task(self._when_ready(self.servers[0].sockets[0].getsockname()[1]))

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        if self._announcing is not None:
            self._announcing.cancel()
        await super().shutdown(sockets)
        # uvicorn would raise the signal again and end as if killed; stopping when told to is no failure
        self._captured_signals.clear()

    async def _when_ready(self, port: int) -> None:
        await self._ready()
        self._announce(port)


def server_config(app: Any, *, host: str, port: int, shutdown_s: float, **more: Any) -> Config:
    """How the gateway is served: uvloop, httptools, no access log of uvicorn's (ours has the decision in it)."""
    return Config(
        app,
        host=host,
        port=port,
        http=Protocol,
        loop="uvloop",
        ws="none",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=int(shutdown_s),
        backlog=2048,
        **more,
    )
