"""The rows of batches: what callers see, and the moves from one status to the next. Knows no lines. Blocks."""

from __future__ import annotations

import time
from typing import Any

import orjson
from sqlalchemy import ColumnElement, RowMapping, delete, insert, select, update

from gateway.batches.types import ENDED, RUNNING, SHELL, Batch, Complaint, Counts, LeaseLost, Share, Spent
from gateway.errors import BadRequest, NotFound
from gateway.store.batch_tables import BATCHES, FILES, RESULTS
from gateway.store.pages import Page, page, storable
from gateway.store.vault import Vault

MOMENTS = ("in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled")


class BatchRows:
    """Each tenant sees its own; who works on one holds its lease."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def add(self, batch: Batch) -> None:
        """BadRequest where its input file has gone meanwhile."""
        with self._vault.transaction() as connection:
            connection.execute(insert(BATCHES), _row_of(batch))
            if batch.tenant != SHELL and not connection.execute(_file(batch)).one_or_none():
                raise BadRequest(f"There is no file {batch.input_file_id!r}.", param="input_file_id")

    def find(self, id: str, tenant: str) -> Batch:
        """NotFound where there is none, or it is another tenant's."""
        with self._vault.transaction() as connection:
            row = connection.execute(select(BATCHES).where(*_mine(id, tenant))).mappings().one_or_none()
        if row is None:
            raise NotFound(f"There is no batch {id[:80]!r}.", param="batch_id")
        return batch_of(row)

    def page(self, tenant: str, wanted: Page) -> tuple[list[Batch], bool]:
        with self._vault.transaction() as connection:
            rows, more = page(connection, BATCHES, tenant, wanted)
        return [batch_of(row) for row in rows], more

    def cancel(self, id: str, tenant: str) -> Batch:
        """It will go no further; BadRequest where it has come to another end."""
        running = BATCHES.c.status.in_(("validating", "in_progress"))
        with self._vault.transaction() as connection:
            values = {"status": "cancelling", "cancelling_at": time.time()}
            connection.execute(update(BATCHES).where(*_mine(id, tenant), running).values(values))
        batch = self.find(id, tenant)
        if batch.status not in ("cancelling", "cancelled"):
            raise BadRequest(f"A batch that is {batch.status} cannot be cancelled.", param="batch_id")
        return batch

    def waiting(self, now: float) -> list[tuple[str, str | None]]:
        """The ids of batches that somebody should work on, oldest first, and their last owners where they had any.

        Those whose lease has not run out are among them only with their owner, who may be known to be dead.
        """
        query = (
            select(BATCHES.c.id, BATCHES.c.owner, BATCHES.c.lease_until)
            .where(BATCHES.c.status.in_(RUNNING), BATCHES.c.tenant != SHELL)
            .order_by(BATCHES.c.created_at, BATCHES.c.id)
        )
        with self._vault.transaction() as connection:
            rows = connection.execute(query).all()
        return [(id, None if until is None or until < now else owner) for id, owner, until in rows]

    def claim(self, id: str, owner: str, before: str | None, now: float, lease_s: float) -> Batch | None:
        """The batch, whose lease is now this owner's; None where another was faster.

        before: an owner known to be dead, from whom it may be taken before its time.
        """
        free = BATCHES.c.owner.is_(None) | (BATCHES.c.lease_until < now) | (BATCHES.c.owner == (before or owner))
        claim = update(BATCHES).where(BATCHES.c.id == id, BATCHES.c.status.in_(RUNNING), free)
        with self._vault.transaction() as connection:
            if connection.execute(claim.values(owner=owner, lease_until=now + lease_s)).rowcount == 0:
                return None
            return batch_of(connection.execute(select(BATCHES).where(BATCHES.c.id == id)).mappings().one())

    def renew(self, id: str, owner: str, until: float) -> str:
        """The status, for whoever still has the lease; LeaseLost for everyone else."""
        with self._vault.transaction() as connection:
            hold(connection, id, owner, until)
            return str(connection.execute(select(BATCHES.c.status).where(BATCHES.c.id == id)).scalar_one())

    def release(self, id: str, owner: str) -> None:
        """Whoever wants it may have it."""
        with self._vault.transaction() as connection:
            mine = update(BATCHES).where(BATCHES.c.id == id, BATCHES.c.owner == owner)
            connection.execute(mine.values(owner=None, lease_until=None))

    def move(self, id: str, owner: str, start: tuple[str, ...], to: str, **also: Any) -> bool:
        """From one of these statuses to the next; False where it is in none of them, since it was cancelled."""
        values = {"status": to, f"{to}_at": time.time(), **also}
        with self._vault.transaction() as connection:
            hold(connection, id, owner, None)
            moved = update(BATCHES).where(BATCHES.c.id == id, BATCHES.c.status.in_(start)).values(values)
            return connection.execute(moved).rowcount == 1

    def holder(self, id: str, now: float) -> str | None:
        """Who has the batch's lease, where it has not run out."""
        query = select(BATCHES.c.owner).where(BATCHES.c.id == id, BATCHES.c.lease_until >= now)
        with self._vault.transaction() as connection:
            owner: str | None = connection.execute(query).scalar_one_or_none()
        return owner

    def forget(self, id: str, owner: str) -> None:
        """As if it had never been begun; LeaseLost where another works on it."""
        mine = BATCHES.c.owner.is_(None) | (BATCHES.c.owner == owner)
        with self._vault.transaction() as connection:
            if connection.execute(delete(BATCHES).where(BATCHES.c.id == id, mine)).rowcount == 0:
                raise LeaseLost(f"{id} is worked on by another process.")
            connection.execute(delete(RESULTS).where(RESULTS.c.batch_id == id))

    def ended_before(self, limit: float) -> int:
        """Batches that ended, and were made before this time, go; how many."""
        old = delete(BATCHES).where(BATCHES.c.status.in_(ENDED), BATCHES.c.created_at < limit)
        with self._vault.transaction() as connection:
            return connection.execute(old).rowcount


def hold(connection: Any, id: str, owner: str, until: float | None) -> None:
    """Makes sure that the lease is this owner's, until this transaction ends at least; LeaseLost where it is not."""
    values = {"owner": owner} if until is None else {"lease_until": until}
    mine = update(BATCHES).where(BATCHES.c.id == id, BATCHES.c.owner == owner).values(values)
    if connection.execute(mine).rowcount == 0:
        raise LeaseLost(f"{id} is worked on by another process.")


def _mine(id: str, tenant: str) -> tuple[ColumnElement[bool], ...]:
    return (BATCHES.c.id == storable(id), BATCHES.c.tenant == tenant)


def _file(batch: Batch) -> Any:
    return select(FILES.c.id).where(FILES.c.id == storable(batch.input_file_id), FILES.c.tenant == batch.tenant)


def _row_of(batch: Batch) -> dict[str, Any]:
    return {
        "id": batch.id,
        "tenant": batch.tenant,
        "status": batch.status,
        "endpoint": batch.endpoint,
        "input_file_id": storable(batch.input_file_id),
        "completion_window": batch.completion_window,
        "fingerprint": batch.fingerprint,
        "labels": orjson.dumps(batch.labels).decode(),
        "keep_output_s": batch.keep_output_s,
        "created_at": batch.created_at,
        "expires_at": batch.expires_at,
        **{name: 0 for name in ("total", "completed", "failed", "input_tokens", "output_tokens", "cost_usd")},
    }


def batch_of(row: RowMapping) -> Batch:
    complaint = None if row["complaint"] is None else Complaint(**orjson.loads(row["complaint"]))
    shares = () if row["shares"] is None else tuple(_share(*values) for values in orjson.loads(row["shares"]))
    same = ("id", "tenant", "status", "endpoint", "input_file_id", "completion_window", "created_at", "expires_at")
    more = ("keep_output_s", "fingerprint", "output_file_id", "error_file_id")
    return Batch(
        **{name: row[name] for name in (*same, *more)},
        labels=orjson.loads(row["labels"]),
        complaint=complaint,
        moments={name: row[f"{name}_at"] for name in MOMENTS if row[f"{name}_at"] is not None},
        counts=Counts(row["total"], row["completed"], row["failed"]),
        spent=Spent(row["input_tokens"], row["output_tokens"], row["cost_usd"]),
        shares=shares,
    )


def _share(expert: str, lines: int, errors: int, *spent: Any) -> Share:
    return Share(expert, lines, errors, Spent(*spent))
