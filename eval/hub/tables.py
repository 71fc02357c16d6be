"""Files of a public set to our tables of questions and outcomes, on disk. Knows the files, not where they are from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from eval.hub.frames import read_frame
from eval.hub.rows import Answered, Asked, Converted, Raw
from eval.hub.sets import PublicSet
from routers.errors import TableError
from routers.table import read_rows

QUESTIONS, OUTCOMES, ORIGIN = "questions.parquet", "outcomes.parquet", "origin.json"
PICKLES = frozenset({".pkl", ".pickle"})


def converted(one: PublicSet, files: Iterable[tuple[str, Path]], limit: int | None = None) -> Converted:
    """All files together, `limit` questions at most. TableError, in one line, for a file that is none of the set."""
    questions: list[Asked] = []
    outcomes: list[Answered] = []
    for path, file in files:
        found = _of(one, path, file)
        questions += found.questions
        outcomes += found.outcomes
    kept = {question.query_id: question for question in questions[:limit]}
    return Converted(tuple(kept.values()), tuple(one for one in outcomes if one.query_id in kept))


def _of(one: PublicSet, path: str, file: Path) -> Converted:
    try:
        return one.convert(_rows(file), path)
    except KeyError as error:
        raise TableError(f"{file} is no file of {one.hub}: it has no column {error.args[0]}") from None
    except (TypeError, AttributeError, ValueError) as error:
        raise TableError(f"{file} is no file of {one.hub}: {error}") from None


def _rows(file: Path) -> Sequence[Raw]:
    if file.suffix in PICKLES:
        return read_frame(file)
    rows: list[dict[str, Any]] = read_rows(file, ())
    return rows


def write_tables(found: Converted, folder: Path, origin: dict[str, Any]) -> list[Path]:
    """questions.parquet, outcomes.parquet where there are any, and where it is all from; the files written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        rows = [{**asdict(one), "source": origin["set"]} for one in found.questions]
        written = [_write(rows, folder / QUESTIONS)]
        if found.outcomes:
            written.append(_write([asdict(one) for one in found.outcomes], folder / OUTCOMES))
        (folder / ORIGIN).write_bytes(orjson.dumps(origin, option=orjson.OPT_INDENT_2) + b"\n")
    except OSError as error:
        raise TableError(f"{folder} cannot be written ({error.strerror})") from None
    return written


def _write(rows: list[dict[str, Any]], path: Path) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    partial = path.with_suffix(".partial")
    pq.write_table(pa.Table.from_pylist(rows), partial)
    partial.replace(path)
    return path
