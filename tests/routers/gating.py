"""Questions, passages and labelled pairs for the tests of the retrieval gate: made here, encoded by nobody."""

from __future__ import annotations

import numpy as np

from routers.gating.gains import Asked, Hit
from routers.gating.labelled import Labelled
from routers.gating.pairs import Pair

RARE = "what did ingvar bakkenstad invent?"
COMMON = "what is the capital of france?"
WIDTH = 16


def asked(text, chance=0.6, std=0.1, experts=("one",), **more):
    """Experts all foretold alike, or each as the lists say."""
    m = len(experts)
    return Asked(
        text, np.zeros(0, dtype=np.float32), tuple(experts), np.full(m, chance) * 1.0, np.full(m, std) * 1.0, **more
    )


def covering(text):
    """A good search for the question: a passage that holds all its words under a fitting title, and others like it."""
    words = text.strip("?")
    return [Hit(" ".join(words.split()[-3:]), f"On {words}, in full.", 0.75 - 0.02 * n) for n in range(5)]


def elsewhere():
    """What a search finds where the documents are about something else."""
    return [Hit("Soups", f"Leek soup number {n}, with barley and a pinch of salt.", 0.2) for n in range(5)]


def known_world(n, *, signal, seed=0, experts=("one",)):
    """n questions whose documents help where they are near and harm where they are far, as far as `signal` (0 to 1)."""
    chance = np.random.default_rng(seed)
    near = chance.random(n) < 0.5
    pairs = []
    for place in range(n):
        text = f"what is item {place} of the list?"
        hits = covering(text) if near[place] else elsewhere()
        for expert in experts:
            told = chance.random() < signal
            without = float(chance.random() < 0.5)
            documented = float(near[place]) if told else without
            pairs.append(Pair(f"q{place}", text, expert, tuple(hits), without, documented, chance=0.5, std=0.1))
    rows = chance.normal(size=(n, WIDTH))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return Labelled(tuple(pairs), np.repeat(rows, len(experts), axis=0).astype(np.float32), "an encoder", "1")
