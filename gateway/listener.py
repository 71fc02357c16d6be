"""Whoever hears an answer as it is written. Knows no wire."""

from __future__ import annotations

from typing import Protocol

from gateway.types import Decision, Json, Plan, Query


class Listener(Protocol):
    """Whoever wants the answer as it is written."""

    def decided(self, query: Query, decision: Decision, plan: Plan) -> None:
        """Called once, before anyone is asked."""

    async def hear(self, expert: str, chunk: Json) -> None:
        """Called for each chunk of the answer; awaiting it is the back-pressure."""
