"""From an entry of experts.yaml to the client that reaches it. A new provider is a file and a line here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.clients.base import Client
from gateway.clients.completions import CompletionsClient
from gateway.clients.litellm import LiteLLMClient, load_litellm
from gateway.clients.local import LocalClient
from gateway.clients.openai import OpenAIClient
from gateway.clients.replay import ReplayClient, load_recorded
from gateway.clients.transport import IDLE_S, PyqwestTransport, Transport
from gateway.models.local import LocalModels
from gateway.pool import Member

LOCAL_IDLE_S = 3.0
"""llama.cpp closes idle connections after some four seconds; ours must be gone before."""


class Transports:
    """One transport for each time to connect and to keep what is idle; they live as long as this does."""

    def __init__(self, wrap: Callable[[Transport], Transport] | None = None) -> None:
        self._wrap = wrap
        self._made: dict[tuple[float, float], PyqwestTransport] = {}

    def within(self, connect_timeout_s: float, idle_s: float = IDLE_S) -> Transport:
        key = (connect_timeout_s, idle_s)
        if key not in self._made:
            self._made[key] = PyqwestTransport(*key)
        return self._wrap(self._made[key]) if self._wrap else self._made[key]

    async def close(self) -> None:
        for transport in self._made.values():
            await transport.close()


@dataclass(frozen=True, slots=True)
class Workshop:
    """What clients are made with. `folder` is where experts.yaml lies, from which its paths are read."""

    transports: Transports
    local: LocalModels
    folder: Path


async def _openai(member: Member, workshop: Workshop) -> Client:
    expert = member.expert
    assert expert.base_url is not None
    client = CompletionsClient if expert.endpoint == "completions" else OpenAIClient
    return client(expert, expert.base_url, member.key, workshop.transports.within(expert.connect_timeout_s))


async def _litellm(member: Member, workshop: Workshop) -> Client:
    return LiteLLMClient(member.expert, member.key, await asyncio.to_thread(load_litellm))


async def _local(member: Member, workshop: Workshop) -> Client:
    expert = member.expert
    if expert.residency is None:  # otherwise its group says when
        await workshop.local.base_url(expert.model)
    return LocalClient(expert, workshop.local, workshop.transports.within(expert.connect_timeout_s, LOCAL_IDLE_S))


async def _replay(member: Member, workshop: Workshop) -> Client:
    return ReplayClient(member.expert, await asyncio.to_thread(load_recorded, member.expert, workshop.folder))


Provider = Callable[[Member, Workshop], Awaitable[Client]]

PROVIDERS: dict[str, Provider] = {
    "openai": _openai,
    "litellm": _litellm,
    "local": _local,
    "replay": _replay,
}


async def build_client(member: Member, workshop: Workshop) -> Client:
    """The client of one expert; ConfigError or StartError where it cannot be made."""
    return await PROVIDERS[member.expert.provider](member, workshop)
