"""Training the category router from tables of questions and outcomes: fit on `train`, choose and calibrate on `dev`.

Writes an artifact; knows no gateway. Run as `coterie train category --questions Q --outcomes O --out DIR`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from routers.abilities import Ability, Profiles
from routers.artifacts import CategoryArtifact, save_category
from routers.base import Array
from routers.calibration import accuracy, fit_familiarity, fit_temperature
from routers.categories import CATEGORIES, category_of
from routers.classifier import CategoryClassifier
from routers.corpus import Corpus, Row, gather
from routers.describe import columns_of_truth, describe
from routers.encoders.hashing import Space
from routers.encoders.static import StaticEncoder, rarities
from routers.prompts import strangers
from routers.table import Table, read_table

STRENGTHS = (30.0, 50.0)
"""Inverse regularization strengths tried on dev; the most accurate is kept."""
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class TrainReport:
    """What came out: the artifact as it loads, and where it lies."""

    artifact: CategoryArtifact
    folder: Path

    @property
    def lines(self) -> tuple[str, ...]:
        manifest = self.artifact.manifest
        measured = [f"{name}: {number:g}" for name, number in manifest.metrics.items()]
        return (f"{manifest.name} {manifest.version} in {self.folder}", *measured, manifest.sure_above.meaning)


def silent(line: str) -> None:
    """Progress nobody asked for."""


def train_category(
    questions: Path,
    outcomes: Path,
    out: Path,
    *,
    experts: Sequence[str] | None = None,
    seed: int = 0,
    strengths: Sequence[float] = STRENGTHS,
    progress: Progress = silent,
) -> TrainReport:
    """Train, calibrate and save; TableError where the tables cannot be used. Same tables and seed, same weights."""
    table = read_table(questions, outcomes, experts)
    corpus = gather(table, seed)
    progress(f"{len(corpus.train)} rows to learn from, {len(corpus.dev)} of {corpus.reference} to choose on")
    encoder = StaticEncoder(Space(), rarities([row.text for row in corpus.train], Space()))
    classifier = choose(encoder, corpus, strengths, progress)
    calibrate(classifier, encoder, corpus, seed)
    progress(f"temperature {classifier.temperature_:.3f}")
    profiles = Profiles({name: profile(table, column) for column, name in enumerate(table.experts)})
    command = f"coterie train category --questions {questions.name} --outcomes {outcomes.name} --out DIR --seed {seed}"
    manifest = describe(classifier, encoder, corpus, table, command, seed)
    return TrainReport(save_category(CategoryArtifact(encoder, classifier, profiles, manifest), out), out)


def choose(
    encoder: StaticEncoder, corpus: Corpus, strengths: Sequence[float], progress: Progress
) -> CategoryClassifier:
    """The classifier whose regularization reads the most dev questions right."""
    X, X_dev = encode(encoder, corpus.train), encode(encoder, corpus.dev)
    y, weights = np.array([row.category for row in corpus.train]), np.array([row.weight for row in corpus.train])
    candidates = []
    for strength in strengths:
        classifier = CategoryClassifier(encoder.space.words, C=strength).fit(X, y, weights)
        share = accuracy(classifier.logits(X_dev), columns_of_truth(classifier, corpus.dev))
        progress(f"C = {strength:g}: {share:.4f} of dev read right")
        candidates.append((share, classifier))
    return max(candidates, key=lambda candidate: candidate[0])[1]


def calibrate(classifier: CategoryClassifier, encoder: StaticEncoder, corpus: Corpus, seed: int) -> None:
    dev = encode(encoder, corpus.dev)
    fit_temperature(classifier, dev, columns_of_truth(classifier, corpus.dev))
    known = encode(encoder, corpus.prompts_dev)  # about as short as the strange ones: length must not tell them apart
    fit_familiarity(classifier, known, encoder.encode(strangers(seed)))


def profile(table: Table, column: int) -> Ability:
    """A recorded model's win rates on the train split, shrunk toward its own mean."""
    rows = [n for n in table.rows("train") if not np.isnan(table.outcomes[n, column])]
    members: Array = np.zeros((len(rows), len(CATEGORIES)))
    for at, n in enumerate(rows):
        if category := category_of(table.categories[n]):
            members[at, CATEGORIES.index(category)] = 1.0
    sources = ", ".join(sorted({table.sources[n] for n in rows}))
    return Ability.measured(members, table.outcomes[rows, column], CATEGORIES, f"{len(rows)} questions of {sources}")


def encode(encoder: StaticEncoder, rows: Sequence[Row]) -> Array:
    matrix: Array = encoder.encode([row.text for row in rows])
    return matrix
