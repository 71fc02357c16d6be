"""`coterie eval fetch` from a name to tables on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from eval.hub.download import download
from eval.hub.sets import SETS, PublicSet
from eval.hub.tables import converted, write_tables
from routers.categories import nearest
from routers.errors import TableError

Say = Callable[[str], None]


def listing() -> list[dict[str, Any]]:
    """The sets there are."""
    return [
        {"name": one.name, "hub": one.hub, "licence": one.licence, "about": one.about, "splits": list(one.files)}
        for one in SETS
    ]


def fetched(
    name: str, split: str | None, out: Path, copies: Sequence[Path], limit: int | None, say: Say
) -> dict[str, Any]:
    """What was written, and where it is from. TableError, in one line, for what cannot be."""
    one = _set(name)
    part = _split(one, split)
    say(f"{one.hub}, {part}: {one.about}")
    say(f"licence: {one.licence}")
    origin: dict[str, Any] = {"set": one.name, "hub": one.hub, "split": part, "licence": one.licence}
    if copies:
        files = [(_within(copy), copy) for copy in copies]
        origin["files"] = [copy.name for copy in copies]
    else:
        found = download(one, part)
        say(f"its card says: {found.licence or 'no licence'} (revision {found.revision[:12]})")
        files = list(found.files)
        origin |= {"revision": found.revision, "card_licence": found.licence}
    tables = converted(one, files, limit)
    if not tables.questions:
        raise TableError(f"{one.hub} {part} holds no question")
    written = write_tables(tables, out, origin)
    say(f"{len(tables.questions):,} questions{_answered(len(tables.outcomes))}: {', '.join(map(str, written))}")
    return origin | {"questions": len(tables.questions), "outcomes": len(tables.outcomes), "out": str(out)}


def _answered(outcomes: int) -> str:
    return f" and {outcomes:,} outcomes" if outcomes else ""


def _within(copy: Path) -> str:
    """The folder of a copy may be the part of the set that it is."""
    return f"{copy.parent.name}/{copy.name}"


def _set(name: str) -> PublicSet:
    known = {one.name: one for one in SETS} | {one.hub: one for one in SETS}
    if name not in known:
        names = ", ".join(one.name for one in SETS)
        raise TableError(f"no set is called {name}; the nearest is {nearest(name, known)}, there are {names}")
    return known[name]


def _split(one: PublicSet, split: str | None) -> str:
    if split is not None and split not in one.files:
        raise TableError(f"{one.name} has no part {split}; it has {', '.join(one.files)}")
    return split or one.split
