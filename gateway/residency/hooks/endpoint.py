"""The address and the key by which a model server is told what to load. Knows none of their commands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.clients.transport import Transport, Whole
from gateway.clients.upstream_errors import error_from
from gateway.errors import ExpertBroken, ExpertTimeout

LOOK_AGAIN_S = 0.1


@dataclass(frozen=True, slots=True, repr=False)
class Endpoint:
    """One server: `root` is its address without /v1; a command that takes longer than `patience_s` has failed."""

    root: str
    key: str
    transport: Transport
    patience_s: float

    async def get(self, path: str) -> dict[str, Any]:
        """The JSON object there. Raises ExpertError."""
        return await self._answered(self.transport.get(f"{self.root}{path}", self._headers()))

    async def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The same after sending an object; an empty answer is an empty object."""
        content = b"" if body is None else orjson.dumps(body)
        return await self._answered(self.transport.post(f"{self.root}{path}", self._headers(), content))

    async def until(self, done: Callable[[], Awaitable[bool]]) -> None:
        """Ask again and again until it is so. Raises ExpertTimeout where that takes too long."""
        try:
            async with asyncio.timeout(self.patience_s):
                while not await done():  # noqa: ASYNC110  what is waited for happens in another process
                    await asyncio.sleep(LOOK_AGAIN_S)
        except TimeoutError:
            raise self._slow() from None

    async def _answered(self, sent: Awaitable[Whole]) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self.patience_s):
                whole = await sent
        except TimeoutError:
            raise self._slow() from None
        if whole.status != 200:
            raise error_from(whole.status, whole.headers, whole.body, self.key)
        return _object(whole.body)

    def _headers(self) -> dict[str, str]:
        key = {"authorization": f"Bearer {self.key}"} if self.key else {}
        return {"content-type": "application/json", **key}

    def _slow(self) -> ExpertTimeout:
        return ExpertTimeout(f"did not load or unload its model within {self.patience_s:g} s")


def _object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ExpertBroken("answered a command to load or unload with something that is not JSON") from None
    return value if isinstance(value, dict) else {}
