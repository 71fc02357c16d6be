"""Any OpenAI-compatible endpoint: vLLM, Ollama, llama.cpp, OpenAI itself. Knows its wire and its error codes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson

from gateway.clients.base import Call
from gateway.clients.transport import Arrival, Headers, Transport
from gateway.clients.upstream_errors import error_from, error_in_stream
from gateway.errors import ExpertBroken, ExpertTimeout
from gateway.experts import Expert
from gateway.types import Reply
from gateway.wire.completion import read_completion
from gateway.wire.jsons import NotPassable, loads
from gateway.wire.sse import Events

MAX_ERROR_BYTES = 64 * 1024


class OpenAIClient:
    """One expert behind `base_url`. The key is kept out of everything that can be printed."""

    def __init__(self, expert: Expert, base_url: str, key: str, transport: Transport) -> None:
        self._expert = expert
        self._url = f"{base_url}/chat/completions"
        self._key = key
        self._transport = transport
        self._headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
        if key:
            self._headers["authorization"] = f"Bearer {key}"
        self._headers.update(expert.headers)

    async def ask(self, call: Call) -> Reply:
        return await (self._whole(call) if call.hear is None else self._stream(call))

    async def _whole(self, call: Call) -> Reply:
        response = await self._transport.post(self._url, self._headers, orjson.dumps(call.body))
        if response.status != 200:
            raise self._refusal(response.status, response.headers, response.body)
        body = _json(response.body)
        if isinstance(body, dict) and body.get("error") and not body.get("choices"):
            raise error_in_stream(body["error"], self._key)
        return read_completion(body, call.prompt_tokens)

    async def _stream(self, call: Call) -> Reply:
        arrival = await self._opened(call)
        try:
            if arrival.status != 200:
                raise self._refusal(arrival.status, arrival.headers, await _at_most(arrival, MAX_ERROR_BYTES))
            if "event-stream" not in arrival.headers.get("content-type", ""):
                kind = arrival.headers.get("content-type", "no content type")
                raise ExpertBroken(f"was asked for a stream and answered with {kind}")
            await self._listen(call, arrival)
        finally:
            await arrival.close()
        return call.tally.reply(call.prompt_tokens)

    async def _opened(self, call: Call) -> Arrival:
        try:
            async with asyncio.timeout(self._expert.first_token_timeout_s):
                return await self._transport.open(self._url, self._headers, orjson.dumps(call.body))
        except TimeoutError:
            raise self._slow_to_begin() from None

    async def _listen(self, call: Call, arrival: Arrival) -> None:
        """Pass chunks on until the expert says that it is done; ending without saying so is an error."""
        async for data in self._events(call, arrival):
            if data.strip() == b"[DONE]":
                break
            chunk = _json(data)
            if not isinstance(chunk, dict):
                raise ExpertBroken("sent an event that is not a JSON object")
            if chunk.get("error"):
                raise error_in_stream(chunk["error"], self._key)
            call.tally.add(chunk)
            assert call.hear is not None
            await call.hear(chunk)
        else:
            if not call.tally.complete:
                raise ExpertBroken("ended its stream without saying that it was done")
        if not call.tally.begun:
            raise ExpertBroken("ended its stream without having said anything")

    async def _events(self, call: Call, arrival: Arrival) -> AsyncIterator[bytes]:
        """The data of each event. Roles and comments do not count as a beginning, nor as going on."""
        events, clock = Events(), asyncio.get_running_loop().time
        deadline = clock() + self._expert.first_token_timeout_s
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    piece = await anext(arrival.pieces, None)
            except TimeoutError:
                raise self._stalled() if call.tally.begun else self._slow_to_begin() from None
            for data in events.end() if piece is None else events.feed(piece):
                yield data
                if call.tally.begun:
                    deadline = clock() + self._expert.between_tokens_timeout_s
            if piece is None:
                return

    def _slow_to_begin(self) -> ExpertTimeout:
        return ExpertTimeout(f"did not begin to answer within {self._expert.first_token_timeout_s:g} s")

    def _stalled(self) -> ExpertTimeout:
        return ExpertTimeout(
            f"sent nothing for {self._expert.between_tokens_timeout_s:g} s in the middle of its answer"
        )

    def _refusal(self, status: int, headers: Headers, body: bytes) -> Exception:
        return error_from(status, headers, body, self._key)


def _json(data: bytes) -> Any:
    try:
        return loads(data)
    except NotPassable as error:
        raise ExpertBroken(f"answered with something that is {error}") from None


async def _at_most(arrival: Arrival, limit: int) -> bytes:
    body = b""
    async for piece in arrival.pieces:
        body += piece
        if len(body) >= limit:
            break
    return body[:limit]
