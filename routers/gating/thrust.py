"""Thrust (Zhao et al., NeurIPS 2023, equation 2): how clearly a query lies with what an expert is known to know.

Here of a sentence encoder's rows, for experts behind an API show no hidden states; so it measures how familiar the
query is, and only its percentile counts: raw scores of two experts cannot be compared.
"""

from __future__ import annotations

import numpy as np

from routers.base import Array, Estimator

FEWEST = 10
"""Right answers below which an expert's clusters mean nothing."""
KNOWN = 0.5
"""The score from which a question is known."""
CLOSEST = 0.05
"""Distances are taken for no smaller, as the score would be beyond all bounds at a centre."""
STEPS = 21
"""Quantiles that are kept of an expert's scores."""


class Thrust(Estimator):
    """centres_: (e, K, d), sizes_: (e, K), 0 for none. scale_: (e, 21) quantiles of labelled questions, or NaN."""

    centres_: Array
    sizes_: Array
    scale_: Array

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, questions: Array, scores: Array, raw: Array) -> Thrust:
        """questions: (l, d) unit rows; scores: (e, l) without documents, NaN where not asked.

        raw: (e, l) as `held_out` gives them, of which the quantiles are.
        """
        self._cluster(questions, scores)
        self.scale_ = np.array([_quantiles(row) for row in raw])
        return self

    def held_out(self, questions: Array, scores: Array, folds: int) -> Array:
        """(e, l) raw scores of questions against clusters of the other folds' questions; NaN for too few."""
        fold = np.random.default_rng(self.seed).permutation(len(questions)) % folds
        raw = np.full(scores.shape, np.nan)
        for number in range(folds):
            part = Thrust(self.seed)._cluster(questions[fold != number], scores[:, fold != number])
            for place in np.flatnonzero(fold == number):
                raw[:, place] = part.raw(questions[place])
        return raw

    def _cluster(self, questions: Array, scores: Array) -> Thrust:
        found = [_clusters(questions[np.nan_to_num(row) >= KNOWN], self.seed) for row in scores]
        most = max([len(sizes) for _, sizes in found], default=0)
        self.centres_ = np.zeros((len(found), most, questions.shape[1]), dtype=np.float32)
        self.sizes_ = np.zeros((len(found), most), dtype=np.float32)
        for expert, (centres, sizes) in enumerate(found):
            self.centres_[expert, : len(sizes)], self.sizes_[expert, : len(sizes)] = centres, sizes
        return self

    def raw(self, query: Array) -> Array:
        """(e,) scores; NaN for an expert without clusters."""
        found = thrust(query, self.centres_, self.sizes_)
        return np.where(self.sizes_.sum(axis=1) > 0, found, np.nan)

    def percentiles(self, query: Array) -> Array:
        """(e,) in [0, 1] among the expert's labelled questions; NaN where too few were right."""
        return ranked(self.raw(query), self.scale_)


def thrust(query: Array, centres: Array, sizes: Array) -> Array:
    """(e,) ‖Σ_c |C_c| / d_c² · (x - μ_c) / d_c‖, d_c = ‖x - μ_c‖; query (d,), centres (e, K, d), sizes (e, K)."""
    squares = query @ query - 2 * (centres @ query) + np.einsum("ekd,ekd->ek", centres, centres)
    distances = np.sqrt(np.maximum(squares, CLOSEST**2))
    pulls = sizes / distances**3
    push = pulls.sum(axis=1)[:, None] * query - np.einsum("ek,ekd->ed", pulls, centres)
    length: Array = np.linalg.norm(push, axis=1)
    return length


def ranked(raw: Array, scale: Array) -> Array:
    """(e,) the share of each expert's quantiles (e, q) that lie below its score, ties counting half."""
    below, level = (scale < raw[:, None]).sum(axis=1), (scale == raw[:, None]).sum(axis=1)
    share: Array = (below + level / 2) / scale.shape[1]
    return np.where(np.isnan(raw) | np.isnan(scale).any(axis=1), np.nan, share)


def _quantiles(raw: Array) -> Array:
    known = raw[~np.isnan(raw)]
    return np.quantile(known, np.linspace(0, 1, STEPS)) if len(known) else np.full(STEPS, np.nan)


def _clusters(rows: Array, seed: int) -> tuple[Array, Array]:
    """Centres (K, d) and sizes (K,), K = max(3, ⌊n^¼⌋); none of fewer than FEWEST rows."""
    if len(rows) < FEWEST:
        return np.zeros((0, rows.shape[1])), np.zeros(0)
    from sklearn.cluster import KMeans

    fitted = KMeans(max(3, int(len(rows) ** 0.25)), n_init=1, random_state=seed).fit(rows)
    return fitted.cluster_centers_, np.bincount(fitted.labels_)
