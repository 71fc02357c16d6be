"""What waits in a lane: one call that somebody wants made. Knows neither lanes nor clients."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.clients.base import Call

if TYPE_CHECKING:
    from gateway.dispatch.place import Place


@dataclass(frozen=True, slots=True)
class Moved:
    """Who waited for one expert is to ask another, which is expected to answer this much worse."""

    expert: str
    loss: float


@dataclass(slots=True, eq=False)
class Ticket:
    """One consultation in a lane. `since` and `deadline` are seconds of the lane's clock; a deadline that has passed
    means that nobody wants the answer any more.
    """

    tenant: str
    tokens: int
    """Expected of the call, input and output."""
    since: float
    deadline: float
    worth: float = 0.0
    """The quality that this expert is expected to bring."""
    alternatives: tuple[tuple[str, float], ...] = ()
    """(expert, loss): who else may answer, and how much worse each is expected to."""
    kind: Hashable = None
    """Tickets of one kind may share a call; None shares with nobody."""
    alone: bool = False
    """It has been refused in company, and goes alone from now on."""
    call: Call | None = None
    grant: asyncio.Future[Place | Moved] | None = field(default=None, repr=False)
    """Set while it waits."""
