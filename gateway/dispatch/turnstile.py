"""The seam to whoever decides which experts may work now: experts that share a device take turns. Decides nothing."""

from __future__ import annotations

from typing import Protocol


class Turnstile(Protocol):
    """Asked by lanes on the event loop; both methods return at once and may call lanes back."""

    def may_start(self, expert: str) -> bool:
        """Whether a call may be sent to this expert now. Whoever said no calls `lane.pump()` when it turns to yes."""

    def changed(self, expert: str) -> None:
        """A ticket of this expert's lane has come, left, started, or its call has ended."""


class AlwaysOpen:
    """For experts that share nothing."""

    def may_start(self, expert: str) -> bool:
        return True

    def changed(self, expert: str) -> None:
        pass
