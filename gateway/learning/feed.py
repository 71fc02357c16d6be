"""Where feedback comes from: the record, read every few seconds beside the requests, by every process for itself.

All who read the same record learn the same, and a restart learns it again. While the database is away what was learned
stays in force. Knows no SQL and no request.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress

from gateway.errors import StartError
from gateway.learning.corrector import Corrector
from gateway.learning.spending import DAY_S, Spending, Spent
from gateway.learning.window import Window, room
from gateway.logged import Logged
from gateway.store.database import Database
from gateway.store.lessons import Taught, explored_since, last_judged, opinions_since
from gateway.store.logbook import logged_as
from gateway.types import ALONE

log = logging.getLogger("coterie.learning")

EVERY_S = 3.0
FIRST_S = 3.0
"""So long a new configuration waits for what is recorded."""
OVERLAP_S = 120.0
"""Clocks of several machines differ, and a commit may come after its time: so much is read again."""
REST = 20.0
"""Times as long as learning took it rests, so that it takes at most a twentieth of a core."""


class Feed:
    """Reads for the correctors that are in force. `serve` starts it; where nobody learns it opens no database."""

    def __init__(self, url: str, worker: str, every_s: float = EVERY_S) -> None:
        self._database = Database(url)
        self._worker = worker
        self._every_s = every_s
        self._window = Window()
        self._correctors: Sequence[Corrector] = ()
        self._task: asyncio.Task[None] | None = None
        self._first = asyncio.Event()
        self._spending: dict[str, Spending] = {}
        self._subjects: frozenset[tuple[str, str]] = frozenset()
        self._seen: dict[str, float] = {}
        self._since = 0.0
        self._spent_since = 0.0
        self._failing = False
        self.failures = 0

    @property
    def correctors(self) -> Sequence[Corrector]:
        return self._correctors

    @property
    def unusable(self) -> int:
        """How often an opinion taught nothing: of several experts together, of an answer that nobody foretold."""
        return self._window.unusable

    def spending(self, name: str) -> Spending:
        """Of the policy of this name, as long as the process lives."""
        return self._spending.setdefault(name, Spending())

    async def serve(self, correctors: Sequence[Corrector]) -> None:
        """From now on these are taught. Returns when they know what is recorded, or a little later without."""
        await self._stop()
        if not correctors:
            self._correctors = ()
            return
        self._begin_anew(correctors)
        self._database.open()
        self._task = asyncio.create_task(self._run())
        await self._wait_for_first()

    def _begin_anew(self, correctors: Sequence[Corrector]) -> None:
        """Another router or pool wants other rows of the record."""
        self._correctors = correctors
        self._subjects = frozenset(one.subject for one in correctors)
        self._window = Window(room(max(len(one.learned.experts) for one in correctors)))
        self._seen, self._since, self._spent_since = {}, 0.0, 0.0
        self._first = asyncio.Event()

    async def close(self) -> None:
        await self._stop()

    async def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
            self._database.close()

    async def _wait_for_first(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._first.wait(), FIRST_S)

    async def _run(self) -> None:
        while True:
            begun = time.monotonic()
            await asyncio.to_thread(self.read)
            self._first.set()
            await asyncio.sleep(max(self._every_s, REST * (time.monotonic() - begun)))

    def read(self) -> None:
        """What has come since; blocks. What fails is said once and tried again the next time."""
        try:
            changed = self._take()
            self._account()
        except StartError as error:
            self._failed(error)
            return
        if self._failing:
            self._failing = False
            log.info("feedback is read again")
        if changed:
            _teach(self._correctors, self._window)

    def _take(self) -> bool:
        """Whether the window has changed."""
        first = not self._since
        opinions = opinions_since(self._database, self._since) if not first else []
        new = [one for one in opinions if one.id not in self._seen]
        ids = self._last() if first else list({one.decision for one in new})
        changed = self._window.take(one for one in logged_as(self._database, ids) if self._wanted(one))
        self._seen |= {one.id: one.at for one in new}
        self._move_on()
        return changed

    def _last(self) -> list[str]:
        routers, artifacts = (sorted(set(names)) for names in zip(*self._subjects, strict=True))
        return last_judged(self._database, Taught(routers, artifacts, sorted(ALONE)), self._window.most)

    def _wanted(self, one: Logged) -> bool:
        return (one.router, one.artifact) in self._subjects and one.strategy in ALONE

    def _move_on(self) -> None:
        """What is older than the overlap is not asked for again."""
        newest = max(self._window.newest, *self._seen.values(), 0.0)
        self._since = max(self._since, newest - OVERLAP_S)
        self._seen = {id: at for id, at in self._seen.items() if at >= self._since}

    def _account(self) -> None:
        """What other processes have spent on exploring today."""
        limited = {one.name: one for one in self._correctors if one.settings.budget_usd is not None}
        if not limited:
            return
        now = time.time()
        midnight = now // DAY_S * DAY_S
        rows = explored_since(self._database, max(midnight, self._spent_since), list(limited))
        for name, corrector in limited.items():
            corrector.spending.told(
                Spent(row.id, row.at, row.usd) for row in rows if row.teacher == name and row.worker != self._worker
            )
        self._spent_since = now - OVERLAP_S

    def _failed(self, error: StartError) -> None:
        self.failures += 1
        if not self._failing:
            self._failing = True
            log.warning("feedback cannot be read; what was learned stays in force", extra={"reason": str(error)})


def _teach(correctors: Sequence[Corrector], window: Window) -> None:
    rows = window.rows()
    for corrector in correctors:
        corrector.study(rows)
