"""Columns of a parquet, CSV or JSONL file, as Arrow tables. Knows no column's meaning.

pyarrow is imported when a file is read: serving reads none.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from routers.base import Array
from routers.errors import TableError

ArrowTable = Any
"""A pyarrow.Table (pyarrow is untyped)."""
Found = tuple[Sequence[str], ArrowTable]
"""The names of every column in the file, and those that were wanted."""

TEXTS = ("query_id", "text", "category", "subcategory", "source", "split", "dup_group", "model", "gold", "answer_type")
"""Columns that are text however they look: a CSV's query 007 is not 7."""
DELIMITERS = (",", ";", "\t")
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
LARGEST_BLOCK = 2**31 - 1


def read_columns(path: Path, needed: Sequence[str], optional: Collection[str] | None = ()) -> ArrowTable:
    """The needed columns, and the optional ones there are (None: all); TableError, in one line, where that fails."""
    if path.is_dir():
        raise TableError(f"{path} is a folder; name the table in it")
    if not path.is_file():
        raise TableError(f"no table at {path}")
    if path.suffix not in READERS:
        raise TableError(f"{path} is none of {', '.join(READERS)}")
    wanted = None if optional is None else {*needed, *optional}
    try:
        names, table = READERS[path.suffix](path, wanted)
    except (OSError, ValueError) as error:  # pyarrow's errors are both kinds
        raise TableError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
    missing = [column for column in needed if column not in names]
    if missing:
        raise TableError(f"{path} lacks the column {', '.join(missing)}; it has {', '.join(names)}")
    return table


def strings(table: ArrowTable, column: str, path: Path) -> Any:
    """A column as one Arrow array of text, empty where it has none; TableError where it is no text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        found = pc.fill_null(table[column].cast(pa.large_string()), "")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise TableError(f"{path}: the column {column} must be text, not {table[column].type}") from None
    return found.combine_chunks()


def numbers(table: ArrowTable, column: str, path: Path) -> Array:
    """A column as floats (n,), NaN where it is empty; TableError where it is no number."""
    import pyarrow as pa

    found = table[column]
    if not (pa.types.is_integer(found.type) or pa.types.is_floating(found.type) or pa.types.is_boolean(found.type)):
        if not pa.types.is_null(found.type):
            raise TableError(f"{path}: the column {column} must be numbers, not {found.type}")
    floats: Array = found.cast(pa.float64()).to_numpy()
    return np.asarray(floats, dtype=np.float64)


def _parquet(path: Path, wanted: Collection[str] | None) -> Found:
    from pyarrow import parquet

    names = parquet.read_schema(path).names
    return names, parquet.read_table(path, columns=[name for name in names if wanted is None or name in wanted])


def _csv(path: Path, wanted: Collection[str] | None) -> Found:
    import pyarrow as pa
    from pyarrow import csv

    table = csv.read_csv(
        path,
        read_options=csv.ReadOptions(block_size=_whole(path)),
        parse_options=csv.ParseOptions(newlines_in_values=True, delimiter=_delimiter(path)),
        convert_options=csv.ConvertOptions(column_types=dict.fromkeys(TEXTS, pa.string())),
    )
    return _part(table, wanted)


def _delimiter(path: Path) -> str:
    """What stands between the names of the first line: some spreadsheets write semicolons or tabs."""
    with path.open("rb") as opened:
        first = opened.readline()
    if first.startswith(UTF16):
        raise ValueError("it is UTF-16; save it as UTF-8")
    return max(DELIMITERS, key=lambda delimiter: first.count(delimiter.encode()))


def _jsonl(path: Path, wanted: Collection[str] | None) -> Found:
    from pyarrow import json

    return _part(json.read_json(path, read_options=json.ReadOptions(block_size=_whole(path))), wanted)


def _whole(path: Path) -> int:
    """The file in one block: a line may be as long as it likes, and a column's type is seen from all of it."""
    return min(path.stat().st_size + 1, LARGEST_BLOCK)


def _part(table: ArrowTable, wanted: Collection[str] | None) -> Found:
    names = table.column_names
    return names, table.select([name for name in names if wanted is None or name in wanted])


READERS: dict[str, Callable[[Path, Collection[str] | None], Found]] = {
    ".parquet": _parquet,
    ".csv": _csv,
    ".jsonl": _jsonl,
}
