"""Trained category routers on disk: arrays (npz, never pickled) and JSON. Loading executes no code of theirs.

Knows no table and no expert; the manifest beside it knows where the numbers come from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from routers.abilities import Ability, Profiles
from routers.category import CategoryRouter
from routers.classifier import CategoryClassifier
from routers.encoders.hashing import Space
from routers.encoders.static import StaticEncoder
from routers.errors import ArtifactError
from routers.manifest import FORMAT, MANIFEST, Manifest, digests, load_manifest, version_of

KIND = "category"
FILES = WEIGHTS, RARITY, PROFILES = ("classifier.npz", "encoder.npz", "profiles.json")


@dataclass(frozen=True, slots=True)
class CategoryArtifact:
    """A trained encoder and classifier, the profiles of the recorded models, and what the manifest says of them."""

    encoder: StaticEncoder
    classifier: CategoryClassifier
    profiles: Profiles
    manifest: Manifest

    @property
    def version(self) -> str:
        return self.manifest.version

    @property
    def sure_above(self) -> float:
        """Below this confidence a query is the fallback expert's."""
        return self.manifest.sure_above.value

    def router(self, abilities: Mapping[str, Ability]) -> CategoryRouter:
        return CategoryRouter(self.classifier).with_abilities(abilities)


def load_bundled() -> CategoryArtifact:
    """The category router that comes with the package."""
    with as_file(files("routers") / "bundled" / KIND) as folder:
        return load_category(folder)


def load_category(folder: Path) -> CategoryArtifact:
    """ArtifactError, in one line, where the folder is not a complete and undamaged artifact."""
    manifest = load_manifest(folder, KIND, FILES)
    try:
        rarity = _arrays(folder / RARITY)["rarity"]
        space = Space(**{name: int(size) for name, size in manifest.encoder.items() if name != "name"})
        profiles = Profiles.from_json(json.loads((folder / PROFILES).read_bytes()))
        classifier = _classifier(_arrays(folder / WEIGHTS), manifest.categories, space.words)
    except (KeyError, TypeError, ValueError, BadZipFile) as error:
        raise ArtifactError(f"{folder} cannot be read: {error}") from error
    return CategoryArtifact(StaticEncoder(space, rarity), classifier, profiles, manifest)


def save_category(artifact: CategoryArtifact, folder: Path) -> CategoryArtifact:
    """Write the files, then the manifest with their hashes; the artifact as it will load is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    np.savez_compressed(folder / RARITY, allow_pickle=False, rarity=artifact.encoder.rarity)
    np.savez_compressed(folder / WEIGHTS, allow_pickle=False, **_learned(artifact.classifier))
    (folder / PROFILES).write_text(json.dumps(artifact.profiles.to_json(), indent=1, sort_keys=True) + "\n")
    found = digests(folder, FILES)
    encoder = {"name": artifact.encoder.name, **asdict(artifact.encoder.space)}
    known = {"files": found, "version": version_of(found), "format": FORMAT, "kind": KIND, "encoder": encoder}
    manifest = artifact.manifest.model_copy(update=known)
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n")
    return load_category(folder)


def _arrays(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as stored:
        return dict(stored)


def _learned(classifier: CategoryClassifier) -> dict[str, Any]:
    return {
        "weights": classifier.weights_,
        "scale": classifier.scale_,
        "bias": classifier.bias_,
        "met": np.packbits(classifier.met_),
        "gate": classifier.gate_,
        "temperature": np.float64(classifier.temperature_),
    }


def _classifier(arrays: Mapping[str, Any], categories: tuple[str, ...], words: int) -> CategoryClassifier:
    classifier = CategoryClassifier(words)
    classifier.categories_ = categories
    classifier.weights_ = np.ascontiguousarray(arrays["weights"])
    classifier.scale_, classifier.bias_ = arrays["scale"], arrays["bias"]
    classifier.met_ = np.unpackbits(arrays["met"], count=words).astype(bool)
    classifier.gate_, classifier.temperature_ = arrays["gate"], float(arrays["temperature"])
    return classifier
