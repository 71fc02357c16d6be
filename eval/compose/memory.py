"""What a fuser has concluded, kept: the settings of a strategy pass through the same evidence again and again.

Says exactly what the fuser says; knows no strategy.
"""

from __future__ import annotations

from routers.base import Array
from routers.fusion.evidence import Evidence, Posterior
from routers.fusion.view import FuserView

Key = tuple[bytes, bytes, bytes, int | None, tuple[int, ...]]


class Remembering(FuserView):
    """A view that keeps what it has said of each evidence."""

    def __init__(self, view: FuserView) -> None:
        self._view = view
        self._concluded: dict[Key, Posterior] = {}
        self._foretold: dict[Key, Array] = {}

    def posterior(self, evidence: Evidence) -> Posterior:
        key = _key(evidence)
        if key not in self._concluded:
            self._concluded[key] = self._view.posterior(evidence)
        return self._concluded[key]

    def gains(self, evidence: Evidence) -> Array:
        key = _key(evidence)
        if key not in self._foretold:
            self._foretold[key] = self._view.gains(evidence)
        return self._foretold[key]

    def recruit(self, evidence: Evidence, k: int) -> Array:
        return self._view.recruit(evidence, k)


def _key(evidence: Evidence) -> Key:
    said = evidence.said.tobytes()
    return evidence.chance.tobytes(), evidence.std.tobytes(), said, evidence.options, evidence.places
