"""Grades become a table of outcomes, a row per question and expert, as training and evaluation read it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import orjson

from eval.collect.grading import Graded
from gateway.types import Json
from routers.errors import TableError

TEXTS = ("query_id", "model", "pred", "source", "split", "grader", "answer_type", "why", "asked_at")
NUMBERS = ("score", "output_chars", "cost_usd", "latency_s", "input_tokens", "output_tokens", "grading_usd")
COLUMNS = (
    *("query_id", "model", "score", "pred", "pred_ok", "output_chars", "cost_usd", "source", "split"),
    *("latency_s", "input_tokens", "output_tokens", "samples", "cut_off", "grader", "answer_type"),
    *("grading_usd", "why", "asked_at"),
)
CUT_OFF = "length"


def outcomes(graded: Iterable[Graded]) -> list[Json]:
    """Of several samples the mean score of those that have one; the first one's pred."""
    by_pair: dict[tuple[str, str], list[Graded]] = {}
    for one in graded:
        by_pair.setdefault((one.posed.query_id, one.row.expert), []).append(one)
    return [_outcome(several) for several in by_pair.values()]


def _outcome(several: Sequence[Graded]) -> Json:
    first = several[0]
    scores = [one.grade.score for one in several if one.grade.score is not None]
    rows = [one.row for one in several]
    return {
        "query_id": first.posed.query_id,
        "model": first.row.expert,
        "score": fmean(scores) if scores else None,
        "pred": first.grade.pred,
        "pred_ok": first.grade.pred is not None,
        "output_chars": fmean(len(row.reply) for row in rows),
        "cost_usd": fmean(row.cost_usd for row in rows),
        "source": first.posed.source,
        "split": first.posed.split or None,
        "latency_s": fmean(row.latency_s for row in rows),
        "input_tokens": fmean(row.input_tokens for row in rows),
        "output_tokens": fmean(row.output_tokens for row in rows),
        "samples": len(rows),
        "cut_off": any(row.finish == CUT_OFF for row in rows),
        "grader": first.grader,
        "answer_type": first.posed.answer_type,
        "grading_usd": sum(one.grade.cost_usd for one in several),
        "why": next((one.grade.why for one in several if one.grade.why), ""),
        "asked_at": max(row.at for row in rows),
    }


def write_outcomes(rows: Sequence[Json], out: Path) -> None:
    """The whole table at once, so that nobody reads half of one; TableError, in one line, where that cannot be."""
    whole = out.with_name(f".{out.name}.new")
    try:
        WRITERS[out.suffix](rows, whole)
        os.replace(whole, out)
    except OSError as error:
        whole.unlink(missing_ok=True)
        raise TableError(
            f"{out} cannot be written ({error.strerror or error}); the answers are kept, --regrade writes it"
        ) from None


def _arrow(rows: Sequence[Json]) -> Any:
    import pyarrow as pa

    types = {**dict.fromkeys(TEXTS, pa.string()), **dict.fromkeys(NUMBERS, pa.float64())}
    return pa.table({name: pa.array([row[name] for row in rows], types.get(name)) for name in COLUMNS})


def _parquet(rows: Sequence[Json], path: Path) -> None:
    from pyarrow import parquet

    parquet.write_table(_arrow(rows), path)


def _csv(rows: Sequence[Json], path: Path) -> None:
    from pyarrow import csv

    csv.write_csv(_arrow(rows), path)


def _jsonl(rows: Sequence[Json], path: Path) -> None:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))


WRITERS: dict[str, Callable[[Sequence[Json], Path], None]] = {".parquet": _parquet, ".csv": _csv, ".jsonl": _jsonl}
