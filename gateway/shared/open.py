"""Which shared state a URL asks for. The one place where the choice is made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from gateway.errors import ConfigError
from gateway.shared.base import SharedState
from gateway.shared.memory import MemoryState
from gateway.shared.redis import RedisState

SCHEMES = ("redis", "rediss", "unix")


@asynccontextmanager
async def open_shared(url: str | None) -> AsyncIterator[SharedState]:
    """Redis at `url`, or this process alone where that is None. ConfigError: a bad URL; SharedStateError: no answer."""
    if url is None:
        yield MemoryState()
        return
    state = _redis(url)
    try:
        await state.ping()
        yield state
    finally:
        await state.aclose()


def _redis(url: str) -> RedisState:
    scheme = urlsplit(url).scheme
    if scheme not in SCHEMES:
        raise ConfigError("the URL of the shared state must begin with redis://, rediss:// or unix://")
    try:
        return RedisState(url)
    except ValueError:
        raise ConfigError("the URL of the shared state is not of the form redis://user:password@host:6379/0") from None
