"""How often experts are right at each skill: counts of answers, and what they let expect where they are few.

Smoothing is a Beta prior whose mean is the expert's overall rate, moved by how hard the skill is for everybody and by
how the expert does at the skill's neighbours. Knows no query and no text.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routers.base import Array
from routers.skills.tags import Tags


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """right, wrong: (m, S) answers, weighted by how strongly each question asked for the skill.

    overall: (m, 2) right and wrong answers in all, every question counted once.
    """

    right: Array
    wrong: Array
    overall: Array

    @property
    def asked(self) -> Array:
        return np.asarray(self.right + self.wrong)

    @property
    def overall_rates(self) -> Array:
        """(m,), as if one more answer had been right and one wrong: never 0, never 1."""
        return overall_rates(self.overall)


def overall_rates(overall: Array) -> Array:
    """(m,) of counts (m, 2), as if one more answer had been right and one wrong: never 0, never 1."""
    return np.asarray((overall[:, 0] + 1) / (overall.sum(axis=1) + 2))


def count(tags: Tags, Y: Array, skills: int) -> Counts:
    """From the tags of n questions and the scores Y (n, m), NaN where missing; half right counts half each."""
    asked, measured = tags.matrix(skills).T, ~np.isnan(Y)
    right = np.where(measured, Y, 0)
    wrong = np.where(measured, 1 - Y, 0)
    overall = np.stack([right.sum(axis=0), wrong.sum(axis=0)], axis=1)
    return Counts(np.asarray(asked @ right).T, np.asarray(asked @ wrong).T, overall)


def difficulties(counts: Counts, prior: float) -> Array:
    """(S,) in logits, above 0 where a skill's questions are the easier ones for the same experts.

    What all experts together got right, against what their overall rates let expect; shrunk by `prior` answers.
    """
    usual, asked = counts.overall_rates, counts.asked
    base = prior * usual.mean()
    total = asked.sum(axis=0) + prior
    return logit((counts.right.sum(axis=0) + base) / total) - logit((usual @ asked + base) / total)


def posterior(counts: Counts, difficulty: Array, neighbours: Array, prior: float) -> tuple[Array, Array]:
    """Means and standard deviations (m, S) of the experts' rates at each skill.

    (right + prior·b) / (right + wrong + prior), where b is the backed-off rate: overall rate and difficulty, plus the
    mean surprise over the answers at the neighbours (S, S), which count as much as these are near, shrunk by `prior`.
    """
    usual = sigmoid(logit(counts.overall_rates)[:, None] + difficulty)
    surprise = (counts.right - counts.asked * usual) @ neighbours.T / (counts.asked @ neighbours.T + prior)
    backed_off = np.clip(usual + surprise, 0.01, 0.99)
    mean = (counts.right + prior * backed_off) / (counts.asked + prior)
    return mean, np.sqrt(mean * (1 - mean) / (counts.asked + prior + 1))


def logit(p: Array) -> Array:
    return np.asarray(np.log(p) - np.log1p(-p))


def sigmoid(z: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-z)))
