"""llama.cpp's server in router mode: it is told to load and unload, and /models says how far it is."""

from __future__ import annotations

from typing import Any

from gateway.errors import ExpertUnreachable
from gateway.residency.hooks.endpoint import Endpoint

HELD = frozenset({"loaded", "loading", "sleeping"})


class LlamaCppWeights:
    """One model of a router. It is best started with `--no-models-autoload --models-max 0`."""

    def __init__(self, name: str, model: str, endpoint: Endpoint) -> None:
        self.name = name
        self._model = model
        self._endpoint = endpoint

    async def load(self) -> None:
        if not await self.loaded():  # to load what is loaded is an error there
            await self._endpoint.post("/models/load", {"model": self._model})
        await self._endpoint.until(self._ready)

    async def unload(self) -> None:
        if await self.loaded():
            await self._endpoint.post("/models/unload", {"model": self._model})
            await self._endpoint.until(self._unloaded)

    async def loaded(self) -> bool:
        return (await self._status()).get("value") in HELD

    def gone(self) -> bool:
        return False

    async def _ready(self) -> bool:
        status = await self._status()
        if status.get("failed"):
            raise ExpertUnreachable(f"cannot be loaded: llama.cpp ended with exit code {status.get('exit_code')}")
        return status.get("value") in HELD - {"loading"}

    async def _unloaded(self) -> bool:
        return not await self.loaded()

    async def _status(self) -> dict[str, Any]:
        for entry in (await self._endpoint.get("/models")).get("data") or []:
            if isinstance(entry, dict) and entry.get("id") == self._model:
                status = entry.get("status")
                return status if isinstance(status, dict) else {}
        raise ExpertUnreachable(f"cannot be loaded: the server lists no model {self._model}")
