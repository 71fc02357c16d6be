"""Lists a page at a time, by time, as OpenAI pages them. Knows tables that have an id, a tenant and a created_at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, and_, or_, select

from gateway.errors import BadRequest


@dataclass(frozen=True, slots=True)
class Page:
    """`after`: the id of the last row that has been seen."""

    after: str | None = None
    limit: int = 20
    ascending: bool = False


def storable(text: str) -> str:
    """Without what a database cannot hold: NUL and lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def page(
    connection: Connection, table: Table, tenant: str, wanted: Page, also: Sequence[ColumnElement[bool]] = ()
) -> tuple[list[RowMapping], bool]:
    """The rows of one page, and whether there are more. BadRequest where `after` is none of the tenant's ids."""
    when, id_ = table.c.created_at, table.c.id
    query = select(table).where(table.c.tenant == tenant, *also)
    if wanted.after is not None:
        query = query.where(_beyond(table, _cursor(connection, table, tenant, wanted.after), wanted.ascending))
    order = (when.asc(), id_.asc()) if wanted.ascending else (when.desc(), id_.desc())
    rows = connection.execute(query.order_by(*order).limit(wanted.limit + 1)).mappings().all()
    return list(rows[: wanted.limit]), len(rows) > wanted.limit


def _cursor(connection: Connection, table: Table, tenant: str, after: str) -> Any:
    known = select(table.c.created_at, table.c.id).where(table.c.id == storable(after), table.c.tenant == tenant)
    row = connection.execute(known).one_or_none()
    if row is None:
        raise BadRequest(f"after: there is no {after[:80]!r} to go on from", param="after")
    return row


def _beyond(table: Table, cursor: Any, ascending: bool) -> ColumnElement[bool]:
    when, id_ = table.c.created_at, table.c.id
    if ascending:
        return or_(when > cursor.created_at, and_(when == cursor.created_at, id_ > cursor.id))
    return or_(when < cursor.created_at, and_(when == cursor.created_at, id_ < cursor.id))
