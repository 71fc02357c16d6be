"""The seam to a device: one set of weights that can be loaded and unloaded. Knows no queue and no group."""

from __future__ import annotations

from typing import Protocol


class Weights(Protocol):
    """What several experts may answer with. `name` tells it from all others."""

    name: str

    async def load(self) -> None:
        """Returns when it answers. Raises ExpertError."""

    async def unload(self) -> None:
        """Returns when its room is free. Raises ExpertError."""

    async def loaded(self) -> bool:
        """Whether it takes room now, as its server says. Raises ExpertError."""

    def gone(self) -> bool:
        """It is known, without asking, that it is not loaded any more: its process has ended."""


class Unmanaged:
    """Weights that their endpoint loads by itself when it is asked; here it is only seen to that they take turns."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def load(self) -> None:
        return

    async def unload(self) -> None:
        return

    async def loaded(self) -> bool:
        return False

    def gone(self) -> bool:
        return False
