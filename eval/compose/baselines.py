"""What every strategy is held against: best singles, votes of the best by accuracy, everybody's vote, an oracle.

Computed from the outcomes and the recorded answers alone; knows no router and no query.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from eval.compose.answers import NOTHING, UNMEASURED, Answers
from eval.compose.replay import NOBODY, Played
from eval.routing.data import Trial
from eval.routing.suite import Kind
from gateway.form import Form
from routers.base import Array

VOTERS = (2, 3, 4, 5, 6, 7)
OPEN_ANSWERS, LEAST, EDGE = 10, 0.05, 0.005
"""As the strategy `vote` weighs: answers to choose among where none are listed, a voice's least weight, and how near to
0 or 1 an accuracy is believed to be."""
HINDSIGHT, ALL = "best single (hindsight)", "oracle of all"


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """One way of answering that learns nothing."""

    name: str
    kind: Kind
    played: Played


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """How accurate each expert is known to be: (m,), and from where, in words."""

    accuracy: Array
    origin: str

    @classmethod
    def hindsight(cls, trial: Trial) -> Record:
        """From these very questions: by how much each is better than all on those it answered, over their mean.

        On another set of questions an expert need not have been the better one, only the luckier.
        """
        lead = trial.scores - np.nanmean(trial.scores, axis=1, keepdims=True)
        found = np.nanmean(lead, axis=0) + np.nanmean(trial.scores)
        return cls(np.clip(found, 0, 1), "these very questions, with hindsight")


def vote_name(k: int, weighted: bool) -> str:
    """What the vote of the k best is called."""
    return f"{k} best, {'weighted' if weighted else 'plain'} vote"


def baselines(trial: Trial, answers: Answers, forms: Sequence[Form], record: Record | None) -> Iterator[Baseline]:
    """All of them; `record`: what is known from training, None where nothing is."""
    after = Record.hindsight(trial)
    yield Baseline(HINDSIGHT, "oracle", _best_single(trial, after))
    if record is not None:
        yield Baseline("best single", "baseline", _alone(trial, _ranked(trial, record.accuracy)[:, 0]))
    known = record or after
    ranked = _ranked(trial, known.accuracy)
    weights = _weights(known.accuracy, forms)
    even = np.ones_like(weights)
    most = len(trial.experts)
    for k in (*(k for k in VOTERS if k < most), most):
        for weighted in (False, True):
            name = vote_name(k, weighted) if k < most else f"all, {'weighted' if weighted else 'plain'} vote"
            played = _voted(trial, answers, ranked[:, :k], weights if weighted else even)
            yield Baseline(name, "baseline", played)
    yield Baseline(ALL, "oracle", _oracle(trial))


def _ranked(trial: Trial, accuracy: Array) -> Array:
    """(n, m) columns from the most accurate expert on; who was not measured on a question comes last."""
    order: Array = np.argsort(np.where(trial.measured, -accuracy, np.inf), axis=1, kind="stable")
    return order


def _alone(trial: Trial, places: Array) -> Played:
    n, m = trial.scores.shape
    asked = np.zeros((n, m), dtype=int)
    asked[np.arange(n), places] = 1
    return Played(places, asked, np.full(n, np.nan))


def _best_single(trial: Trial, record: Record) -> Played:
    """The one expert that does best, whoever is next best standing in where it has no outcome."""
    stand_ins = _ranked(trial, record.accuracy)[:, 0]
    rows = np.arange(len(stand_ins))
    everywhere = [np.where(trial.measured[:, m], m, stand_ins) for m in range(len(trial.experts))]
    return _alone(trial, max(everywhere, key=lambda places: float(trial.scores[rows, places].mean())))


def _weights(accuracy: Array, forms: Sequence[Form]) -> Array:
    """(n, m) log p(k - 1)/(1 - p) of each expert, k answers to choose among (weighted majority, Nitzan & Paroush)."""
    answers = np.array([len(form.options) or OPEN_ANSWERS for form in forms])[:, None]
    chance = np.clip(accuracy, EDGE, 1 - EDGE)
    weights: Array = np.log(chance * np.maximum(answers - 1, 1) / (1 - chance))
    return np.maximum(weights, LEAST)


def _voted(trial: Trial, answers: Answers, ranked: Array, weights: Array) -> Played:
    """ranked: (n, k) who votes, the most accurate first, who breaks ties and is the one to give the answer."""
    asked = np.zeros(trial.scores.shape, dtype=int)
    np.put_along_axis(asked, ranked, 1, axis=1)
    voices = zip(answers.codes, ranked, weights, strict=True)
    served = [_winner(said, places, weight) for said, places, weight in voices]
    return Played(np.array(served), asked * trial.measured, np.full(len(served), np.nan))


def _winner(said: Array, places: Array, weights: Array) -> int:
    """The first of those behind the answer with the most weight; of all, where nobody gave a usable one."""
    voices = places[said[places] > NOTHING]
    if not len(voices):
        return int(places[0]) if said[places[0]] != UNMEASURED else NOBODY
    tally = np.bincount(said[voices], weights=weights[voices])
    behind = tally[said[voices]]
    return int(voices[np.argmax(behind >= behind.max() - 1e-9)])


def _oracle(trial: Trial) -> Played:
    """Everybody is asked, and somebody right is known: the cheapest, where costs are."""
    scores = np.where(trial.measured, trial.scores, -np.inf)
    best = scores == scores.max(axis=1, keepdims=True)
    price = np.zeros_like(scores) if trial.costs is None else trial.costs.spent
    served = np.where(best, price, np.inf).argmin(axis=1)
    return Played(served, trial.measured.astype(int), np.full(len(served), np.nan))
