"""A real HTTP endpoint that does what the model's name says: answers, hangs, dies, sends garbage, refuses."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import uvicorn

Json = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]

TOOL_CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Bern"}'}}


def completion(text: str, **more: Any) -> Json:
    message = {"role": "assistant", "content": text, "refusal": None, "strange_message_field": [1, 2]}
    return {
        "id": "chatcmpl-up",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "upstream-model",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": 11,
            "completion_tokens": 7,
            "total_tokens": 18,
            "prompt_tokens_details": {"cached_tokens": 3},
        },
        "strange_field": {"kept": True},
        **more,
    }


def chunk(delta: Json, finish: str | None = None, **more: Any) -> Json:
    return {
        "id": "chatcmpl-up",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": "upstream-model",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        **more,
    }


USAGE_CHUNK: Json = {**chunk({}), "choices": [], "usage": completion("")["usage"]}


def error(message: str, code: str | None = None) -> Json:
    return {"error": {"message": message, "type": "x", "param": None, "code": code}}


class Upstream:
    """What was asked of it stands in `received`, who left in `gone`; `behave` maps a model name to a coroutine.

    Whoever is `held` answers once `go` is set.
    """

    def __init__(self) -> None:
        self.received: list[Json] = []
        self.headers: list[dict[str, str]] = []
        self.gone: list[str] = []
        self.go = threading.Event()
        self.url = ""
        self.behave: dict[str, Callable[[Exchange], Awaitable[None]]] = dict(BEHAVIOURS)

    def asked(self, model: str) -> int:
        return sum(body["model"] == model for body in self.received)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        raw = b""
        while True:
            message = await receive()
            raw += message.get("body", b"")
            if not message.get("more_body"):
                break
        body = orjson.loads(raw)
        self.received.append(body)
        self.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
        exchange = Exchange(self, body, receive, send)
        await self.behave.get(body["model"], answer)(exchange)


class Office:
    """One port for one upstream after the other: a request goes to the one that is there when it comes."""

    def __init__(self) -> None:
        self.url = ""
        self._there = Upstream()

    def open(self) -> Upstream:
        self._there.go.set()
        self._there = Upstream()
        self._there.url = self.url
        return self._there

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        await self._there(scope, receive, send)


class Exchange:
    """One request at the upstream."""

    def __init__(self, upstream: Upstream, body: Json, receive: Receive, send: Send) -> None:
        self.upstream = upstream
        self.body = body
        self.receive = receive
        self._send = send

    async def reply(self, status: int, body: Json | bytes, headers: dict[str, str] | None = None) -> None:
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        pairs = [
            (b"content-type", b"application/json"),
            *((k.encode(), v.encode()) for k, v in (headers or {}).items()),
        ]
        await self._send({"type": "http.response.start", "status": status, "headers": pairs})
        await self._send({"type": "http.response.body", "body": raw})

    async def begin(self) -> None:
        pairs = [(b"content-type", b"text/event-stream")]
        await self._send({"type": "http.response.start", "status": 200, "headers": pairs})

    async def event(self, payload: Json | bytes) -> None:
        raw = payload if isinstance(payload, bytes) else orjson.dumps(payload)
        await self._send({"type": "http.response.body", "body": b"data: " + raw + b"\n\n", "more_body": True})

    async def comment(self) -> None:
        """Ten times a second, as some servers do to keep a connection."""
        await asyncio.sleep(0.1)
        await self._send({"type": "http.response.body", "body": b": thinking\n\n", "more_body": True})

    async def end(self) -> None:
        await self._send({"type": "http.response.body", "body": b""})

    async def hold(self) -> None:
        """Wait until the test lets us go on."""
        while not self.upstream.go.is_set():  # noqa: ASYNC110 - who sets it is in another thread
            await asyncio.sleep(0.005)

    async def hang(self) -> None:
        """Wait until the other side leaves, and remember that it did."""
        while (await self.receive())["type"] != "http.disconnect":
            pass
        self.upstream.gone.append(self.body["model"])


async def answer(x: Exchange) -> None:
    if not x.body.get("stream"):
        await x.reply(200, completion(f"hello from {x.body['model']}"))
        return
    await x.begin()
    await x.event(chunk({"role": "assistant", "content": ""}))
    for word in ("hello ", "from ", x.body["model"]):
        await x.event(chunk({"content": word}, strange_field=word))
    await x.event(chunk({}, "stop"))
    await x.event(USAGE_CHUNK)
    await x.event(b"[DONE]")
    await x.end()


def says(text: str, after: float = 0.0) -> Callable[[Exchange], Awaitable[None]]:
    """Whoever always says this, after so many seconds; streamed in two pieces where that is wanted."""

    async def behave(x: Exchange) -> None:
        await asyncio.sleep(after)
        if not x.body.get("stream"):
            await x.reply(200, completion(text))
            return
        await x.begin()
        for piece in (text[: len(text) // 2], text[len(text) // 2 :]):
            await x.event(chunk({"role": "assistant", "content": piece}))
        await x.event(chunk({}, "stop"))
        await x.event(USAGE_CHUNK)
        await x.event(b"[DONE]")
        await x.end()

    return behave


async def tools(x: Exchange) -> None:
    if not x.body.get("stream"):
        body = completion("")
        body["choices"][0] |= {"message": {"role": "assistant", "content": None, "tool_calls": [TOOL_CALL]}}
        body["choices"][0]["finish_reason"] = "tool_calls"
        await x.reply(200, body)
        return
    await x.begin()
    head = {**TOOL_CALL, "index": 0, "function": {"name": "weather", "arguments": ""}}
    await x.event(chunk({"role": "assistant", "content": None, "tool_calls": [head]}))
    for piece in ('{"city"', ': "Bern"}'):
        await x.event(chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}))
    await x.event(chunk({}, "tool_calls"))
    await x.event(b"[DONE]")
    await x.end()


async def hang(x: Exchange) -> None:
    await x.hang()


async def hang_mid_stream(x: Exchange) -> None:
    await x.begin()
    await x.event(chunk({"role": "assistant", "content": "one "}))
    await x.hang()


async def die_mid_stream(x: Exchange) -> None:
    """The connection breaks after some content."""
    await x.begin()
    await x.event(chunk({"role": "assistant", "content": "one "}))
    await asyncio.sleep(0.05)
    raise RuntimeError("dies as it should")


async def die_before_content(x: Exchange) -> None:
    await x.begin()
    await x.event(chunk({"role": "assistant", "content": ""}))
    await asyncio.sleep(0.05)
    raise RuntimeError("dies as it should")


async def stop_short(x: Exchange) -> None:
    """Ends like a finished HTTP response, but has never said that it is done."""
    await x.begin()
    await x.event(chunk({"role": "assistant", "content": "half an ans"}))
    await x.end()


async def fail_in_band(x: Exchange) -> None:
    await x.begin()
    await x.event(chunk({"role": "assistant", "content": "one "}))
    await x.event(error("the engine died"))
    await x.end()


async def garbage(x: Exchange) -> None:
    if x.body.get("stream"):
        await x.begin()
        await x.event(b"{not json")
        await x.end()
    else:
        await x.reply(200, b"<html>It works!</html>")


async def odd(x: Exchange) -> None:
    await x.reply(200, {"choices": []})


async def refuse(x: Exchange) -> None:
    await x.reply(400, error("max_tokens is too large", "invalid_value"))


async def too_long(x: Exchange) -> None:
    await x.reply(400, error("This model's maximum context length is 10 tokens", "context_length_exceeded"))


async def deny(x: Exchange) -> None:
    await x.reply(401, error("Incorrect API key provided: sk-secret-123456"))


async def busy(x: Exchange) -> None:
    await x.reply(429, error("slow down"), {"retry-after": "30"})


async def busy_once(x: Exchange) -> None:
    if x.upstream.asked("busy-once") == 1:
        await x.reply(429, error("slow down"), {"retry-after": "0.1"})
    else:
        await answer(x)


async def fail(x: Exchange) -> None:
    await x.reply(500, error("boom"))


async def fail_twice(x: Exchange) -> None:
    if x.upstream.asked("fail-twice") <= 2:
        await fail(x)
    else:
        await answer(x)


async def held(x: Exchange) -> None:
    """Answers when the test lets it."""
    await x.hold()
    await answer(x)


async def think(x: Exchange) -> None:
    """Says nothing for a while, and then all of it."""
    await asyncio.sleep(1.0)
    await answer(x)


BEHAVIOURS: dict[str, Callable[[Exchange], Awaitable[None]]] = {
    "tools": tools,
    "hang": hang,
    "hang-mid-stream": hang_mid_stream,
    "die-mid-stream": die_mid_stream,
    "die-before-content": die_before_content,
    "stop-short": stop_short,
    "fail-in-band": fail_in_band,
    "garbage": garbage,
    "odd": odd,
    "refuse": refuse,
    "too-long": too_long,
    "deny": deny,
    "busy": busy,
    "busy-once": busy_once,
    "fail": fail,
    "fail-twice": fail_twice,
    "held": held,
    "think": think,
}


class Server(uvicorn.Server):
    """uvicorn, but it stops at once when it is told to, not at the next tenth of a second."""

    async def main_loop(self) -> None:
        await self.on_tick(0)
        while not self.should_exit:  # noqa: ASYNC110 - who sets it is in another thread
            await asyncio.sleep(0.003)


@contextmanager
def served(app: Any, config: Callable[[Any], uvicorn.Config] | None = None) -> Iterator[str]:
    """The application on a free port of this machine, in a thread of its own; yields http://127.0.0.1:PORT."""
    make = config or (lambda app: uvicorn.Config(app, port=0, log_config=None, access_log=False))
    server = Server(make(app))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive() and time.monotonic() < deadline, "the server did not start"
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive(), "the server did not stop"
