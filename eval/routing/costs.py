"""What each answer cost and was expected to cost, from prices and lengths or from what the outcomes say.

The expectation is the one that serving has before it asks; tokens are characters / 4 (see `gateway.features`).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from eval.routing.prices import Models
from gateway.columns import TYPICAL_INPUT_TOKENS, TYPICAL_OUTPUT_TOKENS
from gateway.features import EXPECTED_OUTPUT_TOKENS, features_of
from gateway.types import Query
from gateway.wire.completion import CHARACTERS_PER_TOKEN
from routers.base import Array
from routers.questions import some
from routers.table import Table


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """Dollars per (query, expert): what was spent, and what was expected before.

    reference_usd: a typical query at the dearest expert, as in `gateway.policy`. origin: where these come from.
    """

    spent: Array
    expected: Array
    reference_usd: float
    origin: str

    def part(self, rows: Array) -> Costs:
        """Of these questions alone."""
        return replace(self, spent=self.spent[rows], expected=self.expected[rows])


def costs_of(table: Table, texts: Sequence[str], models: Models | None) -> tuple[Costs | None, str]:
    """The costs, and why there are none in words ("" where there are)."""
    unpriced = [name for name in table.experts if models is None or name not in models]
    if models is not None and not unpriced:
        return _priced(table, texts, models), ""
    unrecorded = int(np.isnan(table.cost_usd[~np.isnan(table.outcomes)]).sum())
    if not unrecorded:
        return _recorded(table), ""
    if models is None:
        some_are = not np.isnan(table.cost_usd).all()
        return None, f"all costs, because {unrecorded} outcomes have none" if some_are else ""
    return None, f"all costs, because the prices lack {some(unpriced)}"


def _priced(table: Table, texts: Sequence[str], models: Models) -> Costs:
    prices = [models[name].price for name in table.experts]
    per_input = np.array([price.of(1, 0) for price in prices])
    per_output = np.array([price.of(0, 1) for price in prices])
    tokens_in = np.array([_input_tokens(text) for text in texts], dtype=np.float64)[:, None]
    tokens_out = _lengths(table) / CHARACTERS_PER_TOKEN
    reference = max(price.of(TYPICAL_INPUT_TOKENS, TYPICAL_OUTPUT_TOKENS) for price in prices)
    expected = tokens_in * per_input + EXPECTED_OUTPUT_TOKENS * per_output
    origin = "list prices; tokens are characters / 4"
    return Costs(tokens_in * per_input + tokens_out * per_output, expected, reference, origin)


def _input_tokens(text: str) -> int:
    """As serving counts them before it decides."""
    body = {"messages": [{"role": "user", "content": text}]}
    return features_of(Query("eval", "auto", body), read=False).input_tokens


def _lengths(table: Table) -> Array:
    """(n, m) characters of each answer; an unknown length is the expert's mean, or what serving expects of anybody."""
    typical = _column_means(table.output_chars)
    typical = np.where(np.isnan(typical), EXPECTED_OUTPUT_TOKENS * CHARACTERS_PER_TOKEN, typical)
    lengths: Array = np.where(np.isnan(table.output_chars), typical, table.output_chars)
    return lengths


def _recorded(table: Table) -> Costs:
    """What the outcomes say; an expert is expected to cost its mean."""
    means = _column_means(table.cost_usd)
    expected = np.broadcast_to(means, table.cost_usd.shape)
    return Costs(table.cost_usd, expected, float(means.max()), "the outcomes' column `cost_usd`")


def _column_means(matrix: Array) -> Array:
    """(m,) NaN where a column holds nothing else."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy warns of an empty column, which is what NaN says
        means: Array = np.nanmean(matrix, axis=0)
    return means
