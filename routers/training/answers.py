"""What each expert answered, where a table of outcomes says so (its column `pred`), as codes that can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from routers.base import Array
from routers.fusion.cases import OPEN, Cases
from routers.fusion.evidence import NOT_ASKED, NOTHING, NOWHERE
from routers.table import Table
from routers.tabular import read_columns, strings

NEEDED = ("query_id", "model")
PRED, PRED_OK = "pred", "pred_ok"
ANNOUNCED = 0.5
"""Answers that an expert did not announce count as answers if they are right this often, beside those it did."""


def read_answers(outcomes: Path, table: Table) -> Cases | None:
    """The cases of all questions of the table, every expert asked and every chance still unknown; None without `pred`.

    An expert whose outcome is not known was not asked. An answer that the column `pred_ok` calls none, since it was
    guessed from the text or at random, counts where that expert's guesses are about as good as its answers.
    """
    columns = read_columns(outcomes, NEEDED, (PRED, PRED_OK))
    if PRED not in columns.column_names:
        return None
    said, guessed = _cells(columns, table, outcomes)
    said = np.where(guessed & ~_trusted(said, guessed, table.outcomes), "", said)
    codes = np.full(said.shape, NOTHING)
    for n, choices in enumerate(table.choices):
        codes[n] = _coded(said[n], choices)
    codes[np.isnan(table.outcomes)] = NOT_ASKED
    options = np.array([len(choices) if len(choices) > 1 else OPEN for choices in table.choices])
    kinds = max(int(codes.max(initial=0)) + 1, 1)
    places = np.where(np.arange(kinds) < np.where(options < OPEN, options, 0)[:, None], np.arange(kinds), NOWHERE)
    return Cases(np.full(said.shape, np.nan), codes, places, options)


def key_of(text: str) -> str:
    """The same for answers that differ in case, space, a final point or how a number is written."""
    plain = " ".join(text.casefold().split()).rstrip(".").removeprefix("$")
    try:
        return f"{float(plain.replace(',', '')):.10g}"
    except ValueError:
        return plain


def _cells(columns: Any, table: Table, path: Path) -> tuple[Array, Array]:
    """(n, m) what was answered, "" for nothing; and where that was guessed."""
    rows = {name: n for n, name in enumerate(table.query_ids)}
    experts = {name: m for m, name in enumerate(table.experts)}
    said = np.full(table.outcomes.shape, "", dtype=object)
    guessed = np.zeros(said.shape, dtype=bool)
    cells = (strings(columns, name, path).to_pylist() for name in (*NEEDED, PRED))
    sure = columns[PRED_OK].to_pylist() if PRED_OK in columns.column_names else [None] * columns.num_rows
    for query_id, model, pred, ok in zip(*cells, sure, strict=True):
        n, m = rows.get(query_id), experts.get(model)
        if n is not None and m is not None:
            said[n, m], guessed[n, m] = pred.strip(), ok is not None and not ok
    return said, guessed


def _trusted(said: Array, guessed: Array, scores: Array) -> Array:
    """(m,) bool: whose guesses are about as good as its answers."""
    given = (said != "") & ~np.isnan(scores)
    found = []
    for m in range(said.shape[1]):
        guesses, answers = given[:, m] & guessed[:, m], given[:, m] & ~guessed[:, m]
        fair = guesses.any() and scores[guesses, m].mean() >= ANNOUNCED * _mean(scores[answers, m])
        found.append(bool(fair))
    return np.array(found)


def _mean(scores: Array) -> float:
    return float(scores.mean()) if len(scores) else 0.0


def _coded(said: Sequence[str], choices: Sequence[str]) -> list[int]:
    """Codes of one question's answers: the option's place, or numbers in the order of appearance."""
    if len(choices) > 1:
        known = {chr(ord("a") + place): place for place in range(len(choices))}
        known.update({key_of(choice): place for place, choice in reversed(list(enumerate(choices)))} | known)
        return [known.get(key_of(one), NOTHING) for one in said]
    seen: dict[str, int] = {}
    return [seen.setdefault(key_of(one), len(seen)) if one else NOTHING for one in said]
