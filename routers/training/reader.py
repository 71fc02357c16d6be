"""Training a reader: its quick half, a head on the full encoder, the sketch between them, when the quick one stands.

Needs no torch: the encoder comes as an ONNX file. Run as `coterie train reader --questions Q --outcomes O …`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from routers.base import Array
from routers.calibration import accuracy
from routers.classifier import CategoryClassifier
from routers.corpus import Corpus, Row, gather
from routers.encoders.onnx import MODEL, TOKENIZER, OnnxEncoder
from routers.encoders.query import FullEncoder, QuickEncoder, TwoSpeedEncoder
from routers.encoders.sketch import Sketch
from routers.encoders.static import StaticEncoder
from routers.head import CategoryHead
from routers.manifest import Manifest, digest, load_manifest
from routers.outliers import Outliers
from routers.prompts import strangers
from routers.reader import KIND, SETTLE_ABOVE, SURE_ABOVE, Reader, save_reader
from routers.table import read_table
from routers.training.encoder import KIND as ENCODER
from routers.training.quick import STRENGTHS, Progress, bag, named, silent, train_quick, truths
from routers.training.reading import Reading, measured, settle_above, sure_above
from routers.training.sources import sources_of
from routers.training.trained import Trained

HEAD_STRENGTHS = (0.01, 0.03, 0.1, 0.3)
OUTLIER_ROWS = 6000


def train_reader(
    questions: Path,
    outcomes: Path,
    out: Path,
    *,
    encoder: Path | None = None,
    experts: Sequence[str] | None = None,
    seed: int = 0,
    strengths: Sequence[float] = STRENGTHS,
    progress: Progress = silent,
) -> Trained:
    """Learn to read; without `encoder` the reader has its quick half alone. TableError or ArtifactError.

    Fit on the rows whose split is train; strengths, temperatures and thresholds are chosen on dev.
    """
    table = read_table(questions, outcomes, experts)
    corpus = gather(table, seed)
    progress(f"{len(corpus.train)} rows to learn from, {len(corpus.dev)} of {corpus.reference} to choose on")
    static, classifier = train_quick(corpus, strengths, seed, progress)
    model = _model(encoder)
    full = None
    sketch = Sketch().blank()
    if model is not None:
        full, sketch = _full(corpus, static, classifier, model, progress)
    quick = QuickEncoder(static, classifier, sketch)
    reading = Reading.of(quick, full, corpus)
    thresholds = {SURE_ABOVE: sure_above(reading), SETTLE_ABOVE: settle_above(reading)}
    two_speed = TwoSpeedEncoder(quick, full, thresholds[SETTLE_ABOVE].value)
    metrics, measured_on = measured(two_speed, reading, corpus, thresholds[SURE_ABOVE].value, seed)
    manifest = Manifest(
        name="reader",
        kind=KIND,
        command=f"coterie train reader --questions {questions.name} --outcomes {outcomes.name} --encoder DIR",
        seed=seed,
        sources=sources_of(table, corpus),
        tables={path.name: digest(path) for path in (questions, outcomes)},
        encoder={"name": "static" if full is None else "static, onnx", **asdict(static.space), **_about(encoder)},
        categories=classifier.categories_,
        metrics=metrics,
        metrics_measured_on={**measured_on, "reference": corpus.reference, "split": table.split_from},
        thresholds=thresholds,
    )
    outliers = _outliers(full, corpus, seed) if full else None
    return Trained(save_reader(Reader(two_speed, outliers, manifest), out, encoder).manifest, out)


def _model(folder: Path | None) -> OnnxEncoder | None:
    if folder is None:
        return None
    manifest = load_manifest(folder, ENCODER, (MODEL, TOKENIZER))
    return OnnxEncoder(folder, tokens=int(manifest.encoder["tokens"]), threads=2)


def _about(folder: Path | None) -> dict[str, int | str]:
    """What the encoder's own manifest says of it."""
    if folder is None:
        return {}
    manifest = load_manifest(folder, ENCODER)
    return {**manifest.encoder, "sha256": manifest.files[MODEL], "encoder_command": manifest.command}


def _full(
    corpus: Corpus, static: StaticEncoder, classifier: CategoryClassifier, model: OnnxEncoder, progress: Progress
) -> tuple[FullEncoder, Sketch]:
    """The full half, its head the most accurate on dev; and the sketch that was drawn from it."""
    progress(f"embedding {len(corpus.train)} texts")
    embeddings = _embedded(model, corpus.train)
    sketch = Sketch().fit(bag(static, corpus.train), embeddings)
    progress("the sketch is drawn")
    dev, (y, weights) = _embedded(model, corpus.dev), named(corpus.train)
    heads = [CategoryHead(C=strength).fit(embeddings, y, weights) for strength in HEAD_STRENGTHS]
    truth = truths(classifier.categories_, corpus.dev)
    shares = [accuracy(head.logits(dev), truth) for head in heads]
    progress(", ".join(f"C = {c:g}: {share:.4f}" for c, share in zip(HEAD_STRENGTHS, shares, strict=True)))
    head = heads[int(np.argmax(shares))].calibrate(dev, classifier.logits(bag(static, corpus.dev)), truth)
    return FullEncoder(static, classifier, model, head), sketch


def _outliers(full: FullEncoder, corpus: Corpus, seed: int) -> Outliers:
    """Fitted on what the reader was trained on; its limits accept questions and prompts that were held out."""
    chance = np.random.default_rng(seed)
    some = [corpus.train[n] for n in chance.permutation(len(corpus.train))[:OUTLIER_ROWS]]
    rows, known = ([row.text for row in part] for part in (some, (*corpus.dev, *corpus.prompts_dev)))
    layout = full.layout
    outliers = Outliers(layout.embedding, len(layout.categories)).fit(full.encode(rows))
    return outliers.calibrate(full.encode(known), full.encode(strangers(seed)))


def _embedded(model: OnnxEncoder, rows: Sequence[Row]) -> Array:
    return model.encode([row.text for row in rows])
