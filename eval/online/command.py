"""`coterie eval online` from files to files: the one place of this package that reads tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eval.encodings import Encodings
from eval.online.report import as_json, lines, sheet
from eval.online.run import Evaluation, evaluate
from eval.online.stream import Stream, Terms
from eval.publishing import publish_findings
from eval.routing.command import Sources, suite_at, table_at
from eval.routing.crossfit import folds_of, one_thread
from eval.routing.data import Trial, trial_of
from eval.routing.folded import TOO_FEW, Folded, enough
from eval.routing.prices import read_models
from eval.routing.reading import encoded
from eval.routing.suite import Suite, Untrained, known_to
from eval.watching import Watch
from gateway.utility import exchange
from routers.base import Array, Matrix
from routers.errors import TableError
from routers.reader import load_bundled_reader

ARTIFACT_ROUTER, OWN_ROUTER = "blend", "linear"


def evaluate_files(
    sources: Sources, terms: Terms, seeds: int, thrift: float, encodings: Encodings, watch: Watch
) -> Evaluation:
    """RouterError, in one line, for a file that cannot be used."""
    watch("reading tables", 0.0)
    prices = None if sources.models is None else read_models(sources.models)
    table = table_at(sources.questions, sources.outcomes, sources.experts)
    suite: Suite = Untrained(encodings.behind_reader(load_bundled_reader(threads=2)))
    if sources.artifact is not None:
        trained = suite_at(sources.artifact)
        table, suite = known_to(trained, table, sources.experts), encodings.behind(trained)
    trial = trial_of(table, prices)
    if not enough(trial):
        raise TableError(f"{sources.questions}: nothing to tell about {TOO_FEW}")
    X = encoded(trial.texts, suite, watch)
    router, predicted = _predicted(trial, suite, X, watch)
    return evaluate(stream_of(trial, suite, X, predicted, thrift), terms, seeds, router, watch)


def _predicted(trial: Trial, suite: Suite, X: Matrix, watch: Watch) -> tuple[str, Array]:
    """By the artifact's router, or by one that is fitted fold by fold on the questions themselves."""
    if not suite.routers:
        watch(f"fitting {OWN_ROUTER} fold by fold", 0.0)
        with one_thread():
            folds = folds_of(trial.table.groups, seed=0)
            foretold = Folded(trial, X, suite.layout, folds, 0).router(OWN_ROUTER)
        return foretold.title, foretold.mean
    name = ARTIFACT_ROUTER if ARTIFACT_ROUTER in suite.routers else next(iter(suite.routers))
    router = suite.routers[name]
    over = router if router.experts_ == trial.experts else router.select(trial.experts)
    return name, np.clip(over.predict(X).mean, 0.0, 1.0)


def stream_of(trial: Trial, suite: Suite, X: Matrix, predicted: Array, thrift: float) -> Stream:
    """In the order of the table; prices as serving would count them at this thrift."""
    chances, names = suite.category_chances(X)
    n, m = predicted.shape
    usd = np.zeros((n, m)) if trial.costs is None else trial.costs.expected
    reference = 0.0 if trial.costs is None else trial.costs.reference_usd
    tokens = np.array([len(text) / 4 for text in trial.texts])
    numbers = [tokens, chances.max(axis=1), np.nanmax(predicted, axis=1), np.zeros(n), np.zeros(n)]
    return Stream(
        experts=tuple(trial.experts),
        predicted=predicted,
        scores=trial.scores,
        usd=usd,
        price=exchange(thrift, 0.0, reference).price(usd, np.zeros(1)),
        category=np.array(names)[chances.argmax(axis=1)],
        numbers=np.stack(numbers, axis=1),
    )


def publish(evaluation: Evaluation, json: Path | None) -> None:
    """See `publish_findings`."""
    publish_findings(as_json(evaluation), [sheet(evaluation)], lines(evaluation), json)
