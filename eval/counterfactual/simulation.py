"""Worlds whose truth is known: queries, experts, a router that may be wrong, logs, and policies worth a known amount.

What estimators are checked with. Imitates what matters of a gateway's traffic: experts good at different things,
conversations, epsilon-greedy or softer draws, graded or plain rewards, feedback that depends on the expert.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from eval.counterfactual.logs import Logs
from routers.base import Array

LIKENESS = 4
"""Numbers that describe a query."""
Router = Literal["honest", "biased", "silent"]
Draw = Literal["epsilon", "soft"]


@dataclass(frozen=True, slots=True)
class Nature:
    """What a world is like. router: `biased` reads the wrong thing into queries, `silent` expects nothing.

    talk: decisions per conversation. hearing: the mean chance of feedback, 1 for always.
    """

    experts: int = 4
    router: Router = "honest"
    graded: bool = False
    talk: int = 1
    hearing: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Traffic:
    """n queries: quality (n, m) the true expected reward; predicted, usd and seconds (n, m); talks (n,).

    usd and seconds are what is to be expected. reference_usd: what a typical query costs.
    """

    quality: Array
    predicted: Array
    usd: Array
    seconds: Array
    talks: Array
    reference_usd: float


class World:
    """One draw of experts and of a router; `traffic` and `logs` draw from it."""

    def __init__(self, nature: Nature, seed: int) -> None:
        chance = np.random.default_rng(seed)
        m = nature.experts
        self.nature = nature
        self.level = chance.normal(0.5, 0.7, m)
        self.taste = chance.normal(0, 0.6, (LIKENESS, m))
        self.misread = chance.normal(0, 0.7, (LIKENESS, m))
        self.price = np.sort(chance.lognormal(-7, 1, m))
        self.open = chance.normal(0, 0.8, m)

    def traffic(self, n: int, chance: np.random.Generator) -> Traffic:
        """Queries of whole conversations, which are about one thing."""
        talks = np.arange(n) // self.nature.talk
        about = chance.normal(size=(talks[-1] + 1, LIKENESS))[talks]
        like = np.sqrt(0.7) * about + np.sqrt(0.3) * chance.normal(size=(n, LIKENESS))
        length = chance.lognormal(0, 0.5, (n, 1))
        logit = self.level + like @ self.taste + 0.5 * np.sin(3 * like[:, :1])
        usd, seconds = length * self.price, 1 + length * self.price**0.3
        return Traffic(_chance(logit), self._read(like, logit), usd, seconds, talks, float(self.price.mean()))

    def _read(self, like: Array, logit: Array) -> Array:
        """What the router expects."""
        if self.nature.router == "silent":
            return np.full(logit.shape, np.nan)
        if self.nature.router == "biased":
            return _chance(1.5 + like @ self.misread - self.level)
        return _chance(0.8 * logit)

    def logs(self, traffic: Traffic, stated: Array, chance: np.random.Generator, *, real: Array | None = None) -> Logs:
        """What came of drawing by `stated` chances (n, m); or by `real` ones, of which the logs then do not know."""
        n, m = stated.shape
        action = drawn(stated if real is None else real, chance)
        at = np.arange(n)
        reward = self._rewards(traffic.quality[at, action], chance)
        heard = chance.random(n) < self._hearing(traffic, action)
        return Logs(
            experts=tuple(f"expert-{k}" for k in range(m)),
            allowed=np.ones((n, m), dtype=bool),
            action=action,
            propensity=stated[at, action],
            explored=stated,
            reward=np.where(heard, reward, np.nan),
            predicted=traffic.predicted,
            cost_usd=traffic.usd[at, action] * chance.lognormal(-0.125, 0.5, n),
            latency_s=traffic.seconds[at, action] * chance.lognormal(-0.125, 0.5, n),
            expected_usd=traffic.usd * 1.3,
            groups=traffic.talks,
        )

    def _rewards(self, quality: Array, chance: np.random.Generator) -> Array:
        if self.nature.graded:
            return chance.beta(3 * quality, 3 * (1 - quality))
        return (chance.random(len(quality)) < quality).astype(np.float64)

    def _hearing(self, traffic: Traffic, action: Array) -> Array:
        """(n,) the chance of feedback, which depends on the expert and on what was expected of it."""
        if self.nature.hearing >= 1:
            return np.ones(len(action))
        said = np.nan_to_num(traffic.predicted[np.arange(len(action)), action], nan=0.5)
        odds = np.log(self.nature.hearing / (1 - self.nature.hearing))
        return _chance(odds + self.open[action] + 2 * (said - 0.5))


def greedy(traffic: Traffic, thrift: float) -> Array:
    """(n, m) chances of who is worth most, price counted by `thrift`; without predictions the dearest or cheapest."""
    worth = np.nan_to_num(traffic.predicted, nan=0.5) - thrift * traffic.usd / traffic.reference_usd
    chances: Array = np.eye(worth.shape[1])[worth.argmax(axis=1)]
    return chances


def soft(traffic: Traffic, thrift: float, temperature: float) -> Array:
    """(n, m) chances in proportion to exp(worth / temperature)."""
    worth = np.nan_to_num(traffic.predicted, nan=0.5) - thrift * traffic.usd / traffic.reference_usd
    odds = np.exp((worth - worth.max(axis=1, keepdims=True)) / temperature)
    chances: Array = odds / odds.sum(axis=1, keepdims=True)
    return chances


def blended(chances: Array, epsilon: float) -> Array:
    """(n, m): with chance epsilon anybody, as in serving."""
    mixed: Array = (1 - epsilon) * chances + epsilon / chances.shape[1]
    return mixed


def drawn(chances: Array, chance: np.random.Generator) -> Array:
    """(n,) one column a row."""
    columns = (chances.cumsum(axis=1) < chance.random((len(chances), 1))).sum(axis=1)
    places: Array = np.minimum(columns, chances.shape[1] - 1)
    return places


def _chance(logit: Array) -> Array:
    chances: Array = 1 / (1 + np.exp(-logit))
    return chances
