"""The retrieval gate: what documents would change for each expert that may be asked. Knows no price, no threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import logit

from routers.base import Array
from routers.gating.beliefs import STRANGER, Beliefs
from routers.gating.evidence import evidence
from routers.gating.gains import Asked, Gains, Hits
from routers.gating.model import HOLDS, LEVEL, WIDTH, Chances, Signals, chances, gain_slopes
from routers.gating.priors import WITHOUT_ROUTER
from routers.gating.rarity import Rarity, load_rarity
from routers.gating.words import Question, read_question

ROUTER = 1
"""The router's column among KNOWING."""
MOST = 0.98
"""Chances are read as no surer than this, either way."""
STEEP = 0.09
"""p·(1 - p) at which a standard deviation is turned into log odds, at least: nearer to certainty that is too large."""
QUERIES = 1.2
"""How far queries stand apart in the log odds of one expert: what a prediction must tell from noise."""
UNKNOWN_STD = 0.3
RARE = 0.6
SHARP, DULL = 0.6, 0.3


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """A query's words, the columns (m, 9) of what each expert knows, and how unsure (m,) the router's log odds are."""

    question: Question
    ranks: Array
    rarity: float
    knowing: Array
    unsure: Array
    places: Array


class Gate:
    """Immutable once made; safe to use from several threads."""

    def __init__(self, beliefs: Beliefs, rarity: Rarity, version: str = "") -> None:
        """version: of the artifact; "" is the cold start."""
        self.beliefs = beliefs
        self.version = version
        self.rarity = rarity
        self._places = {name: place for place, name in enumerate(beliefs.experts_)}

    @classmethod
    def cold(cls) -> Self:
        """The gate that comes with the package: priors, and nothing learned."""
        return cls(Beliefs.cold(), load_rarity())

    @property
    def experts(self) -> tuple[str, ...]:
        """Of whom something of their own was learned."""
        return self.beliefs.experts_

    def weigh(self, asked: Asked, hits: Hits) -> Gains:
        """What these documents, the best first, would change for each expert; nothing where there are none."""
        read = self._read(asked)
        if not hits:
            without = self._chances(read, np.zeros(HOLDS))
            return Gains(without.knows, without.knows, np.zeros(len(without.knows)), 0.0, "no documents were found")
        holding = self._holding(read, hits)
        found = self._chances(read, holding)
        support = float(found.holds[0]) if len(found.holds) else 0.0
        reason = _reason(read, found, support)
        return Gains(found.knows, found.documented, self._std(read, holding, found), support, reason)

    def worth_looking(self, asked: Asked) -> float:
        """The greatest gain of any expert if the documents were certain to hold the answer: no search brings more."""
        found = self._chances(self._read(asked), np.zeros(HOLDS))
        gains = (1 - found.knows) * found.learns - found.knows * (1 - found.keeps)
        return float(gains.max(initial=0.0))

    def columns(self, asked: Asked, hits: Hits) -> Signals:
        """What the model sees: (m, 9) and (m, 7)."""
        read = self._read(asked)
        holding = self._holding(read, hits) if hits else np.zeros(HOLDS)
        return Signals(read.knowing, np.repeat(holding[None], len(read.knowing), axis=0))

    def _holding(self, read: _Read, hits: Hits) -> Array:
        return np.concatenate([[1.0], evidence(read.question, read.ranks, hits)])

    def _chances(self, read: _Read, holding: Array) -> Chances:
        beliefs = self.beliefs
        return chances(Signals(read.knowing, holding[None]), beliefs.weights_, beliefs.own_[read.places])

    def _read(self, asked: Asked) -> _Read:
        question = read_question(asked.text)
        ranks = self.rarity.ranks(question.content)
        rarest = float(self.rarity.rare(question.content, ranks).max(initial=0.0)) if question.english else 0.5
        odds, unsure = _odds(asked.chance, asked.std)
        places = np.array([self._places.get(name, STRANGER) for name in asked.experts], dtype=np.intp)
        knows = np.full(len(odds), np.nan) if asked.knows is None else np.asarray(asked.knows, dtype=np.float64)
        columns = np.zeros((len(odds), 9))
        columns[:, 0], columns[:, ROUTER] = 1.0, odds
        columns[:, 2:5] = rarest - 0.5, question.recent, question.dated
        columns[:, 5], columns[:, 6] = self._familiar(asked.embedding, places)
        columns[:, 7], columns[:, 8] = np.nan_to_num(knows), np.nan_to_num(1 - knows)
        return _Read(question, ranks, rarest, columns, unsure, places)

    def _familiar(self, embedding: Array, places: Array) -> tuple[Array, Array]:
        """(m,) the neighbours' margin and Thrust's percentile less a half; a stranger's are the known ones' means."""
        neighbours, thrust = self.beliefs.neighbours_, self.beliefs.thrust_
        silent = np.zeros(len(places))
        if neighbours is None or thrust is None or not np.size(embedding):
            return silent, silent
        query = np.asarray(embedding, dtype=np.float32)
        return _of(places, neighbours.margins(query)), _of(places, centred(thrust.percentiles(query)))

    def _std(self, read: _Read, holding: Array, found: Chances) -> Array:
        """Of the gain: the parameters' uncertainty, and the router's."""
        beliefs = self.beliefs
        change = gain_slopes(Signals(read.knowing, holding[None]), found)
        shared, own = change[:, :WIDTH], change[:, WIDTH:]
        variance = (shared @ beliefs.covariance_ * shared).sum(axis=1)
        variance += (own**2 * beliefs.own_variance_[read.places]).sum(axis=1)
        variance += (own[:, LEVEL] * beliefs.weights_[ROUTER] * read.unsure) ** 2
        return np.sqrt(variance)


def centred(percentiles: Array) -> Array:
    """What is not known is the middle."""
    return np.nan_to_num(percentiles - 0.5)


def _odds(chance: Array, std: Array) -> tuple[Array, Array]:
    """(m,) the router's log odds, those it is unsure of shrunk to what is usual; and how unsure they then are."""
    known = ~np.isnan(chance)
    mean = np.clip(np.where(known, chance, WITHOUT_ROUTER), 1 - MOST, MOST)
    spread = np.where(known, np.nan_to_num(std, nan=UNKNOWN_STD), UNKNOWN_STD)
    noise = (spread / np.maximum(mean * (1 - mean), STEEP)) ** 2
    trust = QUERIES**2 / (QUERIES**2 + noise)
    usual = logit(WITHOUT_ROUTER)
    return usual + trust * (logit(mean) - usual), np.sqrt(trust * noise)


def _of(places: Array, values: Array) -> Array:
    """Each expert's value, in the order asked; strangers have the mean."""
    chosen: Array = np.append(values, values.mean() if len(values) else 0.0)[places]
    return chosen


def _reason(read: _Read, found: Chances, support: float) -> str:
    """One line without a word of the query or the documents."""
    holds = "seem to hold" if support >= SHARP else "hardly hold" if support <= DULL else "may hold"
    said = [f"documents {holds} the answer ({support:.0%})"]
    if read.rarity >= RARE and read.question.english:
        said.append("asks about something rare")
    if read.question.recent:
        said.append("asks for what changes")
    if len(found.knows):
        said.append(f"{float(found.knows.mean()):.0%} right without")
    return "; ".join(said)
