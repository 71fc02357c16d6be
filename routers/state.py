"""What an estimator has learned, as arrays and JSON: written and read without executing anything, whatever it is.

An estimator inside an estimator (a member of a blend) is written under its place's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from routers.base import Array, Estimator
from routers.errors import ArtifactError

Kinds = Mapping[str, type[Estimator]]
"""The estimators that may be read back, by class name."""


@dataclass(frozen=True, slots=True)
class State:
    """arrays: by path, as in `members_/0/abilities_`. facts: everything else, as JSON has it."""

    arrays: Mapping[str, Array]
    facts: Mapping[str, Any]


def dump(estimator: Estimator) -> State:
    """The state of a fitted estimator."""
    arrays: dict[str, Array] = {}
    return State(arrays, _facts(estimator, "", arrays))


def restore(state: State, kinds: Kinds) -> Any:
    """The estimator again; ArtifactError for a kind that is not known or an array that is missing."""
    try:
        return _estimator(state.facts, state.arrays, kinds)
    except KeyError as error:
        raise ArtifactError(f"a router cannot be read: {error} is missing") from None


def _facts(estimator: Estimator, path: str, arrays: dict[str, Array]) -> dict[str, Any]:
    learned = {name: value for name, value in vars(estimator).items() if name.endswith("_")}
    return {
        "kind": type(estimator).__name__,
        "params": {name: _written(value, f"{path}{name}", arrays) for name, value in estimator.get_params().items()},
        "learned": {name: _written(value, f"{path}{name}", arrays) for name, value in learned.items()},
    }


def _written(value: Any, path: str, arrays: dict[str, Array]) -> Any:
    if isinstance(value, Estimator):
        return {"estimator": _facts(value, f"{path}/", arrays)}
    if isinstance(value, np.ndarray):
        arrays[path] = value
        return {"array": path}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple):
        return {"tuple": [_written(part, f"{path}/{place}", arrays) for place, part in enumerate(value)]}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"{path} is a {type(value).__name__}: only arrays, numbers, text, tuples and estimators are kept")


def _estimator(facts: Mapping[str, Any], arrays: Mapping[str, Array], kinds: Kinds) -> Estimator:
    if facts["kind"] not in kinds:
        raise ArtifactError(f"no router is called {facts['kind']!r}; known are {', '.join(sorted(kinds))}")
    made = kinds[facts["kind"]](**{name: _read(value, arrays, kinds) for name, value in facts["params"].items()})
    for name, value in facts["learned"].items():
        setattr(made, name, _read(value, arrays, kinds))
    return made


def _read(value: Any, arrays: Mapping[str, Array], kinds: Kinds) -> Any:
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return arrays[value["array"]]
    if "tuple" in value:
        return tuple(_read(part, arrays, kinds) for part in value["tuple"])
    return _estimator(value["estimator"], arrays, kinds)
