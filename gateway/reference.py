"""Reference queries: what routers say of plain prompts in every category, before anybody has asked anything.

Whoever is best on them is the generalist; a policy's budget is met on them. Asks no expert.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from gateway.reading import Reading, rows_of
from gateway.wire.completion import tokens_in
from routers.base import Array
from routers.prompts import seed_prompts

PLAIN: Mapping[str, str] = {
    "biology": "What do the mitochondria of a cell do?",
    "business": "How does a company work out its gross margin?",
    "chemistry": "What is the oxidation state of sulfur in sulfuric acid?",
    "coding": "Write a Python function that removes duplicates from a list.",
    "computer science": "Explain the difference between a process and a thread in an operating system.",
    "conversation": "Hi, how are you today?",
    "economics": "How does a rise in interest rates affect inflation?",
    "engineering": "What is the bending moment in the middle of a simply supported beam under a point load?",
    "health": "What are the first symptoms of diabetes?",
    "history": "Why did the Roman Empire fall in the west?",
    "law": "What is the difference between a tort and a crime?",
    "math": "Solve the equation x^2 - 7x + 10 = 0.",
    "other": "Which country has the longest coastline?",
    "philosophy": "What does Kant mean by the categorical imperative?",
    "physics": "A ball falls from a height of 20 metres. How fast is it when it hits the ground?",
    "psychology": "What is classical conditioning?",
    "writing": "Write a short poem about the first snow.",
}
"""One question for each category."""
PER_CATEGORY = 12


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """score, std: (n, m) of the experts named, by one router. input_tokens: (n,)."""

    experts: tuple[str, ...]
    score: Array
    std: Array
    input_tokens: Array

    @classmethod
    def by(cls, reading: Reading, texts: Sequence[str]) -> Self:
        """What this router says of these texts."""
        return cls.on(rows_of(reading.reader, texts), reading, texts)

    @classmethod
    def on(cls, rows: Array, reading: Reading, texts: Sequence[str]) -> Self:
        """The same of texts whose rows are at hand: routers of one reader share them, and reading takes longest."""
        prediction = reading.router.predict(rows)
        return cls(
            reading.router.experts_,
            prediction.mean,
            prediction.std,
            np.array([tokens_in(len(text)) for text in texts]),
        )

    def general(self) -> Mapping[str, float]:
        """Each expert's mean score over the texts."""
        return dict(zip(self.experts, self.score.mean(axis=0).tolist(), strict=True))


def sample(seed: int = 0) -> tuple[str, ...]:
    """As many prompts in each category, for budgets; making them takes a second or two."""
    by_category: dict[str, list[str]] = {}
    for prompt in seed_prompts(seed):
        by_category.setdefault(prompt.category, []).append(prompt.text)
    spread = (texts[:: max(1, len(texts) // PER_CATEGORY)][:PER_CATEGORY] for texts in by_category.values())
    return tuple(text for texts in spread for text in texts)
