"""Tables that were pickled by pandas, read without pandas and without running anything they hold.

A pickle is a program. This reader knows the handful of names that a plain table of numbers and words is made of, gives
each a harmless stand-in, and refuses every other one. Knows no question set.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from routers.errors import TableError

ARRAYS = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("builtins", "slice"): slice,
}
REBUILD = {"_reconstruct": "multiarray", "_frombuffer": "numeric", "scalar": "multiarray"}
"""What arrays are rebuilt with, and where numpy keeps it; releases before 2.0 kept it in `numpy.core`."""


class _Named:
    """Stands for a class of pandas that is only ever passed on."""


class _Frame:
    """Stands for a DataFrame; its manager is given when its state is."""

    def __init__(self) -> None:
        self.columns: dict[str, Any] = {}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        blocks, (names, *_) = state["_mgr"]
        self.columns = {}
        for values, places in blocks:
            for row, place in enumerate(np.arange(len(names))[places]):
                self.columns[str(names[place])] = values[row]


def _manager(blocks: Sequence[Any], axes: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    return blocks, axes


def _block(values: Any, places: Any, ndim: int) -> tuple[Any, Any]:
    return values, places


def _index(kind: type, parts: Mapping[str, Any]) -> Any:
    """The names that an index of words holds; one that only counts holds none."""
    return parts.get("data", ())


STAND_INS: Mapping[str, Callable[..., Any]] = {
    "DataFrame": _Frame,
    "BlockManager": _manager,
    "_unpickle_block": _block,
    "_new_Index": _index,
    "Index": _Named,
    "RangeIndex": _Named,
}


class _Reader(pickle.Unpickler):
    """Finds no name but those of a plain table."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in ARRAYS:
            return ARRAYS[module, name]
        if module.startswith(("numpy.core.", "numpy._core.")) and name in REBUILD:
            return getattr(import_module(f"numpy._core.{REBUILD[name]}"), name)
        if module.split(".", 1)[0] == "pandas" and name in STAND_INS:
            return STAND_INS[name]
        raise pickle.UnpicklingError(f"it holds {module}.{name}")


def read_frame(path: Path) -> list[dict[str, Any]]:
    """The rows. TableError, in one line, for anything but a plain table of numbers and words."""
    try:
        with path.open("rb") as file:
            frame = _Reader(file).load()
    except OSError as error:
        raise TableError(f"{path} cannot be read ({error.strerror})") from None
    except Exception as error:  # a damaged or hostile pickle may raise anything
        _refuse(path, str(error))
    if not isinstance(frame, _Frame):
        _refuse(path, f"it holds a {type(frame).__name__}")
    names, columns = list(frame.columns), [list(column) for column in frame.columns.values()]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _refuse(path: Path, why: str) -> NoReturn:
    raise TableError(
        f"{path} is not a plain table as pandas 1 and 2 pickle it ({why}); "
        "where you trust it, write it as parquet and give that file with --file"
    )
