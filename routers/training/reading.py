"""How well a reader reads, on dev: at each speed, with and without options, and where one may stop being careful.

Changes nothing; knows no file.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Self

import numpy as np

from routers.base import Array
from routers.calibration import accuracy, ece, nll
from routers.calibration import sure_above as lowest_sure
from routers.corpus import Corpus, with_typos
from routers.encoders.query import FullEncoder, QuickEncoder, TwoSpeedEncoder
from routers.manifest import Threshold
from routers.prompts import strangers
from routers.training.quick import truths

SURE_TARGET = 0.9
STATED_LOSS = 0.01
"""The share of queries that may be read wrong for not having asked the full encoder."""
MEASURED_ON = {
    "dev": "the reference source's dev questions, options left out",
    "options": "the same questions with their lettered options under them",
    "prompts": "our own prompts whose template or topic was held out",
    "typo": "dev: the share of questions whose top category stays after one or two random letter edits",
    "strangers": "other languages, keyboard mash, symbols and numbers; the familiarity gate was fitted on them",
    "settled": "dev and prompts together: what the quick encoder settles, and what is lost by it",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """Category chances (n, K) of the dev questions by both speeds; `full` is `quick` where there is one speed only."""

    quick: Array
    full: Array
    truth: Array
    prompts_quick: Array
    prompts_full: Array
    prompts_truth: Array

    @classmethod
    def of(cls, quick: QuickEncoder, full: FullEncoder | None, corpus: Corpus) -> Self:
        layout, texts = quick.layout, [row.text for row in corpus.dev]
        prompts = [row.text for row in corpus.prompts_dev]
        careful = full or quick
        return cls(
            layout.chances(quick.encode(texts)),
            layout.chances(careful.encode(texts)),
            truths(layout.categories, corpus.dev),
            layout.chances(quick.encode(prompts)),
            layout.chances(careful.encode(prompts)),
            truths(layout.categories, corpus.prompts_dev),
        )


def sure_above(reading: Reading) -> Threshold:
    """The lowest confidence at or above which nine in ten are read right."""
    value = lowest_sure(reading.full, reading.truth, SURE_TARGET)
    sure = reading.full.max(axis=1) >= value
    right = accuracy(reading.full[sure], reading.truth[sure]) if sure.any() else 0.0
    meaning = (
        f"chosen on dev: the lowest confidence at or above which {SURE_TARGET:.0%} of the questions are read right; "
        f"{sure.mean():.1%} of dev lie there, {right:.1%} of them read right"
    )
    return Threshold(value=value, meaning=meaning)


def settle_above(reading: Reading) -> Threshold:
    """The lowest confidence of the quick encoder at or above which trusting it loses at most STATED_LOSS.

    The loss at a threshold: (right by the full one - right by the quick one, over what is settled) / all queries.
    Questions and our own prompts count half each: both kinds come.
    """
    confidence, lost, weight = _gains(reading)
    order = np.argsort(-confidence, kind="stable")
    losses = np.cumsum((lost * weight)[order]) / weight.sum()
    allowed = np.flatnonzero(losses <= STATED_LOSS)
    value = 1.0 if not len(allowed) else float(np.ceil(confidence[order[allowed[-1]]] * 1000) / 1000)
    settled = confidence >= value
    share, loss = (settled * weight).sum() / weight.sum(), (settled * lost * weight).sum() / weight.sum()
    meaning = (
        f"chosen on dev: from this confidence of the quick encoder on, trusting it costs at most {STATED_LOSS:.0%} of "
        f"the queries; it settles {share:.1%} of them and {loss:.2%} are lost"
    )
    return Threshold(value=value, meaning=meaning)


def _gains(reading: Reading) -> tuple[Array, Array, Array]:
    """Per query: the quick one's confidence, what asking the full one would gain (-1, 0, 1), and its weight."""
    parts = (
        (reading.quick, reading.full, reading.truth),
        (reading.prompts_quick, reading.prompts_full, reading.prompts_truth),
    )
    lost = [
        (full.argmax(axis=1) == truth).astype(float) - (quick.argmax(axis=1) == truth) for quick, full, truth in parts
    ]
    weight = [np.full(len(truth), 0.5 / max(1, len(truth))) for _, _, truth in parts]
    confidence = [quick.max(axis=1) for quick, _, _ in parts]
    return np.concatenate(confidence), np.concatenate(lost), np.concatenate(weight)


def measured(
    encoder: TwoSpeedEncoder, reading: Reading, corpus: Corpus, sure: float, seed: int
) -> tuple[dict[str, float], dict[str, str]]:
    """Metrics by name, and what each was measured on."""
    layout, chance = encoder.layout, random.Random(seed)
    careful = encoder.full or encoder.quick
    spoiled = [with_typos(row.text, 1 + n % 2, chance) for n, row in enumerate(corpus.dev)]
    options = layout.chances(careful.encode([row.text for row in corpus.dev_with_options]))
    typos = layout.chances(careful.encode(spoiled))
    strange = layout.chances(careful.encode(strangers(seed)))
    found = {
        "dev_accuracy": accuracy(reading.full, reading.truth),
        "dev_nll": nll(reading.full, reading.truth),
        "dev_ece": ece(reading.full, reading.truth),
        "dev_accuracy_quick": accuracy(reading.quick, reading.truth),
        "dev_ece_quick": ece(reading.quick, reading.truth),
        "dev_accuracy_options": accuracy(options, truths(layout.categories, corpus.dev_with_options)),
        "dev_share_sure": float((reading.full.max(axis=1) >= sure).mean()),
        "prompts_accuracy": accuracy(reading.prompts_full, reading.prompts_truth),
        "prompts_accuracy_quick": accuracy(reading.prompts_quick, reading.prompts_truth),
        "typo_stability": float((typos.argmax(axis=1) == reading.full.argmax(axis=1)).mean()),
        "strangers_share_unsure": float((strange.max(axis=1) < sure).mean()),
        "dev_share_settled": float((reading.quick.max(axis=1) >= encoder.settle_above).mean()),
        "prompts_share_settled": float((reading.prompts_quick.max(axis=1) >= encoder.settle_above).mean()),
    }
    return {name: round(number, 4) for name, number in found.items()}, MEASURED_ON
