"""A streamed answer as server-sent events, on the ASGI `send` of its response.

The status line waits for the first content, so that a failure before it is an ordinary error response; where nothing
comes within the first second the response begins with keep-alive comments, and errors after that are events.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
from starlette.types import Send

from gateway.errors import GatewayError
from gateway.types import Answer, Decision, Json, Plan, Query
from gateway.wire.answer import account, error_body, total_usage
from gateway.wire.headers import Pairs, plan_headers
from gateway.wire.sse import DONE, KEEPALIVE, event

STREAM_HEADERS: Pairs = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]


class Stream:
    """Writes one streamed answer; `begun` tells whether the status line has gone out."""

    def __init__(
        self, send: Send, headers: Pairs, decision_id: str, *, include_usage: bool, keepalive_s: float
    ) -> None:
        self._send = send
        self._headers = headers
        self._known: Pairs = [(b"x-coterie-decision", decision_id.encode())]
        self._include_usage = include_usage
        self._keepalive_s = keepalive_s
        self._last = time.monotonic()
        self._first: Json = {}
        self._plan_headers: Callable[[str], Pairs] = lambda speaker: []
        self._speaker: Callable[[str], str] = str
        self.begun = False
        self.model = ""

    def decided(self, query: Query, decision: Decision, plan: Plan) -> None:
        """What the headers will say, if content comes before the first keep-alive."""
        self._plan_headers = partial(plan_headers, query, decision, plan)
        self._speaker = plan.speaker

    async def hear(self, expert: str, chunk: Json) -> None:
        """Pass one chunk of the answer on: the first one's id, and our name for who speaks."""
        self.model = self._speaker(expert)
        if not self.begun:
            self._known = self._plan_headers(self.model)
        if not chunk.get("choices"):
            return
        if not self._first:
            self._first = {key: chunk[key] for key in ("id", "object", "created", "system_fingerprint") if key in chunk}
        out: dict[str, Any] = {**chunk, **self._first, "model": self.model}
        out.pop("usage", None)
        if self._include_usage:
            out["usage"] = None
        await self._write(event(orjson.dumps(out)))

    async def keep_alive(self) -> None:
        """A comment, where nothing has been written for a while."""
        if time.monotonic() - self._last >= self._keepalive_s * 0.9:
            await self._write(KEEPALIVE)

    async def finish(self, answer: Answer) -> None:
        """Usage and cost, where they were asked for, and the clean end."""
        if self._include_usage:
            last = {**self._first, "model": self.model, "choices": [], "usage": total_usage(answer)}
            await self._write(event(orjson.dumps({**last, "coterie": account(answer)})))
        await self._write(DONE)
        await self.close()

    async def fail(self, error: GatewayError) -> None:
        """An error inside the stream, and an end that nobody can take for a clean one."""
        await self._write(event(orjson.dumps(error_body(error))))
        await self.close()

    async def close(self) -> None:
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _write(self, piece: bytes) -> None:
        if not self.begun:
            self.begun = True
            headers = STREAM_HEADERS + self._headers + self._known
            await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        self._last = time.monotonic()
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})
