"""What the tests of searching build with: documents of our own, stores they lie in, and encoders of other kinds."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from rich.console import Console

from gateway.retrieval.adding import Wanted
from gateway.retrieval.adding import add as put
from gateway.retrieval.passages import Found
from gateway.retrieval.progress import Tally
from gateway.retrieval.shelves import Shelves
from gateway.retrieval.store import Store
from routers.manifest import load_manifest, write_manifest
from routers.retriever import Retriever, load_bundled_retriever

KITCHEN = {
    "bread": "Knead the dough for ten minutes, let it rise overnight, and bake the loaf in a hot oven until brown.",
    "soup": "Boil the lentils with onions and carrots; a bay leaf and some vinegar give the broth its taste.",
    "jam": "Cook the strawberries with sugar and the juice of a lemon, and fill the jars while the jam is hot.",
    "cheese": "Warm the milk, stir in rennet, cut the curd when it is firm, and hang it in a cloth to drain.",
}
WORKSHOP = {
    "lathe": "Oil the spindle of the lathe each morning. Error ERR-4711 means that the chuck guard is open.",
    "saw": "The band saw must not be touched before the blade has come to rest; worn blades are changed by two people.",
    "pump": "If the pump draws air it rattles: bleed it at the valve on top until water comes out without bubbles.",
    "press": "Two buttons far apart start the hydraulic press, so that nobody can have a hand between its plates.",
}


@cache
def base() -> Retriever:
    """The bundled one, loaded once for all tests."""
    return load_bundled_retriever()


def written(folder: Path, documents: Mapping[str, str]) -> Path:
    """A text file each."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


async def filled(store: Store, folder: Path, wanted: Wanted) -> None:
    """As the command does it."""
    with store.writing(print):
        await put(store, [str(folder)], wanted, Tally(Console(file=io.StringIO()), every=True))


def fill(store: Store, folder: Path, name: str, tenants: Sequence[str] = (), encoder: Path | None = None) -> None:
    asyncio.run(filled(store, folder, Wanted(name, tenants, encoder)))


def search(
    store: Store, *texts: str, tenant: str = "acme", among: Sequence[str] | None = None, most: int = 8
) -> list[Found]:
    """Each in turn, as a server would that has just been started."""

    async def asked() -> list[Found]:
        shelves = Shelves(store, base)
        try:
            return [await shelves.search(text, tenant, among, most) for text in texts]
        finally:
            shelves.close()

    return asyncio.run(asked())


def names(found: Found) -> list[str]:
    """Of the documents, without folder and ending."""
    return [Path(passage.document).stem for passage in found.passages]


def other_encoder(folder: Path, name: str = "other", before: str = "zzz ") -> Path:
    """The bundled encoder with a tokenizer that reads `before` in front of every text: other rows, another version."""
    with as_file(files("routers") / "bundled" / "retriever") as bundled:
        shutil.copytree(bundled, folder)
        manifest = load_manifest(bundled, "retriever")
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    steps = [tokenizer["normalizer"], {"type": "Prepend", "prepend": before}]
    tokenizer["normalizer"] = {"type": "Sequence", "normalizers": steps}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    write_manifest(folder, manifest.model_copy(update={"name": name}), ("model.onnx", "tokenizer.json"))
    return folder
