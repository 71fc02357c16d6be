"""Forgetting: texts past their time, and records where the operator keeps them for a while only.

Knows no queue. Rows go a few thousand at a time, so that nobody else's write waits long.
"""

from __future__ import annotations

from sqlalchemy import Engine, Table, delete, select

from gateway.store.tables import FEEDBACK, RECORDS, TEXTS

CHUNK = 2000


def purge(engine: Engine, now: float, keep_records_s: float | None) -> int:
    """How many rows went. Texts say themselves when they expire, whatever is kept today."""
    gone = _delete_before(engine, TEXTS, "decision_id", "expires_at", now)
    if keep_records_s is not None:
        gone += _delete_before(engine, RECORDS, "id", "created_at", now - keep_records_s)
        gone += _delete_before(engine, FEEDBACK, "id", "created_at", now - keep_records_s)
    return gone


def _delete_before(engine: Engine, table: Table, key: str, when: str, limit: float) -> int:
    old = select(table.c[key]).where(table.c[when] < limit).limit(CHUNK)
    gone = 0
    while True:
        with engine.begin() as connection:
            count = connection.execute(delete(table).where(table.c[key].in_(old))).rowcount
        gone += count
        if count < CHUNK:
            return gone
