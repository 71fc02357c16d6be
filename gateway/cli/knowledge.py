"""`coterie knowledge`: put documents into a store, see what is there, take them out, search them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from gateway.cli.encoder import encoder as write_encoder
from gateway.cli.gate import learn
from gateway.cli.label import label
from gateway.cli.lookup import search
from gateway.cli.shelf import DEFAULT, CollectionOption, StoreOption, TenantsOption, the_store
from gateway.cli.shell import ConfigOption, aside
from gateway.cli.stock import list_
from gateway.errors import KnowledgeError
from gateway.retrieval.adding import Wanted
from gateway.retrieval.adding import add as put
from gateway.retrieval.catalog import CollectionName
from gateway.retrieval.progress import shown
from gateway.retrieval.store import Store

app = typer.Typer(no_args_is_help=True, help="Documents that experts may be given.")
app.command("list")(list_)
app.command()(search)
app.command("encoder")(write_encoder)
app.command()(learn)
app.command()(label)


@app.command()
def add(
    paths: Annotated[list[str], typer.Argument(help="files, folders, http(s) URLs")],
    collection: CollectionOption = DEFAULT,
    tenant: TenantsOption = None,
    encoder: Annotated[
        Path | None, typer.Option(help="a folder that `knowledge encoder` wrote; for a new collection")
    ] = None,
    store: StoreOption = None,
    config: ConfigOption = None,
) -> None:
    """Put text, Markdown, HTML, PDF and JSONL into a collection. The same command brings it up to date.

    What is unchanged is passed over, and what is gone from a folder is removed. Stopped at any moment, it goes on.
    """
    wanted = Wanted(_named(collection), tenant or (), encoder)
    opened, say = the_store(store, config), aside()
    try:
        with opened.writing(say.print), shown(say) as tally:
            asyncio.run(put(opened, paths, wanted, tally))
    except KeyboardInterrupt:
        say.print("stopped; what was added is kept, and the same command goes on")
        raise typer.Exit(1) from None
    print(f"{collection} in {opened.folder}: {tally.line()}")
    if tally.counts["refused"]:
        raise typer.Exit(1)


@app.command()
def remove(
    documents: Annotated[list[str] | None, typer.Argument(help="files, folders, URLs, or documents of a JSONL")] = None,
    collection: Annotated[str | None, typer.Option(help="all of it, where no document is named")] = None,
    store: StoreOption = None,
    config: ConfigOption = None,
) -> None:
    """Take documents out of a collection, or a whole collection out of the store."""
    if not documents and collection is None:
        raise typer.BadParameter("name documents, or a collection with --collection")
    opened, say = the_store(store, config), aside()
    if not opened.catalog.collections():
        raise KnowledgeError(f"{opened.folder} holds no documents")
    with opened.writing(say.print):
        removed = asyncio.run(_remove(opened, documents or (), collection or DEFAULT))
    for name, count in removed.items():
        print(f"{name}: {count} document{'s' * (count > 1)} removed" if count else f"{name}: no such document")
    if not all(removed.values()):
        raise typer.Exit(1)


async def _remove(store: Store, documents: list[str] | tuple[()], name: str) -> dict[str, int]:
    collection = store.catalog.get(name)
    if documents:
        return await store.remove(collection, documents)
    count = await store.documents(collection)
    await store.drop(collection)
    return {f"collection {name}": max(count, 1)}


def _named(collection: str) -> str:
    try:
        return TypeAdapter(CollectionName).validate_python(collection)
    except ValidationError:
        how = "a letter or a digit, then letters, digits, dots, underscores and hyphens, 64 at most"
        raise typer.BadParameter(f"a collection is not called {collection!r}: {how}") from None
