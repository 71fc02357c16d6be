"""What a trained category classifier is worth, measured on dev, written down as its manifest.

Changes nothing; knows no file.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from routers.base import Array
from routers.calibration import accuracy, ece, nll, sure_above
from routers.classifier import CategoryClassifier, softmax
from routers.corpus import Corpus, Row, with_typos
from routers.encoders.static import StaticEncoder
from routers.manifest import FORMAT, Manifest, Source, Threshold
from routers.prompts import strangers
from routers.table import Table

SURE_TARGET = 0.9
PROMPTS = ("coterie prompts", "routers/seeds", "Apache-2.0")
UNSTATED = ("a table of the operator's own", "not stated")
ORIGINS = {
    "mmlu_pro": ("TIGER-AI-Lab/MMLU-Pro @ f418b116, eval_results", "Apache-2.0"),
    "llmrouter": ("ulab-uiuc/LLMRouter @ 4e7a7969", "MIT"),
    "routellm": ("lm-sys/RouteLLM @ 0b64fdaf", "Apache-2.0"),
    "zeroeval": ("WildEval/ZeroEval @ 8c1485ed", "Apache-2.0"),
}
MEASURED_ON = {
    "dev": "the reference source's dev questions, options left out",
    "prompts": "our own prompts whose template or topic was held out",
    "typo": "dev: the share of questions whose top category stays after one or two random letter edits",
    "strangers": "other languages, keyboard mash, symbols and numbers; the familiarity gate was fitted on them",
}


def describe(
    classifier: CategoryClassifier, encoder: StaticEncoder, corpus: Corpus, table: Table, command: str, seed: int
) -> Manifest:
    """The manifest but for what saving adds: the files and the version."""
    X, truth = encoder.encode([row.text for row in corpus.dev]), columns_of_truth(classifier, corpus.dev)
    chances = classifier.predict_proba(X)
    threshold = sure_above(chances, truth, SURE_TARGET)
    metrics = _on_dev(classifier.logits(X), chances, truth, threshold)
    metrics |= _elsewhere(classifier, encoder, corpus, threshold, seed)
    return Manifest(
        name="category",
        kind="category",
        version="",
        format=FORMAT,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        sources=_sources(table, corpus),
        metrics={name: round(number, 4) for name, number in metrics.items()},
        metrics_measured_on={**MEASURED_ON, "reference": corpus.reference, "split": table.split_from},
        encoder={},
        categories=classifier.categories_,
        sure_above=_threshold(threshold, metrics),
        files={},
    )


def columns_of_truth(classifier: CategoryClassifier, rows: Sequence[Row]) -> Array:
    """(n,) the column of each row's category."""
    return np.array([classifier.categories_.index(row.category) for row in rows])


def _on_dev(logits: Array, chances: Array, truth: Array, threshold: float) -> dict[str, float]:
    sure = chances.max(axis=1) >= threshold
    return {
        "dev_accuracy": accuracy(chances, truth),
        "dev_nll": nll(chances, truth),
        "dev_ece": ece(chances, truth),
        "dev_ece_untempered": ece(softmax(logits), truth),
        "dev_share_sure": float(sure.mean()),
        "dev_accuracy_sure": accuracy(chances[sure], truth[sure]) if sure.any() else 0.0,
    }


def _elsewhere(
    classifier: CategoryClassifier, encoder: StaticEncoder, corpus: Corpus, threshold: float, seed: int
) -> dict[str, float]:
    chance = random.Random(seed)
    clean = [row.text for row in corpus.dev]
    spoiled = [with_typos(text, 1 + n % 2, chance) for n, text in enumerate(clean)]
    tops = [classifier.predict_proba(encoder.encode(texts)).argmax(axis=1) for texts in (clean, spoiled)]
    own = classifier.predict_proba(encoder.encode([row.text for row in corpus.prompts_dev]))
    strange = classifier.predict_proba(encoder.encode(strangers(seed)))
    return {
        "typo_stability": float((tops[0] == tops[1]).mean()),
        "prompts_accuracy": accuracy(own, columns_of_truth(classifier, corpus.prompts_dev)),
        "prompts_share_sure": float((own.max(axis=1) >= threshold).mean()),
        "strangers_share_unsure": float((strange.max(axis=1) < threshold).mean()),
    }


def _threshold(value: float, metrics: dict[str, float]) -> Threshold:
    share, right = metrics["dev_share_sure"], metrics["dev_accuracy_sure"]
    meaning = (
        f"chosen on dev: the lowest confidence at or above which {SURE_TARGET:.0%} of the questions are read right; "
        f"{share:.1%} of dev lie there, {right:.1%} of them read right"
    )
    return Threshold(value=value, meaning=meaning)


def _sources(table: Table, corpus: Corpus) -> tuple[Source, ...]:
    rows = {name: table.sources.count(name) for name in sorted(set(table.sources))}
    origins = [(name, *ORIGINS.get(name, UNSTATED), count) for name, count in rows.items()]
    return tuple(
        Source(name=name, origin=origin, licence=licence, rows=count)
        for name, origin, licence, count in (*origins, (*PROMPTS, corpus.prompts))
    )
