"""Any OpenAI-compatible endpoint: vLLM, Ollama, llama.cpp, OpenAI itself. Asked for chat completions, one at a time."""

from __future__ import annotations

from gateway.clients.base import Call
from gateway.clients.endpoint import Endpoint
from gateway.clients.transport import Transport
from gateway.errors import ExpertBroken
from gateway.experts import Expert
from gateway.types import Json, Reply
from gateway.wire.completion import Tally, read_completion


class OpenAIClient:
    """One expert behind `base_url`."""

    def __init__(self, expert: Expert, base_url: str, key: str, transport: Transport) -> None:
        self._endpoint = Endpoint(expert, f"{base_url}/chat/completions", key, transport)

    async def ask(self, call: Call) -> Reply:
        if call.hear is not None:
            return await self._stream(call)
        return read_completion(await self._endpoint.whole(call.body), call.prompt_tokens)

    async def _stream(self, call: Call) -> Reply:
        async def take(chunk: Json) -> None:
            assert call.hear is not None
            call.tally.add(chunk)
            await call.hear(chunk)

        done = await self._endpoint.stream(call.body, take, lambda: call.tally.begun)
        check_ended(call.tally, done)
        return call.tally.reply(call.prompt_tokens)


def check_ended(tally: Tally, done: bool) -> None:
    """ExpertBroken where a stream ended without saying so, or without having said anything."""
    if not done and not tally.complete:
        raise ExpertBroken("ended its stream without saying that it was done")
    if not tally.begun:
        raise ExpertBroken("ended its stream without having said anything")
