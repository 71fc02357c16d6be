"""The rows of files: whose they are, what they are called, until when they are kept. Knows no bytes. Blocks."""

from __future__ import annotations

import math
import time
from dataclasses import asdict

from sqlalchemy import RowMapping, delete, insert, select

from gateway.batches.types import RUNNING, File
from gateway.errors import BadRequest, NotFound
from gateway.store.batch_tables import BATCHES, FILES
from gateway.store.pages import Page, page, storable
from gateway.store.vault import Vault


class FileRows:
    """Each tenant sees its own."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def add(self, file: File) -> None:
        with self._vault.transaction() as connection:
            connection.execute(insert(FILES), row_of(file))

    def find(self, id: str, tenant: str) -> File:
        """NotFound where there is none, or it is another tenant's."""
        with self._vault.transaction() as connection:
            mine = select(FILES).where(FILES.c.id == storable(id), FILES.c.tenant == tenant)
            row = connection.execute(mine).mappings().one_or_none()
        if row is None or (row["expires_at"] or math.inf) < time.time():
            raise missing(id)
        return file_of(row)

    def page(self, tenant: str, wanted: Page, purpose: str | None) -> tuple[list[File], bool]:
        also = () if purpose is None else (FILES.c.purpose == storable(purpose),)
        with self._vault.transaction() as connection:
            rows, more = page(connection, FILES, tenant, wanted, also)
        return [file_of(row) for row in rows], more

    def remove(self, id: str, tenant: str) -> None:
        """NotFound where there is none; BadRequest while a batch reads from it."""
        with self._vault.transaction() as connection:
            mine = delete(FILES).where(FILES.c.id == storable(id), FILES.c.tenant == tenant)
            if connection.execute(mine).rowcount == 0:
                raise missing(id)
            reads = select(BATCHES.c.id).where(BATCHES.c.input_file_id == id, BATCHES.c.status.in_(RUNNING))
            batch = connection.execute(reads).scalars().first()
            if batch is not None:
                raise BadRequest(f"{batch} reads from this file; cancel it, or wait until it is done", param="file_id")

    def expire(self, now: float, older_than: float | None) -> int:
        """Rows past their time go, unless a batch reads from them; how many. older_than: so do all made before it."""
        late = FILES.c.expires_at < now
        if older_than is not None:
            late = late | (FILES.c.created_at < older_than)
        read = select(BATCHES.c.input_file_id).where(BATCHES.c.status.in_(RUNNING))
        with self._vault.transaction() as connection:
            return connection.execute(delete(FILES).where(late, FILES.c.id.not_in(read))).rowcount

    def known(self, ids: set[str]) -> set[str]:
        """Which of these have a row."""
        with self._vault.transaction() as connection:
            return set(connection.execute(select(FILES.c.id).where(FILES.c.id.in_(ids))).scalars())


def row_of(file: File) -> dict[str, object]:
    return {**asdict(file), "filename": storable(file.filename)}


def file_of(row: RowMapping) -> File:
    return File(**row)


def missing(id: str) -> NotFound:
    return NotFound(f"There is no file {id[:80]!r}.", param="file_id")
