"""Loading and unloading on other people's servers, over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from gateway.clients.transport import PyqwestTransport
from gateway.errors import ExpertBroken, ExpertDenied, ExpertTimeout, ExpertUnreachable
from gateway.residency.hooks.endpoint import Endpoint
from gateway.residency.hooks.llamacpp import LlamaCppWeights
from gateway.residency.hooks.ollama import OllamaWeights
from gateway.residency.hooks.vllm import VllmWeights
from gateway.residency.weights import Weights
from tests.conftest import Serve, metric
from tests.residency.servers import LlamaCpp, ModelServer, Ollama, Other, Vllm
from tests.upstream import served

KEY = "sk-secret-123456"


def at(
    server: ModelServer | None, act: Callable[[Endpoint], Awaitable[None]], key: str = "", patience_s: float = 5
) -> None:
    """act(endpoint) on this server; None: where nobody listens."""

    async def main(url: str) -> None:
        transport = PyqwestTransport(1.0)
        try:
            await act(Endpoint(url, key, transport, patience_s))
        finally:
            await transport.close()

    if server is None:
        asyncio.run(main("http://127.0.0.1:9"))
        return
    with served(server) as url:
        asyncio.run(main(url))


async def there_and_back(weights: Weights) -> None:
    assert not await weights.loaded()
    await weights.load()
    assert await weights.loaded() and not weights.gone()
    await weights.load()
    await weights.unload()
    assert not await weights.loaded()
    await weights.unload()


@pytest.mark.parametrize("model", ["qwen3:8b", "gemma3"])
def test_ollama_keeps_a_model_until_it_is_told_otherwise(model: str) -> None:
    server = Ollama()
    at(server, lambda endpoint: there_and_back(OllamaWeights("x", model, endpoint)))
    told = [body["keep_alive"] for what, body in server.asked if what == "POST /api/generate"]
    assert told == [-1, -1, 0, 0]


def test_llama_cpp_is_waited_for_until_it_has_loaded() -> None:
    server = LlamaCpp()
    at(server, lambda endpoint: there_and_back(LlamaCppWeights("x", "a", endpoint)))
    assert [what for what, _ in server.asked if what.startswith("POST")] == ["POST /models/load", "POST /models/unload"]


def test_vllm_sleeps_and_wakes_up() -> None:
    server = Vllm()

    async def act(endpoint: Endpoint) -> None:
        weights = VllmWeights("x", endpoint)
        assert await weights.loaded()
        await weights.unload()
        await there_and_back(weights)

    at(server, act)
    assert server.sleeping


def test_a_model_that_ends_while_it_loads_is_an_error() -> None:
    async def act(endpoint: Endpoint) -> None:
        for _ in range(2):
            with pytest.raises(ExpertUnreachable, match="cannot be loaded: llama.cpp ended with exit code 1"):
                await LlamaCppWeights("x", "broken", endpoint).load()
        with pytest.raises(ExpertUnreachable, match="the server lists no model nobody"):
            await LlamaCppWeights("x", "nobody", endpoint).load()

    at(LlamaCpp(), act)


def test_a_model_that_ollama_does_not_have_is_an_error() -> None:
    async def act(endpoint: Endpoint) -> None:
        with pytest.raises(ExpertBroken, match="model 'nobody' not found"):
            await OllamaWeights("x", "nobody", endpoint).load()

    at(Ollama(), act)


def test_a_server_of_another_kind_is_an_error() -> None:
    async def act(endpoint: Endpoint) -> None:
        with pytest.raises(ExpertBroken, match="HTTP 404"):
            await VllmWeights("x", endpoint).load()

    at(Other(), act)


def test_nobody_there_is_an_error() -> None:
    async def act(endpoint: Endpoint) -> None:
        with pytest.raises(ExpertUnreachable):
            await VllmWeights("x", endpoint).load()

    at(None, act)


def test_the_key_is_sent_and_never_said() -> None:
    async def act(endpoint: Endpoint) -> None:
        assert KEY not in repr(endpoint)
        await VllmWeights("x", endpoint).unload()
        with pytest.raises(ExpertDenied) as denied:
            await VllmWeights("x", Endpoint(endpoint.root, "wrong", endpoint.transport, 5)).load()
        assert "wrong" not in denied.value.message

    at(Vllm(key=KEY), act, key=KEY)


def test_what_never_comes_is_given_up() -> None:
    async def act(endpoint: Endpoint) -> None:
        async def never() -> bool:
            return False

        with pytest.raises(ExpertTimeout, match="did not load or unload its model within 0.2 s"):
            await endpoint.until(never)

    at(Vllm(), act, patience_s=0.2)


def on_ollama(url: str, *experts: str) -> str:
    """These experts on one server, with room for one."""
    defaults = f"provider: openai, base_url: '{url}/v1', api_key_env: UPSTREAM_KEY, retries: 0"
    lines = ["version: 1", f"defaults: {{{defaults}}}", "experts:", *(f"  - {{{expert}}}" for expert in experts)]
    return "\n".join([*lines, "groups:", "  gpu0: {room: 1}", "policies:", "  auto: {strategy: single, thrift: 0}", ""])


def test_the_whole_gateway_loads_on_a_server_before_it_asks(serve: Serve) -> None:
    server = Ollama(key=KEY, loaded={"gemma3:latest"})
    residency = "residency: {group: gpu0, load_s: 1, hook: ollama}"
    with served(server) as url:
        yaml = on_ollama(
            url, f"name: q, model: 'qwen3:8b', {residency}", f"name: g, model: 'gemma3:latest', {residency}"
        )
        with serve(yaml) as gateway:
            answers = [gateway.ask(name).json()["model"] for name in ("g", "q", "q", "g")]
    assert answers == ["g", "q", "q", "g"]
    told = [(body["model"], body["keep_alive"]) for what, body in server.asked if what == "POST /api/generate"]
    assert told == [("gemma3:latest", 0), ("qwen3:8b", -1), ("qwen3:8b", 0), ("gemma3:latest", -1)]


@pytest.mark.parametrize(("second", "served_by"), [(0.87, "g"), (0.1, "q")])
def test_a_query_goes_to_the_loaded_expert_that_is_nearly_as_good(serve: Serve, second: float, served_by: str) -> None:
    server = Ollama(loaded={"gemma3:latest"})
    residency = "residency: {group: gpu0, load_s: 20, hook: ollama}"
    with served(server) as url:
        best = f"name: q, model: 'qwen3:8b', abilities: {{default: 0.9}}, {residency}"
        loaded = f"name: g, model: 'gemma3:latest', abilities: {{default: {second}}}, {residency}"
        with serve(on_ollama(url, best, loaded)) as gateway:
            assert gateway.ask("g").json()["model"] == "g"
            assert gateway.ask("auto", "What is 12 * 12?").json()["model"] == served_by
            moved = metric(gateway, 'coterie_residency_moved_total{group="gpu0"}')
            lost = metric(gateway, 'coterie_residency_lost_total{group="gpu0"}')
    assert moved == (1.0 if served_by == "g" else 0.0)
    assert lost is not None and (0 < lost < 0.2) == (served_by == "g")
