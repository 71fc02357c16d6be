"""What a fuser has concluded, kept: the settings of a strategy pass through the same evidence again and again.

Says exactly what the fuser says; knows no strategy.
"""

from __future__ import annotations

from routers.base import Array
from routers.fusion.evidence import Evidence
from routers.fusion.view import FuserView, Weighed

Key = tuple[bytes, bytes, bytes, int | None, tuple[int, ...]]


class Remembering(FuserView):
    """A view that keeps what it has said of each evidence."""

    def __init__(self, view: FuserView) -> None:
        self._view = view
        self._kept: dict[Key, Weighed] = {}

    def weighed(self, evidence: Evidence) -> Weighed:
        key = _key(evidence)
        if key not in self._kept:
            self._kept[key] = self._view.weighed(evidence)
        return self._kept[key]

    def recruit(self, evidence: Evidence, k: int) -> Array:
        return self._view.recruit(evidence, k)


def _key(evidence: Evidence) -> Key:
    said = evidence.said.tobytes()
    return evidence.chance.tobytes(), evidence.std.tobytes(), said, evidence.options, evidence.places
