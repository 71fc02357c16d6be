"""What `knowledge:` of experts.yaml names, checked: the store's folder, the gate, the cross-encoder. Opens no store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gateway.document import Misplaced
from gateway.knowledge import Knowledge
from routers.errors import ArtifactError
from routers.gating.artifact import load_gate
from routers.gating.gate import Gate
from routers.retriever import bundled_manifest


@dataclass(frozen=True, slots=True, eq=False)
class Knowing:
    """store: the folder, which need not be there yet. passages: as many go into a prompt at most."""

    store: Path
    gate: Gate
    cross_encoder: Path | None
    passages: int


def knowing_of(knowledge: Knowledge | None, folder: Path) -> Knowing | None:
    """Paths are relative to `folder`; Misplaced where the gate or the cross-encoder cannot be used."""
    if knowledge is None:
        return None
    cross = None if knowledge.cross_encoder is None else folder / knowledge.cross_encoder
    if cross is not None and not cross.is_dir():
        raise Misplaced(("knowledge", "cross_encoder"), f"no folder at {cross}")
    return Knowing(folder / knowledge.store, _gate(knowledge.gate, folder), cross, knowledge.passages)


def _gate(name: str | None, folder: Path) -> Gate:
    if name is None:
        return Gate.cold()
    base = bundled_manifest()
    try:
        return load_gate(folder / name, encoder=base.name, version=base.version)
    except ArtifactError as error:
        raise Misplaced(("knowledge", "gate"), str(error)) from None
