"""`python -m eval.bench.clients.served CLIENT URL PORT`: the smallest gateway there can be, over one client.

Reads JSON, forwards it, reads the answer's JSON, answers. Runs in an environment of its own; knows no Coterie.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any

from eval.bench.clients.callers import CALLERS, Caller

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Forwarder:
    """The ASGI application; whatever is not a POST only shows that it is there."""

    def __init__(self, call: Caller) -> None:
        self._call = call
        self._json = import_module("orjson")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await _answer(send, 200, b"{}")
            return
        query = self._json.loads(await _body(receive))
        status, answer = await self._call(self._json.dumps(query))
        await _answer(send, status, self._json.dumps(self._json.loads(answer)))


async def _body(receive: Receive) -> bytes:
    pieces = []
    more = True
    while more:
        message = await receive()
        pieces.append(message["body"])
        more = message["more_body"]
    return b"".join(pieces)


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def serve(client: str, url: str, port: int) -> None:
    """Until it is told to end."""
    uvicorn = import_module("uvicorn")
    async with CALLERS[client](url) as call:
        config = uvicorn.Config(
            Forwarder(call), port=port, http="httptools", lifespan="off", access_log=False, log_level="warning"
        )
        await uvicorn.Server(config).serve()


def main(client: str, url: str, port: str) -> None:
    runner = asyncio.Runner(loop_factory=import_module("uvloop").new_event_loop)
    with runner:
        runner.run(serve(client, url, int(port)))


if __name__ == "__main__":
    main(*sys.argv[1:])
