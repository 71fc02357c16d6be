"""What is evaluated: questions as a router reads them, who answered them how well, and at what cost."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from eval.routing.costs import Costs, costs_of
from eval.routing.prices import Models
from routers.base import Array
from routers.corpus import spelled_out
from routers.errors import TableError
from routers.questions import some
from routers.table import Table


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """n questions and m experts. Where an expert has no score, it cannot be asked.

    texts: with their options, as a caller would write them. params: (m,) billions of active parameters, NaN unknown.
    costs: None where they are not known. left_out: what was left out and why, a line each.
    """

    table: Table
    texts: tuple[str, ...]
    costs: Costs | None
    params: Array | None
    left_out: tuple[str, ...]

    @property
    def experts(self) -> tuple[str, ...]:
        return self.table.experts

    @property
    def scores(self) -> Array:
        """(n, m), NaN where it was not measured."""
        return self.table.outcomes

    @property
    def measured(self) -> Array:
        return ~np.isnan(self.table.outcomes)

    @property
    def account(self) -> dict[str, Any]:
        """What an evaluation's JSON says of its data."""
        return {
            "questions": len(self.texts),
            "experts": list(self.experts),
            "hash": self.hash,
            "outcomes": int(self.measured.sum()),
            "groups": len(set(self.table.groups.tolist())),
            "costs": None if self.costs is None else self.costs.origin,
            "left_out": list(self.left_out),
        }

    def part(self, rows: Array) -> Trial:
        """These questions alone."""
        texts = tuple(self.texts[row] for row in rows.tolist())
        costs = None if self.costs is None else self.costs.part(rows)
        return replace(self, table=self.table.part(rows), texts=texts, costs=costs)

    @property
    def hash(self) -> str:
        """Of the questions, the experts and the scores: the same data, the same hash."""
        digest = hashlib.sha256()
        for name in (*self.experts, *self.table.query_ids, *self.texts):
            digest.update(name.encode() + b"\0")
        digest.update(np.ascontiguousarray(self.scores, dtype="<f4").tobytes())
        return digest.hexdigest()[:16]


def trial_of(table: Table, models: Models | None = None) -> Trial:
    """The trial over a table: a question that fewer than two of its experts answered leaves nothing to choose.

    TableError where no question is left.
    """
    enough = min(2, len(table.experts))
    answered = (~np.isnan(table.outcomes)).sum(axis=1) >= enough
    if not answered.any():
        raise TableError(f"no question was answered by {enough} of the experts {', '.join(table.experts)}")
    kept = table.part(np.flatnonzero(answered))
    texts = tuple(spelled_out(text, choices) for text, choices in zip(kept.texts, kept.choices, strict=True))
    costs, why_not = costs_of(kept, texts, models)
    unanswered = np.flatnonzero(~answered)
    silent = f"{len(unanswered)} questions that fewer than {enough} of the {len(table.experts)} experts answered"
    lines = [f"{silent} ({some(table.query_ids[n] for n in unanswered)})"] if len(unanswered) else []
    lines += [why_not] if why_not else []
    return Trial(kept, texts, costs, _params(kept.experts, models), (*table.left_out, *lines))


def _params(experts: Sequence[str], models: Models | None) -> Array | None:
    if models is None:
        return None
    sizes = [models[name].active_params_b if name in models else None for name in experts]
    return np.array([np.nan if size is None else size for size in sizes], dtype=np.float64)
