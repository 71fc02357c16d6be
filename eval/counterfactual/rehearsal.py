"""Recorded outcomes as a rehearsal of logging: which policy logs, and which are judged.

The policy that logs blends a router's choice with random draws, as serving with `explore` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from eval.counterfactual.recorded import Recording, Rehearsal
from eval.routing.data import Trial, trial_of
from eval.routing.pick import picks
from eval.routing.prices import read_models
from eval.routing.reading import encoded
from eval.routing.suite import contestants, known_to
from routers.base import Array
from routers.errors import TableError
from routers.suite import load_suite
from routers.table import read_table

THRIFT, THRIFTIER = 0.1, 0.5


def rehearsal_of(
    questions: Path,
    outcomes: Path,
    artifact: Path,
    models: Path | None,
    *,
    experts: Sequence[str] | None,
    split: str | None,
    router: str,
    explore: float,
) -> Rehearsal:
    """From files. RouterError, in one line, for one that cannot be used."""
    suite = load_suite(artifact, threads=1)
    table = known_to(suite, read_table(questions, outcomes, experts, without=()), experts)
    prices = None if models is None else read_models(models)
    trial = trial_of(table if split is None else table.part(table.rows(split)), prices)
    taking_part, _ = contestants(suite, trial)
    X = encoded(trial.texts, suite)
    predicted = {one.title: one.router.predict(X).mean for one in taking_part}
    if router not in predicted:
        raise TableError(f"no router {router} in {artifact}; it has {', '.join(predicted)}")
    return rehearsal(trial, predicted, router, explore)


def rehearsal(trial: Trial, predicted: Mapping[str, Array], router: str, explore: float) -> Rehearsal:
    """Of the trial's questions; predicted: (n, m) by router. TableError without costs, on which policies depend."""
    if trial.costs is None:
        raise TableError("a rehearsal needs costs: give --models, or outcomes with a column cost_usd")
    mean = predicted[router]
    recording = Recording(
        trial.experts, trial.scores, trial.costs.spent, trial.costs.expected, mean, np.asarray(trial.table.groups)
    )
    targets = {
        "quality alone": picks(trial, mean),
        f"thrift {THRIFTIER}": picks(trial, mean, THRIFTIER),
        "best single": picks(trial, _everywhere(trial, np.nanmean(trial.scores, axis=0))),
        "cheaper half": picks(trial, _cheaper(trial, mean), THRIFT),
    } | {name: picks(trial, other, THRIFT) for name, other in predicted.items() if name != router}
    random = trial.measured / trial.measured.sum(axis=1, keepdims=True)
    logging = (1 - explore) * _alone(trial, picks(trial, mean, THRIFT)) + explore * random
    chances = {name: _alone(trial, places) for name, places in targets.items()} | {"anybody": random}
    return Rehearsal(recording, logging, chances)


def _alone(trial: Trial, places: Array) -> Array:
    alone: Array = np.eye(len(trial.experts))[places]
    return alone


def _everywhere(trial: Trial, columns: Array) -> Array:
    return np.broadcast_to(columns, trial.scores.shape)


def _cheaper(trial: Trial, mean: Array) -> Array:
    """(n, m) with NaN for the dearer half of the experts, where one of the others can be asked."""
    assert trial.costs is not None
    price = trial.costs.expected.mean(axis=0)
    kept = trial.measured & (price <= np.median(price))
    return np.where(kept | ~kept.any(axis=1, keepdims=True), mean, np.nan)
