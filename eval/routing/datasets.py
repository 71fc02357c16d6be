"""Accuracies by dataset, for LLMRouterBench's figures. A dataset is a category of a source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.metrics.bootstrap import resampled_parts
from eval.metrics.llmrouterbench import best_each, best_everywhere, gain, gap_at_oracle
from eval.metrics.ratio import ratio
from eval.routing.choice import Choice, mixed
from eval.routing.data import Trial
from eval.routing.means import Figure, Resampling, figure_of
from eval.routing.yardsticks import Yardsticks
from routers.base import Array


@dataclass(frozen=True, slots=True, eq=False)
class ByDataset:
    """The figures of each choice, and the names of the datasets."""

    names: tuple[str, ...]
    found: tuple[dict[str, Figure], ...]


def by_dataset(
    trial: Trial, choices: Sequence[Choice], yardsticks: Yardsticks, oracle: Array, drawn: Resampling
) -> ByDataset:
    """Of each choice; oracle (n,): the best score of each question."""
    pairs = zip(trial.table.sources, trial.table.categories, strict=True)
    named = [f"{source}/{category.strip().lower()}" for source, category in pairs]
    names, parts = np.unique(np.array(named), return_inverse=True)
    columns = [oracle, mixed(trial, "random", "baseline").scores, *(one.scores for one in yardsticks.singles)]
    values = np.stack([*columns, *(choice.scores for choice in choices)], axis=1)
    point = _by_part(values, parts)
    blocks = resampled_parts(values, parts, trial.table.groups, drawn.resamples, drawn.seed)
    sampled = np.concatenate([block for _, block in blocks])
    first, last = 2, len(columns)
    one, each = best_everywhere(point[:, first:last]), best_each(point[:, first:last])
    found = tuple(_figures(point, sampled, last + k, first + one, first + each) for k in range(len(choices)))
    return ByDataset(tuple(names.tolist()), found)


def _figures(point: Array, sampled: Array, at: int, one: int, each: Array) -> dict[str, Figure]:
    """Of column `at` of (P, k) and (b, P, k), whose columns 0 and 1 are the oracle and chance."""
    own, resampled, datasets = point[:, at], sampled[..., at], np.arange(len(each))
    references = {
        "gain_at_random": (point[:, 1], sampled[..., 1]),
        "gain_at_best": (point[:, one], sampled[..., one]),
        "gain_at_best_each": (point[datasets, each], sampled[:, datasets, each]),
    }
    gains = {name: figure_of(gain(own, rival), gain(resampled, drawn)) for name, (rival, drawn) in references.items()}
    gap = figure_of(gap_at_oracle(own, point[:, 0]), gap_at_oracle(resampled, sampled[..., 0]))
    return {**gains, "gap_at_oracle": gap}


def _by_part(values: Array, parts: Array) -> Array:
    """(P, k) means of each part, NaN left out and where there is nothing else."""
    number = int(parts.max()) + 1
    sums, counts = np.zeros((number, values.shape[1])), np.zeros((number, values.shape[1]))
    np.add.at(sums, parts, np.nan_to_num(values))
    np.add.at(counts, parts, ~np.isnan(values))
    return ratio(sums, counts)
