"""The order in which waiting tickets go: fair between tenants by tokens, and first come first served within one.

Start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996): a tenant that begins to wait is tagged with the virtual
time of now or with the end of what it has had, whichever is later; the lowest tag goes next. Whoever was idle has saved
up nothing. Over any time in which two tenants both wait, what they get differs by no more than one call of each.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Iterator
from itertools import count

from gateway.dispatch.ticket import Ticket


class FairQueue:
    """Waiting tickets. Knows no clock and no limits."""

    def __init__(self) -> None:
        self._lines: dict[str, OrderedDict[Ticket, None]] = {}
        self._tags: dict[str, float] = {}
        """Of tenants that wait."""
        self._ends: dict[str, float] = {}
        """Up to where, in virtual time, each tenant has been served."""
        self._order: list[tuple[float, int, str]] = []
        """A heap of tags; an entry that is not its tenant's tag is stale."""
        self._turns = count()
        self._virtual = 0.0
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Ticket]:
        for line in self._lines.values():
            yield from line

    def __contains__(self, ticket: Ticket) -> bool:
        return ticket in self._lines.get(ticket.tenant, ())

    def add(self, ticket: Ticket, *, first: bool = False) -> None:
        """Behind its tenant's others; or before them, where it has had its turn and needs another."""
        line = self._lines.setdefault(ticket.tenant, OrderedDict())
        line[ticket] = None
        if first:
            line.move_to_end(ticket, last=False)
        if len(line) == 1:
            self._tag(ticket.tenant)
        self._size += 1

    def remove(self, ticket: Ticket) -> None:
        """Its caller has left: it costs its tenant nothing."""
        line = self._lines[ticket.tenant]
        del line[ticket]
        self._size -= 1
        if not line:
            del self._lines[ticket.tenant], self._tags[ticket.tenant]
        self._tidy()

    def served(self, ticket: Ticket) -> None:
        """It goes now, and is charged to its tenant."""
        tag = self._tags[ticket.tenant]
        self._virtual = max(self._virtual, tag)
        self._ends[ticket.tenant] = tag + max(1, ticket.tokens)
        self.remove(ticket)
        if ticket.tenant in self._lines:
            self._tag(ticket.tenant)

    def next(self, most: int = 1) -> list[Ticket]:
        """Whose turn it is, and as many more of the same kind, in fair order. Nobody is removed."""
        while self._tags.get(self._order[0][2]) != self._order[0][0]:
            heapq.heappop(self._order)
        first = next(iter(self._lines[self._order[0][2]]))
        if most == 1 or first.kind is None:
            return [first]
        return self._of_kind(first, most)

    def _of_kind(self, first: Ticket, most: int) -> list[Ticket]:
        """As many turns as these, played through among the tenants that have tickets of this kind."""
        fits = {name: [one for one in line if one.kind == first.kind] for name, line in self._lines.items()}
        turns = [(self._tags[name], place, name) for place, name in enumerate(fits) if fits[name]]
        turns = [(tag, -1 if name == first.tenant else place, name) for tag, place, name in turns]
        heapq.heapify(turns)
        chosen: list[Ticket] = []
        while turns and len(chosen) < most:
            tag, place, name = heapq.heappop(turns)
            chosen.append(fits[name].pop(0))
            if fits[name]:
                heapq.heappush(turns, (tag + max(1, chosen[-1].tokens), place, name))
        return chosen

    def _tag(self, tenant: str) -> None:
        self._tags[tenant] = max(self._virtual, self._ends.get(tenant, 0.0))
        heapq.heappush(self._order, (self._tags[tenant], next(self._turns), tenant))

    def _tidy(self) -> None:
        """Nothing is kept of tenants that neither wait nor are ahead, nor of tags that are stale."""
        if not self._size:
            self._ends.clear()
            self._order.clear()
            self._virtual = 0.0
        if len(self._ends) > 2 * len(self._lines) + 64:
            self._ends = {name: end for name, end in self._ends.items() if end > self._virtual}
        if len(self._order) > 2 * len(self._lines) + 64:
            self._order = [(tag, next(self._turns), name) for name, tag in self._tags.items()]
            heapq.heapify(self._order)
