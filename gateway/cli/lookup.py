"""`coterie knowledge search`: what a tenant's question would find."""

from __future__ import annotations

import asyncio
import math
from typing import Annotated, Any

import typer

from gateway.cli.shelf import StoreOption, the_store
from gateway.cli.shell import ConfigOption, JsonOption, aside, console, print_json
from gateway.errors import KnowledgeError
from gateway.retrieval.passages import Found, Passage
from gateway.retrieval.shelves import Shelves
from gateway.retrieval.store import Store

PUBLIC = "public"
"""Who calls a gateway without keys."""
SHOWN = 300
"""Characters of a passage."""


def search(
    query: Annotated[str, typer.Argument(help="a question, or words")],
    collection: Annotated[
        list[str] | None, typer.Option(help="only this one; may be given again; else all the tenant may search")
    ] = None,
    tenant: Annotated[str, typer.Option(help="who asks")] = PUBLIC,
    number: Annotated[int, typer.Option("-n", min=1, max=100, help="passages at most")] = 5,
    store: StoreOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Find passages by their words and by their meaning, the best first."""
    opened = the_store(store, config)
    for name in collection or ():
        if not opened.catalog.get(name).open_to(tenant):
            raise KnowledgeError(f"collection {name!r} is not open to {tenant!r}; name who asks with --tenant")
    found = asyncio.run(_search(opened, query, tenant, collection, number))
    for refused in found.refused:
        aside().print(refused)
    if json:
        print_json([_row(passage) for passage in found.passages])
    elif not found.passages:
        print(_nothing(opened, tenant))
    for number, passage in enumerate(() if json else found.passages, start=1):
        _show(number, passage)


async def _search(store: Store, query: str, tenant: str, among: list[str] | None, most: int) -> Found:
    shelves = Shelves(store)
    try:
        return await shelves.search(query, tenant, among, most)
    finally:
        shelves.close()


def _row(passage: Passage) -> dict[str, Any]:
    return {
        "collection": passage.collection,
        "document": passage.document,
        "chunk": passage.chunk,
        "title": passage.title,
        "text": passage.text,
        "score": round(passage.score, 4),
        "similarity": None if math.isnan(passage.similarity) else round(passage.similarity, 4),
        "words": passage.words,
    }


def _nothing(store: Store, tenant: str) -> str:
    if not store.catalog.collections():
        return f"{store.folder} holds no documents; `coterie knowledge add` puts some in"
    if not any(collection.open_to(tenant) for collection in store.catalog.collections()):
        return f"no collection is open to {tenant!r}; name who asks with --tenant"
    return "nothing found"


def _show(number: int, passage: Passage) -> None:
    text = " ".join(passage.text.split())
    out = console()
    out.print(f"{number}. {passage.title}  ({passage.score:.2f})", style="bold", markup=False)
    out.print(f"   {passage.document}, chunk {passage.chunk}, in {passage.collection}", markup=False, soft_wrap=True)
    out.print(f"   {text[:SHOWN]}{'…' if len(text) > SHOWN else ''}", markup=False, soft_wrap=True)
