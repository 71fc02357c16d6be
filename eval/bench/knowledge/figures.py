"""What the answers of each mode add up to, and how sure that is. Knows no pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.bench.knowledge.asking import Answered
from eval.bench.tables import Sheet
from eval.metrics.bootstrap import interval, p_value, resampled_means
from routers.base import Array

HEAD = ("", "exact match", "need documents", "need none", "read them: need", "need none", "tokens", "s")


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one mode. Shares; `at_*` are 95 % intervals over questions. tokens, seconds: means of a question."""

    mode: str
    right: float
    at_right: tuple[float, float]
    right_needed: float
    right_common: float
    read_needed: float
    read_common: float
    found: float
    """Of the questions that need documents and were given some: an answer stands in them."""
    passages: float
    """Where there were any."""
    tokens: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Difference:
    """One mode less another, on the same questions: exact match, with interval and p; and the share of its tokens."""

    mode: str
    than: str
    right: float
    at_right: tuple[float, float]
    p: float
    tokens: float


def figures(mode: str, answered: Sequence[Answered]) -> Figures:
    """Of all questions, which must be of both kinds."""
    right = np.array([one.right for one in answered])
    read = np.array([one.passages > 0 for one in answered], dtype=np.float64)
    needs = np.array([one.asking.needs for one in answered])
    given = [one for one in answered if one.passages]
    helped = [one.held for one in given if one.asking.needs]
    return Figures(
        mode=mode,
        right=float(right.mean()),
        at_right=_interval(_means([right])[:, 0]),
        right_needed=float(right[needs].mean()),
        right_common=float(right[~needs].mean()),
        read_needed=float(read[needs].mean()),
        read_common=float(read[~needs].mean()),
        found=float(np.mean(helped)) if helped else 0.0,
        passages=float(np.mean([one.passages for one in given])) if given else 0.0,
        tokens=float(np.mean([one.tokens for one in answered])),
        seconds=float(np.mean([one.seconds for one in answered])),
    )


def difference(mode: str, than: str, by_mode: Mapping[str, Sequence[Answered]]) -> Difference:
    """Paired: of the same resamples of questions."""
    columns = [np.array([one.right for one in by_mode[name]]) for name in (mode, than)]
    means = _means(columns)
    apart = means[:, 0] - means[:, 1]
    tokens = [sum(one.tokens for one in by_mode[name]) for name in (mode, than)]
    return Difference(
        mode, than, float((columns[0] - columns[1]).mean()), _interval(apart), p_value(apart), tokens[0] / tokens[1]
    )


def sheet(found: Sequence[Figures]) -> Sheet:
    """A line for each mode."""
    return Sheet(HEAD, [_row(one) for one in found])


def in_words(one: Difference) -> str:
    """A line."""
    low, high = one.at_right
    return (
        f"{one.mode} less {one.than}: {one.right:+.3f} exact match ({low:+.3f} to {high:+.3f}, p = {one.p:.3f}), "
        f"{one.tokens:.0%} of its tokens"
    )


def _row(one: Figures) -> tuple[str, ...]:
    half = (one.at_right[1] - one.at_right[0]) / 2
    return (
        one.mode,
        f"{one.right:.3f} ± {half:.3f}",
        f"{one.right_needed:.3f}",
        f"{one.right_common:.3f}",
        f"{one.read_needed:.1%}",
        f"{one.read_common:.1%}",
        f"{one.tokens:.0f}",
        f"{one.seconds:.2f}",
    )


def _means(columns: Sequence[Array]) -> Array:
    values = np.stack(columns, axis=1)
    return resampled_means(values, np.arange(len(values)))


def _interval(means: Array) -> tuple[float, float]:
    return interval(means) or (0.0, 0.0)
