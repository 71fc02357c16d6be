"""The record read by whoever learns while it is written: which answers were judged since, and what exploring has cost.

Reads only; blocks. StartError, in one line, where the database cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import func, select

from gateway.store.database import Database
from gateway.store.logbook import reading
from gateway.store.tables import FEEDBACK, RECORDS

HALF = 0.5
"""Whoever explores goes first with at most this chance, and whoever is best with at least as much."""


@dataclass(frozen=True, slots=True)
class Taught:
    """Of which decisions something can be learned: by any of these routers, artifacts and strategies."""

    routers: Sequence[str]
    artifacts: Sequence[str]
    strategies: Sequence[str]


@dataclass(frozen=True, slots=True)
class Opinion:
    """That somebody judged a decision, at a time in UTC seconds."""

    id: str
    decision: str
    at: float


@dataclass(frozen=True, slots=True)
class Explored:
    """A query that went to somebody else than the best: what that was expected to cost more, and who taught it."""

    id: str
    at: float
    teacher: str
    worker: str
    usd: float


def last_judged(database: Database, taught: Taught, most: int) -> list[str]:
    """The decisions of these that were judged last, so many at most."""
    at = func.max(FEEDBACK.c.created_at)
    wanted = (
        select(FEEDBACK.c.decision_id)
        .select_from(FEEDBACK.join(RECORDS, RECORDS.c.id == FEEDBACK.c.decision_id))
        .where(
            RECORDS.c.router.in_(taught.routers),
            RECORDS.c.artifact.in_(taught.artifacts),
            RECORDS.c.strategy.in_(taught.strategies),
        )
        .group_by(FEEDBACK.c.decision_id)
    )
    with reading(database) as connection:
        return list(connection.scalars(wanted.order_by(at.desc(), FEEDBACK.c.decision_id.desc()).limit(most)))


def opinions_since(database: Database, since: float) -> list[Opinion]:
    """Those that came at that time or after it, in order."""
    at = FEEDBACK.c.created_at
    wanted = select(FEEDBACK.c.id, FEEDBACK.c.decision_id, at).where(at >= since).order_by(at, FEEDBACK.c.id)
    with reading(database) as connection:
        return [Opinion(*row) for row in connection.execute(wanted)]


def explored_since(database: Database, since: float, teachers: Sequence[str]) -> list[Explored]:
    """The queries that explored for one of these, from that time on."""
    columns = (RECORDS.c.id, RECORDS.c.created_at, RECORDS.c.worker, RECORDS.c.plan)
    wanted = select(*columns).where(RECORDS.c.created_at >= since, RECORDS.c.propensity <= HALF)
    with reading(database) as connection:
        rows = connection.execute(wanted).all()
    return list(_explored(((row.id, row.created_at, row.worker, row.plan) for row in rows), frozenset(teachers)))


def _explored(rows: Iterable[tuple[str, float, str, str]], teachers: frozenset[str]) -> Iterable[Explored]:
    for id, at, worker, plan in rows:
        taught = orjson.loads(plan).get("learning") or {}
        if taught.get("teacher") in teachers and "explored_usd" in taught:
            yield Explored(id, at, taught["teacher"], worker, float(taught["explored_usd"]))
