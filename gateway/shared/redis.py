"""Shared state in Redis or Valkey: the truth for several instances. Knows no meaning of a key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeout

from gateway.shared.base import SharedStateError, milliseconds
from gateway.shared.scripts import CORRECT, TAKE
from gateway.shared.window import STEPS

PREFIX = "coterie:"


class RedisState:
    """Commands that belong together go as one MULTI, so that they are one round trip and nobody comes between.

    Nothing is tried twice: a counter whose answer was lost may have been raised, and only the caller can judge that.
    """

    def __init__(self, url: str, timeout_s: float = 1.0, connections: int = 32) -> None:
        self._place = _place(url)
        self._timeout_s = timeout_s
        self._pool = BlockingConnectionPool.from_url(
            url,
            max_connections=connections,
            timeout=timeout_s,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        self._redis = Redis(connection_pool=self._pool)
        self._take = self._redis.register_script(TAKE)
        self._correct = self._redis.register_script(CORRECT)

    def __repr__(self) -> str:
        return f"RedisState({self._place})"

    async def ping(self) -> None:
        """SharedStateError where nobody answers."""
        async with self._asking():
            await self._redis.exists(PREFIX)

    async def aclose(self) -> None:
        await self._redis.aclose()
        await self._pool.aclose()

    async def get(self, key: str) -> str | None:
        async with self._asking():
            value = await self._redis.get(PREFIX + key)
            return None if value is None else str(value)

    async def put(self, key: str, value: str, ttl_s: float) -> None:
        px = milliseconds(ttl_s)
        async with self._asking():
            await self._redis.set(PREFIX + key, value, px=px)

    async def put_if_absent(self, key: str, value: str, ttl_s: float) -> str:
        px = milliseconds(ttl_s)
        async with self._together() as pipe:
            pipe.set(PREFIX + key, value, px=px, nx=True)
            pipe.get(PREFIX + key)
            _, standing = await pipe.execute()
            return str(standing)

    async def add(self, key: str, amount: int, ttl_s: float) -> int:
        px = milliseconds(ttl_s)
        async with self._together() as pipe:
            pipe.set(PREFIX + key, 0, px=px, nx=True)
            pipe.incrby(PREFIX + key, amount)
            _, count = await pipe.execute()
            return int(count)

    async def delete(self, key: str) -> None:
        async with self._asking():
            await self._redis.delete(PREFIX + key)

    async def take(self, key: str, amount: int, limit: int, window_s: float) -> float:
        async with self._asking():
            return float(await self._take([PREFIX + key], [amount, limit, window_s, STEPS]))

    async def correct(self, key: str, amount: int, ago_s: float, window_s: float) -> None:
        async with self._asking():
            await self._correct([PREFIX + key], [amount, ago_s, window_s, STEPS])

    @asynccontextmanager
    async def _together(self) -> AsyncIterator[Pipeline]:
        async with self._asking(), self._redis.pipeline(transaction=True) as pipe:
            yield pipe

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        """One bound on the whole, and one error for all that can go wrong."""
        try:
            async with asyncio.timeout(self._timeout_s):
                yield
        except (RedisError, OSError, TimeoutError) as error:
            raise SharedStateError(f"shared state at {self._place}: {self._why(error)}") from None

    def _why(self, error: Exception) -> str:
        """In our own words where Redis' might hold what was sent."""
        if isinstance(error, AuthenticationError):
            return "it does not take the user or password of the URL"
        if isinstance(error, ResponseError):
            return f"refused ({error})"
        if isinstance(error, (TimeoutError, RedisTimeout)):
            return f"no answer within {self._timeout_s:g} s"
        return "no connection"


def _place(url: str) -> str:
    """Host and port, or the socket's path: all of the URL that may be shown."""
    parts: Any = urlsplit(url)
    return parts.path if parts.scheme == "unix" else f"{parts.hostname or 'localhost'}:{parts.port or 6379}"
