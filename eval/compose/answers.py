"""What each expert answered, as it was recorded: a letter, a number, a few words. Knows no strategy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from eval.routing.data import Trial
from gateway.answers import key_of
from gateway.form import Form
from routers.base import Array
from routers.errors import TableError
from routers.questions import some
from routers.table import Table
from routers.tabular import numbers, read_columns, strings

OTHERWISE = frozenset({"DeepSeek-Coder-V2", "jamba-1.5-large"})
"""Recorded models whose answers without an announced letter are only phrased otherwise: what was read off them stands.
Of the others such an answer may have been filled with a letter drawn by lot."""
UNMEASURED, NOTHING = -2, -1

Recorded = Mapping[tuple[str, str], str]
"""By query id and model: the answer. A pair whose answer holds nothing usable is not there."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """texts: (n, m), "" where an answer holds nothing usable. codes: (n, m), equal answers to one question share one,
    counted from 0; else NOTHING or UNMEASURED. disputed: how many different answers were scored both ways."""

    texts: Sequence[Sequence[str]]
    codes: Array
    disputed: int


def read_answers(path: Path) -> Recorded:
    """From the column `pred` of a table of outcomes, less what `pred_ok` calls unusable.

    TableError, in one line, where there is no such column.
    """
    columns = read_columns(path, ("query_id", "model", "pred"), ("pred_ok",))
    ids, models, texts = (strings(columns, name, path).to_pylist() for name in ("query_id", "model", "pred"))
    usable = numbers(columns, "pred_ok", path) != 0 if "pred_ok" in columns.column_names else np.ones(len(ids), bool)
    found: dict[tuple[str, str], str] = {}
    for query_id, model, text, good in zip(ids, models, texts, usable.tolist(), strict=True):
        if text.strip() and (good or model in OTHERWISE):
            found.setdefault((query_id, model), text.strip())
    return found


def with_answers(table: Table, recorded: Recorded) -> Table:
    """The table without the kinds of questions (source and type of answer) of which no answer at all was recorded.

    To leave out single questions would leave out those that were too hard for everybody. TableError where none is left.
    """
    kinds = list(zip(table.sources, table.answer_types, strict=True))
    asked = list(zip(kinds, table.query_ids, strict=True))
    known = {kind for expert in table.experts for kind, query_id in asked if (query_id, expert) in recorded}
    silent = [query_id for kind, query_id in asked if kind not in known]
    if len(silent) == len(asked):
        raise TableError("no answer of these experts was recorded (column pred): there is nothing to replay")
    if not silent:
        return table
    line = f"{len(silent)} questions of a kind whose answers were not recorded ({some(silent)})"
    kept = table.part(np.flatnonzero([kind in known for kind in kinds]))
    return replace(kept, left_out=(*kept.left_out, line))


def answers_of(trial: Trial, recorded: Recorded, forms: Sequence[Form]) -> Answers:
    """What the experts of a trial answered, and which of it is the same; forms: of each question's answer."""
    experts = trial.experts
    texts = [[recorded.get((query_id, expert), "") for expert in experts] for query_id in trial.table.query_ids]
    rows = zip(texts, forms, trial.measured.tolist(), strict=True)
    codes = np.array([_codes(row, form, measured) for row, form, measured in rows])
    spoken = [[worded(text, form) for text in row] for row, form in zip(texts, forms, strict=True)]
    return Answers(spoken, codes, _disputed(codes, trial.scores))


def worded(text: str, form: Form) -> str:
    """A recorded answer as an expert writes it: what code prints stands in a block, so that all of it is the answer."""
    return f"```\n{text}\n```" if text and form.kind == "code" else text


def _codes(texts: Sequence[str], form: Form, measured: Sequence[bool]) -> list[int]:
    known: dict[str, int] = {}
    keys = [_key(text, form) for text in texts]
    return [_code(key, known) if there else UNMEASURED for key, there in zip(keys, measured, strict=True)]


def _key(text: str, form: Form) -> str | None:
    return key_of(worded(text, form), form) if form.checkable else text or None


def _code(key: str | None, known: dict[str, int]) -> int:
    return NOTHING if key is None else known.setdefault(key, len(known))


def _disputed(codes: Array, scores: Array) -> int:
    """How many answers, equal ones to a question counted once, have more than one score."""
    count = 0
    for said, score in zip(codes, scores, strict=True):
        count += sum(np.ptp(score[said == code]) > 0 for code in range(said.max(initial=NOTHING) + 1))
    return int(count)
