"""Making a classifier's probabilities mean what they say: temperature, familiarity, and the threshold to act upon.

Knows rows and labels only. Metrics as in methods: ECE over 10 equal-width bins, NLL clipped at 1e-6.
"""

from __future__ import annotations

import numpy as np

from routers.base import Array, Matrix
from routers.classifier import CategoryClassifier, softmax

BINS = 10
TEMPERATURES = np.geomspace(0.2, 5.0, 200)


def accuracy(chances: Array, truth: Array) -> float:
    return float((chances.argmax(axis=1) == truth).mean())


def nll(chances: Array, truth: Array) -> float:
    """Mean negative log probability of the true category; truth (n,) are column numbers."""
    return float(-np.log(np.clip(chances[np.arange(len(truth)), truth], 1e-6, 1)).mean())


def ece(chances: Array, truth: Array) -> float:
    """Expected calibration error: mean gap between confidence and accuracy, over bins weighted by their size."""
    confidence, right = chances.max(axis=1), chances.argmax(axis=1) == truth
    bins = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    gaps = [abs(right[bins == b].sum() - confidence[bins == b].sum()) for b in range(BINS)]
    return float(sum(gaps) / len(truth))


def fit_temperature(classifier: CategoryClassifier, X: Matrix, truth: Array) -> None:
    """The temperature with the smallest NLL (Guo et al. 2017), familiarity aside."""
    logits = classifier.logits(X)
    classifier.temperature_ = float(min(TEMPERATURES, key=lambda t: nll(softmax(logits / t), truth)))


def fit_familiarity(classifier: CategoryClassifier, known: Matrix, strange: Matrix) -> None:
    """Tell queries of the kind that was trained on from strange ones; both kinds count the same in all."""
    from sklearn.linear_model import LogisticRegression

    signals = np.concatenate([classifier.signals(known), classifier.signals(strange)])
    labels = np.repeat([1, 0], [known.shape[0], strange.shape[0]])
    gate = LogisticRegression(C=100.0, class_weight="balanced").fit(signals, labels)
    classifier.gate_ = np.concatenate([gate.intercept_, gate.coef_[0]]).astype(np.float32)


def sure_above(chances: Array, truth: Array, target: float) -> float:
    """The lowest confidence such that at or above it the target share is read right; 1.0 where none is."""
    confidence, right = chances.max(axis=1), chances.argmax(axis=1) == truth
    order = np.argsort(-confidence, kind="stable")
    share_right = np.cumsum(right[order]) / np.arange(1, len(truth) + 1)
    enough = np.flatnonzero(share_right >= target)
    return float(np.floor(confidence[order[enough[-1]]] * 1000) / 1000) if len(enough) else 1.0
