"""Every way of answering against the best single expert, and against a vote that asks as many. Prices nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.compose.baselines import HINDSIGHT, VOTERS, vote_name
from eval.compose.replay import NOBODY, Played
from eval.metrics.bootstrap import resampled_means
from eval.routing.data import Trial
from eval.routing.rows import Resampling, Versus, versus_of
from eval.routing.suite import Kind
from routers.base import Array


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One way of answering, played. setting: None for a baseline. default: the setting a policy has where it says
    nothing, price set aside."""

    name: str
    kind: Kind
    played: Played
    setting: Mapping[str, float] | None = None
    default: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """scores: (n,) of one entry. resampled: (b,) their means. single: against the best single expert in hindsight.
    vote: against the weighted vote called `vote_name`; None where there is none to compare with."""

    scores: Array
    resampled: Array
    single: Versus
    vote_name: str | None
    vote: Versus | None


def comparisons(trial: Trial, entries: Sequence[Entry], resampling: Resampling) -> list[Comparison]:
    """Of each entry, one of which is the best single in hindsight; all are resampled together, so gains are paired."""
    names = [entry.name for entry in entries]
    votes = [vote if vote in names else None for vote in map(_vote, entries)]
    single = [names.index(HINDSIGHT)] * len(entries)
    voting = [single[0] if vote is None else names.index(vote) for vote in votes]
    scores = np.stack([scores_of(trial, entry.played) for entry in entries], axis=1)
    columns = np.hstack([scores, scores - scores[:, single], scores - scores[:, voting]])
    drawn = resampled_means(columns, trial.table.groups, resampling.resamples, resampling.seed)
    own, on_single, on_vote = np.split(drawn, 3, axis=1)
    return [
        Comparison(
            scores[:, k],
            own[:, k],
            versus_of(scores[:, k], scores[:, single[k]], on_single[:, k]),
            vote,
            None if vote is None else versus_of(scores[:, k], scores[:, voting[k]], on_vote[:, k]),
        )
        for k, vote in enumerate(votes)
    ]


def scores_of(trial: Trial, played: Played) -> Array:
    """(n,) a question without any answer scores 0."""
    found = trial.scores[np.arange(len(played.served)), played.served]
    return np.where(played.served == NOBODY, 0.0, found)


def _vote(entry: Entry) -> str | None:
    """The name of the vote that asks as many, rounded up, of a strategy's default setting that asks more than one."""
    if entry.kind != "strategy" or not entry.default or entry.played.calls <= 1:
        return None
    return vote_name(min(max(math.ceil(entry.played.calls), VOTERS[0]), VOTERS[-1]), weighted=True)
