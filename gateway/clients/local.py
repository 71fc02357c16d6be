"""A model on this machine: the loopback server that runs its weights, started when needed, asked like any endpoint.

It is always asked for a stream, and the whole is put together here where the caller wanted it whole: llama.cpp notices
that a caller has left when it writes the next token, and otherwise goes on to the end for nobody.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.clients.base import Call
from gateway.clients.openai import OpenAIClient
from gateway.clients.transport import Transport
from gateway.errors import ConfigError, ExpertUnreachable, StartError
from gateway.experts import Expert
from gateway.models.local import LocalModels
from gateway.types import Reply
from gateway.wire.assemble import Assembly
from gateway.wire.completion import Tally, read_completion


class LocalClient:
    """Experts on the same weights share one server; one that died is started again by the next call.

    Not so where it shares a device: then its group says when there is room for it.
    """

    def __init__(self, expert: Expert, models: LocalModels, transport: Transport) -> None:
        self._expert = expert
        self._models = models
        self._transport = transport
        self._inner: tuple[str, OpenAIClient] = ("", self._at(""))

    async def ask(self, call: Call) -> Reply:
        if self._expert.residency is not None and not self._models.loaded(self._expert.model):
            raise ExpertUnreachable("has ended, and has to be loaded again")
        try:
            url = await self._models.base_url(self._expert.model)
        except (ConfigError, StartError) as error:
            raise ExpertUnreachable(f"cannot be started: {error}") from None
        if url != self._inner[0]:
            self._inner = (url, self._at(url))
        client = self._inner[1]
        return await (self._whole(client, call) if call.hear is None else client.ask(call))

    async def _whole(self, client: OpenAIClient, call: Call) -> Reply:
        assembly = Assembly()
        options = {"stream": True, "stream_options": {"include_usage": True}}
        await client.ask(replace(call, body={**call.body, **options}, hear=assembly.hear, tally=Tally()))
        return read_completion(assembly.completion(self._expert.model), call.prompt_tokens)

    def _at(self, url: str) -> OpenAIClient:
        return OpenAIClient(self._expert, url, self._models.api_key, self._transport)
