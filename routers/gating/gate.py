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
from routers.gating.model import HOLDS, KNOWS, OWN_LEVEL, WIDTH, Chances, Signals, chances, gain_slopes
from routers.gating.priors import (
    COVERED,
    DATED,
    LEVEL,
    NEIGHBOURS,
    NO,
    RARITY,
    RECENT,
    ROUTER,
    THRUST,
    WITHOUT_ROUTER,
    YES,
)
from routers.gating.rarity import Rarity, load_rarity
from routers.gating.words import Question, read_question

MOST = 0.98
"""Chances are read as no surer than this, either way."""
STEEP = 0.09
"""p·(1 - p) at which a standard deviation is turned into log odds, at least: nearer to certainty that is too large."""
QUERIES = 1.2
"""How far queries stand apart in the log odds of one expert: what a prediction must tell from noise."""
UNKNOWN_STD = 0.3
AGREEMENT = -1
"""Its column among HOLDING: how well the documents cover the question as a whole."""
RARE = 0.6
SHARP, DULL = 0.6, 0.3


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """What the model sees of a query, its m experts and its documents; and what is said of them.

    unsure: (m,) of the router's log odds. places: (m,) of the experts among those that the gate knows.
    """

    question: Question
    rarity: float
    signals: Signals
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
        read = self._read(asked, hits)
        found = self._chances(read)
        if not hits:
            nothing = np.zeros(len(found.knows))
            return Gains(found.knows, found.knows, nothing, 0.0, "no documents were found")
        support = float(found.holds[0])
        return Gains(found.knows, found.documented, self._std(read, found), support, _reason(read, found, support))

    def worth_looking(self, asked: Asked) -> float:
        """The greatest gain of any expert if the documents were certain to hold the answer: no search brings more."""
        found = self._chances(self._read(asked, ()))
        gains = (1 - found.knows) * found.learns - found.knows * (1 - found.keeps)
        return float(gains.max(initial=0.0))

    def signals(self, asked: Asked, hits: Hits) -> Signals:
        """What the model sees: (m, 10) and (1, 7)."""
        return self._read(asked, hits).signals

    def _chances(self, read: _Read) -> Chances:
        return chances(read.signals, self.beliefs.weights_, self.beliefs.own_[read.places])

    def _read(self, asked: Asked, hits: Hits) -> _Read:
        question = read_question(asked.text)
        ranks = self.rarity.ranks(question.content)
        rarest = float(self.rarity.rare(question.content, ranks).max(initial=0.0)) if question.english else 0.5
        odds, unsure = _odds(asked.chance, asked.std)
        places = np.array([self._places.get(name, STRANGER) for name in asked.experts], dtype=np.intp)
        holding = np.concatenate([[1.0], evidence(question, ranks, hits) if hits else np.zeros(HOLDS - 1)])
        columns = np.zeros((len(odds), KNOWS))
        columns[:, LEVEL], columns[:, ROUTER] = 1.0, odds
        columns[:, [RARITY, RECENT, DATED]] = rarest - 0.5, question.recent, question.dated
        columns[:, NEIGHBOURS], columns[:, THRUST] = self._familiar(asked.embedding, places)
        columns[:, COVERED] = holding[AGREEMENT]
        if asked.knows is not None:
            knows = np.asarray(asked.knows, dtype=np.float64)
            columns[:, YES], columns[:, NO] = np.nan_to_num(knows), np.nan_to_num(1 - knows)
        return _Read(question, rarest, Signals(columns, holding[None]), unsure, places)

    def _familiar(self, embedding: Array, places: Array) -> tuple[Array, Array]:
        """(m,) the neighbours' margin and Thrust's percentile less a half; a stranger's are the known ones' means."""
        neighbours, thrust = self.beliefs.neighbours_, self.beliefs.thrust_
        silent = np.zeros(len(places))
        if neighbours is None or thrust is None or not np.size(embedding):
            return silent, silent
        query = np.asarray(embedding, dtype=np.float32)
        return _of(places, neighbours.margins(query)), _of(places, centred(thrust.percentiles(query)))

    def _std(self, read: _Read, found: Chances) -> Array:
        """Of the gain: the parameters' uncertainty, and the router's."""
        beliefs = self.beliefs
        change = gain_slopes(read.signals, found)
        shared, own = change[:, :WIDTH], change[:, WIDTH:]
        variance = (shared @ beliefs.covariance_ * shared).sum(axis=1)
        variance += (own**2 * beliefs.own_variance_[read.places]).sum(axis=1)
        variance += (own[:, OWN_LEVEL] * beliefs.weights_[ROUTER] * read.unsure) ** 2
        std: Array = np.sqrt(variance)
        return std


def centred(percentiles: Array) -> Array:
    """What is not known is the middle."""
    found: Array = np.nan_to_num(percentiles - 0.5)
    return found


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
