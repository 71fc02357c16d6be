"""A learned gate as a folder: what it believes, and a manifest that names the retrieval encoder it was learned with.

Labelled questions are kept as that encoder's rows, so that rows of another would mean something else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from routers.errors import ArtifactError
from routers.files import names_of, read, write
from routers.gating.beliefs import Beliefs
from routers.gating.gains import Asked, Hit
from routers.gating.gate import Gate
from routers.gating.labelled import Labelled
from routers.gating.neighbours import Neighbours
from routers.gating.rarity import load_rarity
from routers.gating.thrust import Thrust
from routers.manifest import MANIFEST, Manifest, Source, digest, load_manifest, write_manifest
from routers.state import Kinds

KIND = "gate"
BELIEFS = "beliefs"
KINDS: Kinds = {kind.__name__: kind for kind in (Beliefs, Neighbours, Thrust)}
ORIGIN, LICENCE = "a table of the operator's own", "not stated"
_PROBE = Hit("A probe", "whether what was read can say something of a passage", 0.5)


def save_gate(
    gate: Gate, folder: Path, labelled: Labelled, tables: Sequence[Path], metrics: Mapping[str, float], seed: int
) -> Manifest:
    """Write the gate, then the manifest with the hashes; ArtifactError where the folder cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MANIFEST).unlink(missing_ok=True)
        names = write(gate.beliefs, folder, BELIEFS)
    except OSError as error:
        raise ArtifactError(f"{folder} cannot be written ({error.strerror})") from None
    named = " ".join(table.name for table in tables)
    manifest = Manifest(
        name="gate",
        kind=KIND,
        command=f"coterie knowledge learn {named} --out DIR",
        seed=seed,
        sources=(Source(name=named, origin=ORIGIN, licence=LICENCE, rows=len(labelled.pairs)),),
        tables={table.name: digest(table) for table in tables},
        encoder={"name": labelled.encoder, "version": labelled.version},
        categories=(),
        experts=gate.experts,
        metrics=dict(metrics),
    )
    return write_manifest(folder, manifest, names)


def load_gate(folder: Path, *, encoder: str, version: str) -> Gate:
    """ArtifactError, in one line, where the folder is damaged, foreign, or learned with another retrieval encoder."""
    manifest = load_manifest(folder, KIND, names_of(BELIEFS))
    learned_with = (manifest.encoder.get("name"), manifest.encoder.get("version"))
    if learned_with != (encoder, version):
        raise ArtifactError(
            f"{folder} was learned with the retrieval encoder {learned_with[0]} {learned_with[1]}, and this one is "
            f"{encoder} {version}; learn it again with `coterie knowledge learn`"
        )
    kept = read(folder, BELIEFS, KINDS)
    if not isinstance(kept, Beliefs):
        raise ArtifactError(f"{folder / BELIEFS}.json holds a {type(kept).__name__}, not the beliefs of a gate")
    gate = Gate(kept, load_rarity(), manifest.version)
    try:
        _ask(gate)
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise ArtifactError(f"{folder / BELIEFS}.npz is not of this version ({error}); learn it again") from None
    return gate


def _ask(gate: Gate) -> None:
    """Everybody it knows and a stranger, of a query at the origin."""
    known = gate.beliefs.neighbours_
    width = 0 if known is None else known.questions_.shape[1]
    experts = (*gate.experts, "somebody else")
    chance = np.full(len(experts), 0.5)
    gate.weigh(Asked("a probe", np.zeros(width, dtype=np.float32), experts, chance, chance), [_PROBE])
