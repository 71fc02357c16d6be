"""One call's place at an expert: taken by a ticket, or by several that go together. Knows no retries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from gateway.clients.base import Client, ListClient
from gateway.dispatch.joint import Joint
from gateway.dispatch.ticket import Ticket
from gateway.types import Reply


class Place:
    """Whoever holds its ticket asks once, or leaves. `freed` is called once with the tokens that were used, None where
    nobody knows. `since` is when it was taken; `begun` that somebody has asked.
    """

    def __init__(self, tickets: Sequence[Ticket], since: float, freed: Callable[[Place, int | None], None]) -> None:
        self.since = since
        self.size = len(tickets)
        self.tokens = sum(ticket.tokens for ticket in tickets)
        self._tickets = list(tickets)
        self._freed: Callable[[Place, int | None], None] | None = freed
        self._joint: Joint | None = None
        self._judged = False
        self.begun = False

    async def ask(self, client: Client, ticket: Ticket) -> Reply:
        """What the expert answers to this ticket."""
        assert ticket.call is not None
        self.begun = True
        if self._joint is None and len(self._tickets) == 1:
            return await self._alone(client, ticket)
        if self._joint is None:
            assert isinstance(client, ListClient)
            self._joint = Joint(client, [one.call for one in self._tickets if one.call is not None])
            self._joint.done.add_done_callback(self._ended)
        return await self._joint.part(ticket.call)

    def leave(self, ticket: Ticket) -> None:
        """Its caller left before it asked."""
        self._tickets.remove(ticket)
        if self._joint is not None and ticket.call is not None:
            self._joint.leave(ticket.call)
        elif not self._tickets:
            self._free(None)

    def judge(self) -> bool:
        """True for the first who asks: one call that fails for many speaks against its expert once."""
        first, self._judged = not self._judged, True
        return first

    async def _alone(self, client: Client, ticket: Ticket) -> Reply:
        assert ticket.call is not None
        used: int | None = None
        try:
            reply = await client.ask(ticket.call)
            used = _tokens(reply)
            return reply
        finally:
            self._free(used)

    def _ended(self, done: asyncio.Task[Sequence[Reply]]) -> None:
        answered = not done.cancelled() and done.exception() is None
        self._free(sum(map(_tokens, done.result())) if answered else None)

    def _free(self, used: int | None) -> None:
        freed, self._freed = self._freed, None
        if freed is not None:
            freed(self, used)


def _tokens(reply: Reply) -> int:
    return reply.usage.input_tokens + reply.usage.output_tokens
