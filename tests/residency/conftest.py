"""Real lanes and groups over weights that take a moment to load, and that say what was done with them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from gateway.dispatch.lane import Lane
from gateway.dispatch.place import Place
from gateway.dispatch.ticket import Moved, Ticket
from gateway.errors import ExpertError
from gateway.experts import Expert
from gateway.experts import Group as Terms
from gateway.residency.group import Group
from gateway.residency.slot import Slot


@dataclass
class Shelf:
    """What is loaded, and everything that was ever done: the whole device."""

    room: float = 1
    there: set[str] = field(default_factory=set)
    done: list[str] = field(default_factory=list)


class ShelfWeights:
    """Takes `load_s` to load; more on the shelf than there is room for is an error."""

    def __init__(self, name: str, shelf: Shelf, load_s: float, error: ExpertError | None = None) -> None:
        self.name = name
        self.error = error
        self.crashed = False
        self._shelf = shelf
        self._load_s = load_s

    async def load(self) -> None:
        self._shelf.done.append(f"load {self.name}")
        await asyncio.sleep(self._load_s)
        if self.error is not None:
            raise self.error
        self.crashed = False
        self._shelf.there.add(self.name)
        assert len(self._shelf.there) <= self._shelf.room, f"no room for {self._shelf.there}"

    async def unload(self) -> None:
        self._shelf.done.append(f"unload {self.name}")
        self._shelf.there.discard(self.name)

    async def loaded(self) -> bool:
        return self.name in self._shelf.there

    def gone(self) -> bool:
        return self.crashed


@dataclass
class Site:
    """A group with its experts; `ask` is one call from its arrival to its end."""

    group: Group
    shelf: Shelf
    lanes: dict[str, Lane] = field(default_factory=dict)
    weights: dict[str, ShelfWeights] = field(default_factory=dict)
    answered: list[str] = field(default_factory=list)

    def expert(
        self, name: str, of: str | None = None, *, load_s: float = 0.02, said_s: float | None = None, **more: object
    ) -> None:
        """One more expert, with its own weights or with those `of` another name."""
        key = of or name
        weights = self.weights.setdefault(key, ShelfWeights(key, self.shelf, load_s))
        entry = Expert.model_validate(
            {"name": name, "provider": "local", "model": "x", "latency_s": 0.01, "max_concurrency": 1, **more}
        )
        seat = self.group.seat(Slot(weights, 1.0, said_s or load_s, rest_s=60.0))
        self.lanes[name] = Lane(entry, turnstile=seat)
        seat.take(self.lanes[name], self.wait_of)

    def wait_of(self, expert: str) -> float:
        return self.lanes[expert].expected_wait_s() if expert in self.shelf.there else float("inf")

    async def ask(self, name: str, *, call_s: float = 0.01, seconds: float = 30.0, **more: object) -> Moved | None:
        now = asyncio.get_running_loop().time()
        ticket = Ticket(tenant="t", tokens=10, since=now, deadline=now + seconds, **more)
        place = await self.lanes[name].enter(ticket)
        if isinstance(place, Moved):
            return place
        assert isinstance(place, Place)
        assert self.shelf.there >= {name} & self.weights.keys()
        await asyncio.sleep(call_s)
        place.leave(ticket)
        self.answered.append(name)
        return None


def site(**terms: object) -> Site:
    given = Terms.model_validate({"room": 1, **terms})
    return Site(Group("gpu0", given), Shelf(room=float(given.room or 0)))


@pytest.fixture
def act() -> Callable[..., None]:
    """act(main, room=1, ...): `await main(site)` and close the group."""

    def run(main: Callable[[Site], object], **terms: object) -> None:
        async def whole() -> None:
            here = site(**terms)
            try:
                async with asyncio.timeout(10):
                    await main(here)  # type: ignore[misc]
            finally:
                await here.group.close()

        asyncio.run(whole())

    return run
