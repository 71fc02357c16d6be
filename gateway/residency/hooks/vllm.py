"""vLLM's sleep mode: a server that sleeps has its weights in main memory and leaves the device to others.

The server needs --enable-sleep-mode and VLLM_SERVER_DEV_MODE=1, and serves one model, which is up when it starts.
"""

from __future__ import annotations

from gateway.residency.hooks.endpoint import Endpoint


class VllmWeights:
    """The one model of a vLLM server."""

    def __init__(self, name: str, endpoint: Endpoint) -> None:
        self.name = name
        self._endpoint = endpoint

    async def load(self) -> None:
        await self._endpoint.post("/wake_up")
        await self._endpoint.until(self.loaded)

    async def unload(self) -> None:
        await self._endpoint.post("/sleep?level=1")
        await self._endpoint.until(self._sleeps)

    async def loaded(self) -> bool:
        return not await self._sleeps()

    def gone(self) -> bool:
        return False

    async def _sleeps(self) -> bool:
        return (await self._endpoint.get("/is_sleeping")).get("is_sleeping") is True
