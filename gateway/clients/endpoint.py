"""One URL of one expert: JSON out, JSON or events in, errors in our words. Knows no completion's shape."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson

from gateway.clients.transport import Arrival, Transport
from gateway.clients.upstream_errors import error_from, error_in_stream
from gateway.errors import ExpertBroken, ExpertTimeout
from gateway.experts import Expert
from gateway.types import Json
from gateway.wire.jsons import NotPassable, loads
from gateway.wire.sse import Events

MAX_ERROR_BYTES = 64 * 1024


class Endpoint:
    """The key is kept out of everything that can be printed. No answer may be longer than `max_answer_bytes`."""

    def __init__(self, expert: Expert, url: str, key: str, transport: Transport) -> None:
        self._expert = expert
        self._url = url
        self._key = key
        self._transport = transport
        self._headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
        if key:
            self._headers["authorization"] = f"Bearer {key}"
        self._headers.update(expert.headers)

    async def whole(self, body: Json) -> Any:
        """The JSON that it answers; ExpertError for everything else."""
        most = self._expert.max_answer_bytes
        response = await self._transport.post(self._url, self._headers, orjson.dumps(body), most)
        if response.status != 200:
            raise error_from(response.status, response.headers, response.body, self._key)
        answer = _json(response.body)
        if isinstance(answer, dict) and answer.get("error") and not answer.get("choices"):
            raise error_in_stream(answer["error"], self._key)
        return answer

    async def stream(self, body: Json, take: Callable[[Json], Awaitable[None]], begun: Callable[[], bool]) -> bool:
        """Pass on each chunk as it comes. True where the expert said at the end that it was done.

        begun: whether something has been said by now, since other times hold for beginning than for going on.
        """
        arrival = await self._opened(body)
        try:
            if arrival.status != 200:
                raise error_from(arrival.status, arrival.headers, await _at_most(arrival, MAX_ERROR_BYTES), self._key)
            if "event-stream" not in arrival.headers.get("content-type", ""):
                kind = arrival.headers.get("content-type", "no content type")
                raise ExpertBroken(f"was asked for a stream and answered with {kind}")
            async for data in self._events(arrival, begun):
                if data.strip() == b"[DONE]":
                    return True
                await take(self._chunk(data))
            return False
        finally:
            await arrival.close()

    def _chunk(self, data: bytes) -> Json:
        chunk = _json(data)
        if not isinstance(chunk, dict):
            raise ExpertBroken("sent an event that is not a JSON object")
        if chunk.get("error"):
            raise error_in_stream(chunk["error"], self._key)
        return chunk

    async def _opened(self, body: Json) -> Arrival:
        try:
            async with asyncio.timeout(self._expert.first_token_timeout_s):
                return await self._transport.open(self._url, self._headers, orjson.dumps(body))
        except TimeoutError:
            raise self._slow_to_begin() from None

    async def _events(self, arrival: Arrival, begun: Callable[[], bool]) -> AsyncIterator[bytes]:
        """The data of each event. Roles and comments do not count as a beginning, nor as going on."""
        events, clock, size = Events(), asyncio.get_running_loop().time, 0
        deadline = clock() + self._expert.first_token_timeout_s
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    piece = await anext(arrival.pieces, None)
            except TimeoutError:
                raise self._stalled() if begun() else self._slow_to_begin() from None
            size += len(piece or b"")
            if size > self._expert.max_answer_bytes:
                raise ExpertBroken(f"answered with more than {self._expert.max_answer_bytes} bytes (max_answer_bytes)")
            for data in events.end() if piece is None else events.feed(piece):
                yield data
                if begun():
                    deadline = clock() + self._expert.between_tokens_timeout_s
            if piece is None:
                return

    def _slow_to_begin(self) -> ExpertTimeout:
        return ExpertTimeout(f"did not begin to answer within {self._expert.first_token_timeout_s:g} s")

    def _stalled(self) -> ExpertTimeout:
        return ExpertTimeout(
            f"sent nothing for {self._expert.between_tokens_timeout_s:g} s in the middle of its answer"
        )


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
