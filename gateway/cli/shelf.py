"""What the commands about documents share: the options that name a store, and the store they mean."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.configuration import read_experts
from gateway.errors import KnowledgeError
from gateway.retrieval.store import Store
from gateway.settings import load_settings

DEFAULT = "documents"
StoreOption = Annotated[
    Path | None, typer.Option(help="the store's folder; `knowledge.store` of experts.yaml if not given")
]
CollectionOption = Annotated[str, typer.Option(help="a name; tenants and an encoder belong to it")]
TenantsOption = Annotated[
    list[str] | None,
    typer.Option("--tenant", help="who may search a new collection, may be given again; else everybody"),
]


def the_store(folder: Path | None, config: Path | None) -> Store:
    """The store that is named, or that experts.yaml names. KnowledgeError where neither does."""
    if folder is not None:
        return Store(folder)
    path = load_settings(config=config).config
    how = "give --store FOLDER"
    if not path.exists() and config is None:
        raise KnowledgeError(f"no store is named: {how}, or --config FILE with `knowledge: {{store: FOLDER}}` in it")
    _, experts = read_experts(path)
    if experts.knowledge is None:
        raise KnowledgeError(f"{path} names no store: {how}, or write `knowledge: {{store: FOLDER}}` into it")
    return Store(path.parent / experts.knowledge.store)
