"""Ollama: an empty prompt loads a model, and `keep_alive` says for how long (-1: until told otherwise, 0: no longer).

Its server counts anew with every chat completion, by its own OLLAMA_KEEP_ALIVE, which should be -1 too.
"""

from __future__ import annotations

from typing import Any

from gateway.residency.hooks.endpoint import Endpoint


class OllamaWeights:
    """One model of an Ollama server."""

    def __init__(self, name: str, model: str, endpoint: Endpoint) -> None:
        self.name = name
        self._model = model
        self._endpoint = endpoint

    async def load(self) -> None:
        await self._keep(-1)

    async def unload(self) -> None:
        await self._keep(0)
        await self._endpoint.until(self._unloaded)

    async def loaded(self) -> bool:
        running = (await self._endpoint.get("/api/ps")).get("models") or []
        return any(self._is_this(entry) for entry in running if isinstance(entry, dict))

    def gone(self) -> bool:
        return False

    async def _keep(self, alive: int) -> None:
        await self._endpoint.post("/api/generate", {"model": self._model, "keep_alive": alive, "stream": False})

    async def _unloaded(self) -> bool:
        return not await self.loaded()

    def _is_this(self, entry: dict[str, Any]) -> bool:
        names = {entry.get("name"), entry.get("model")}
        return self._model in names or f"{self._model}:latest" in names
