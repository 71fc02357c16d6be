"""What later requests of a session or tool loop must know: which expert has the conversation. In shared state."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from gateway.shared.base import SharedState, SharedStateError
from gateway.types import Query

SESSION_S = 3600.0
TOOL_LOOP_S = 3600.0

log = logging.getLogger("coterie.pins")


class Pins:
    """Session -> expert, and tool call -> expert. Where the state cannot be reached, nothing is pinned."""

    def __init__(self, shared: SharedState) -> None:
        self._shared = shared

    async def of(self, query: Query) -> str | None:
        """The expert that the query's tool results belong to, or that its session has."""
        key = _tool_key(query) or _session_key(query)
        if key is None:
            return None
        try:
            return await self._shared.get(key)
        except SharedStateError as error:
            log.warning("pin not read", extra={"id": query.id, "reason": error.message})
            return None

    async def keep(self, query: Query, expert: str, tool_calls: Sequence[str]) -> None:
        """Remember who answered."""
        keys = [(f"tool:{query.tenant}:{call}", TOOL_LOOP_S) for call in tool_calls]
        session = _session_key(query)
        if session is not None:
            keys.append((session, SESSION_S))
        try:
            for key, seconds in keys:
                await self._shared.put(key, expert, seconds)
        except SharedStateError as error:
            log.warning("pin not kept", extra={"id": query.id, "reason": error.message})


def in_tool_loop(query: Query) -> bool:
    """The query brings the results of tool calls that one expert made: nobody else can go on from there."""
    return bool(query.body["messages"][-1].get("role") == "tool")


def _tool_key(query: Query) -> str | None:
    last = query.body["messages"][-1]
    return f"tool:{query.tenant}:{last['tool_call_id']}" if in_tool_loop(query) and last.get("tool_call_id") else None


def _session_key(query: Query) -> str | None:
    return f"session:{query.tenant}:{query.wishes.session}" if query.wishes.session else None
