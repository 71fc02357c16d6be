"""What a training run leaves: a folder, and what its manifest says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from routers.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Trained:
    """The manifest as it lies in the folder."""

    manifest: Manifest
    folder: Path

    @property
    def lines(self) -> tuple[str, ...]:
        """What was made and measured, for people."""
        measured = [f"{name}: {number:g}" for name, number in self.manifest.metrics.items()]
        meant = [threshold.meaning for threshold in self.manifest.thresholds.values()]
        answered = [f"answered by {name} at most: {curve.told}" for name, curve in self.manifest.selective.items()]
        return (f"{self.manifest.name} {self.manifest.version} in {self.folder}", *measured, *meant, *answered)
