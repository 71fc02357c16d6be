"""The libraries that are open in this process: one for each store, however often the configuration is read anew."""

from __future__ import annotations

from pathlib import Path

from gateway.errors import ConfigError
from gateway.retrieval.cross_encoder import load_cross_encoder
from gateway.retrieval.knowing import Knowing
from gateway.retrieval.shelves import Shelves
from gateway.retrieval.store import Store
from routers.errors import ArtifactError


class Libraries:
    """Opens each once, by its folder and its cross-encoder."""

    def __init__(self) -> None:
        self._open: dict[tuple[Path, Path | None], Shelves] = {}

    async def of(self, knowing: Knowing | None) -> Shelves | None:
        """The library of that store, ready to be searched; ConfigError where its cross-encoder cannot be read."""
        if knowing is None:
            return None
        key = (knowing.store.absolute(), knowing.cross_encoder)
        if key not in self._open:
            self._open[key] = _opened(*key)
        shelves = self._open[key]
        await shelves.warm()
        return shelves

    def close(self) -> None:
        """End their threads."""
        for shelves in self._open.values():
            shelves.close()


def _opened(store: Path, cross_encoder: Path | None) -> Shelves:
    try:
        return Shelves(Store(store), cross_encoder=None if cross_encoder is None else load_cross_encoder(cross_encoder))
    except ArtifactError as error:
        raise ConfigError(f"knowledge.cross_encoder: {error}") from None
