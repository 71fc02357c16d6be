"""An estimator's state as two files: arrays (npz, never pickled) and JSON. The same state, the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from routers.base import Estimator
from routers.errors import ArtifactError
from routers.state import Kinds, State, dump, restore


def names_of(name: str) -> tuple[str, str]:
    """The files of the estimator that is kept under a name."""
    return f"{name}.npz", f"{name}.json"


def write(estimator: Estimator, folder: Path, name: str) -> tuple[str, str]:
    """Write an estimator; the names of its files are returned."""
    state = dump(estimator)
    arrays, facts = names_of(name)
    save: Callable[..., None] = np.savez_compressed
    save(folder / arrays, allow_pickle=False, **{path.replace("/", "|"): found for path, found in state.arrays.items()})
    (folder / facts).write_text(json.dumps(state.facts, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return arrays, facts


def read(folder: Path, name: str, kinds: Kinds) -> Any:
    """The estimator again; ArtifactError, in one line, where the files cannot be read."""
    arrays, facts = names_of(name)
    try:
        with np.load(folder / arrays, allow_pickle=False) as stored:
            found = {path.replace("|", "/"): stored[path] for path in stored.files}
        return restore(State(found, json.loads((folder / facts).read_bytes())), kinds)
    except (OSError, KeyError, TypeError, ValueError, BadZipFile) as error:
        raise ArtifactError(f"{folder / arrays} cannot be read: {error}") from error
