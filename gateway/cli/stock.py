"""`coterie knowledge list`: which collections a store has, and what is in one."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from gateway.cli.shelf import StoreOption, the_store
from gateway.cli.shell import ConfigOption, JsonOption, console, print_json
from gateway.retrieval.catalog import Collection
from gateway.retrieval.ledger import Ledger
from gateway.retrieval.store import Store

Rows = list[dict[str, Any]]


def list_(
    collection: Annotated[str | None, typer.Option(help="what is in this one")] = None,
    store: StoreOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Collections with their documents, chunks, tenants and encoder; or every file and URL of one."""
    opened = the_store(store, config)
    if collection is None:
        rows = asyncio.run(_collections(opened))
    else:
        rows = asyncio.run(_sources(opened, opened.catalog.get(collection)))
    if json:
        print_json(rows)
    elif not rows:
        print(f"{opened.folder} holds no documents; `coterie knowledge add` puts some in")
    else:
        _show(rows)


async def _collections(store: Store) -> Rows:
    return [await _collection(store, collection) for collection in store.catalog.collections()]


async def _collection(store: Store, collection: Collection) -> dict[str, Any]:
    return {
        "collection": collection.name,
        "documents": await store.documents(collection),
        "chunks": await store.engine.count(collection.table),
        "tenants": list(collection.tenants),
        "encoder": str(collection.encoder),
    }


async def _sources(store: Store, collection: Collection) -> Rows:
    known = await Ledger(store.engine, collection.table).known()
    return [
        {
            "source": source.source,
            "documents": source.documents,
            "chunks": source.chunks,
            "bytes": source.size,
            "added": datetime.fromtimestamp(source.added).astimezone().isoformat(timespec="seconds"),
        }
        for source in sorted(known.values(), key=lambda source: source.source)
    ]


def _show(rows: Rows) -> None:
    table = Table(box=None, header_style="bold")
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(name, value) for name, value in row.items()))
    console().print(table)


def _cell(name: str, value: Any) -> str:
    if name == "tenants":
        return ", ".join(value) or "everybody"
    return f"{value:,}" if isinstance(value, int) else str(value)
