"""How sure a mean is: bootstrap over groups of questions, paired because every mean is of the same resamples.

Questions of one group (duplicates) are drawn together (a cluster bootstrap: Davison and Hinkley, 1997, section 3.8);
intervals are percentile intervals (Efron, 1979). Knows no router.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from eval.metrics.ratio import ratio
from routers.base import Array

RESAMPLES = 2000
LEVEL = 0.95
BLOCK = 1_000_000
"""As many drawn groups as are held at once."""

Interval = tuple[float, float]


def resampled_means(values: Array, groups: Array, resamples: int = RESAMPLES, seed: int = 0) -> Array:
    """(resamples, k) means of each column of values (n, k), NaN left out, over groups (n,) drawn with replacement.

    NaN where a resample holds no value of a column. Everything that is to be compared belongs in one call.
    """
    numbered = np.unique(groups, return_inverse=True)[1]
    sums, counts = _by_group(values, numbered)
    gaps = np.isnan(values).any(axis=0)
    sizes = np.bincount(numbered).astype(np.float32)[:, None]
    counted = np.concatenate([sizes, counts[:, gaps]], axis=1)
    means = np.full((resamples, values.shape[1]), np.nan)
    for rows, weights in _drawn(len(sizes), resamples, seed):
        totals = weights @ counted
        held = np.repeat(totals[:, :1], values.shape[1], axis=1)
        held[:, gaps] = totals[:, 1:]
        np.divide(weights @ sums, held, out=means[rows], where=held > 0)
    return means


def resampled_parts(
    values: Array, parts: Array, groups: Array, resamples: int = RESAMPLES, seed: int = 0
) -> Iterator[tuple[slice, Array]]:
    """The same means within each part, (b, P, k) a block of resamples at a time, for parts (n,) numbered from 0."""
    known = ~np.isnan(values)
    holes: Array = np.any(~known, axis=0)
    filled, counted = np.where(known, values, 0).astype(np.float32), known[:, holes].astype(np.float32)
    belong = [np.flatnonzero(parts == part) for part in range(int(parts.max()) + 1)]
    for rows, weights in resampled_weights(groups, resamples, seed):
        means = [_weighted(weights[:, part], filled[part], counted[part], holes) for part in belong]
        yield rows, np.stack(means, axis=1)


def resampled_weights(groups: Array, resamples: int = RESAMPLES, seed: int = 0) -> Iterator[tuple[slice, Array]]:
    """How often each question counts in each resample, (b, n), a block of resamples at a time, and which these are.

    For figures that are no function of means; the same groups and seed draw the same as everywhere else here.
    """
    numbered = np.unique(groups, return_inverse=True)[1]
    for rows, counts in _drawn(int(numbered.max()) + 1, resamples, seed):
        yield rows, counts[:, numbered]


def interval(means: Array, level: float = LEVEL) -> Interval | None:
    """The percentile interval of resampled means (b,); None where there are none."""
    known = means[~np.isnan(means)]
    if not len(known):
        return None
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def reflected(found: Interval | None, estimate: float) -> Interval | None:
    """The basic interval (Davison and Hinkley, 1997, section 5.2): for what resamples make too large, like an ECE."""
    return None if found is None else (max(0.0, 2 * estimate - found[1]), max(0.0, 2 * estimate - found[0]))


def p_value(differences: Array) -> float:
    """Two-sided, that a mean difference is zero: twice the smaller share of resamples (b,) on either side of it.

    One is added to each side (Davison and Hinkley, 1997, section 4.2), so that p is never 0.
    """
    below, above = int((differences <= 0).sum()), int((differences >= 0).sum())
    return min(1.0, 2 * (min(below, above) + 1) / (len(differences) + 1))


def _weighted(weights: Array, filled: Array, counted: Array, holes: Array) -> Array:
    """(b, k) weighted means of columns (n, k) that are 0 in their holes; NaN where nothing counts.

    holes: (k,) which columns have some. counted: (n, h) what is none, of those columns.
    """
    held = np.repeat(weights.sum(axis=1, keepdims=True), filled.shape[1], axis=1)
    held[:, holes] = weights @ counted
    return ratio(weights @ filled, held)


def _by_group(values: Array, groups: Array) -> tuple[Array, Array]:
    """Sums (G, k) and numbers (G, k) of what is not NaN in each group.

    As float32: products are several times faster, and off by a millionth.
    """
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    sorted_ = values[order]
    known = ~np.isnan(sorted_)
    sums = np.add.reduceat(np.where(known, sorted_, 0.0), starts)
    return sums.astype(np.float32), np.add.reduceat(known, starts, dtype=np.float32)


def _drawn(groups: int, resamples: int, seed: int) -> Iterator[tuple[slice, Array]]:
    """How often each group is in each resample, (b, G), a block of resamples at a time, and which these are."""
    chance = np.random.default_rng(seed)
    block = max(1, BLOCK // groups)
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        drawn = chance.integers(groups, size=(size, groups)) + groups * np.arange(size)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=size * groups).reshape(size, groups)
        yield slice(start, start + size), counts.astype(np.float32)
