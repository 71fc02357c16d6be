"""GGUF files on this machine: loading starts the process that runs one, unloading ends it."""

from __future__ import annotations

from gateway.errors import ConfigError, ExpertUnreachable, StartError
from gateway.models.local import LocalModels


class LocalWeights:
    """One GGUF file."""

    def __init__(self, name: str, model: str, models: LocalModels) -> None:
        self.name = name
        self._model = model
        self._models = models

    async def load(self) -> None:
        try:
            await self._models.base_url(self._model)
        except (ConfigError, StartError) as error:
            raise ExpertUnreachable(f"cannot be loaded: {error}") from None

    async def unload(self) -> None:
        await self._models.unload(self._model)

    async def loaded(self) -> bool:
        return self._models.loaded(self._model)

    def gone(self) -> bool:
        return not self._models.loaded(self._model)
