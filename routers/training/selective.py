"""How sure the routers of a suite must be to answer, measured on questions that none of them has learned from.

One row a group of questions, since rows must be independent: how sure the router was of the best expert of a pool, and
whether that one was right; for the fuser, how sure it was of the answer that asking one after another came to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from routers.base import Array, Router
from routers.corpus import spelled_out
from routers.errors import TableError
from routers.fusion.cases import Cases
from routers.fusion.fuser import RIGHT, Fuser
from routers.manifest import Manifest, write_manifest
from routers.selective import Curve, curve_of
from routers.suite import BASELINE, FUSER, load_suite
from routers.table import Table, read_table
from routers.training.answers import read_answers
from routers.training.fusing import LEAST_GAIN, in_turn
from routers.training.prototypes import BASELINES, BLEND
from routers.training.trained import Trained

FEWEST = 100
"""Questions below which a curve proves next to nothing, and the plain rule is better."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What is judged on. X: rows. scores: (n, m), NaN where missing. pools: (n, m) bool, who may be asked.

    each: of other questions and experts than those who will be asked, so that every answer must keep the bound.
    """

    X: Array
    scores: Array
    pools: Array
    experts: tuple[str, ...]
    said: str
    each: bool

    @classmethod
    def of(cls, table: Table, X: Array, rows: Array, pools: Array | None = None) -> tuple[Judged, Array]:
        """With which of the table's rows they are: the first of each group; everybody may be asked unless drawn."""
        firsts = np.sort(np.unique(table.groups[rows], return_index=True)[1])
        kept = rows[firsts]
        scores = table.outcomes[kept]
        among = ~np.isnan(scores) if pools is None else pools[firsts]
        named = ", ".join(sorted({table.sources[row] for row in kept.tolist()}))
        said = f"{len(kept)} dev questions of {named}"
        return cls(X[firsts], scores, among, table.experts, said, each=pools is not None), kept


def curves_of(
    routers: Mapping[str, Router], judged: Judged, fuser: Fuser | None, answers: Cases | None
) -> dict[str, Curve]:
    """By router, and under `fuser`; of whoever has too few questions to show anything there is none.

    answers: of the same questions.
    """
    found = {name: _of_router(router, judged) for name, router in routers.items()}
    if fuser is not None and answers is not None and BLEND in routers:
        found[FUSER] = _of_fuser(fuser, answers, routers[BLEND], judged)
    return {name: curve for name, curve in found.items() if curve.rows >= FEWEST}


def curves_on_dev(
    routers: Mapping[str, Router], table: Table, X_dev: Array, fuser: Fuser | None, answers: Cases | None
) -> dict[str, Curve]:
    """Of routers fitted on a table, its dev rows X_dev and the answers to all its questions; nothing for baselines."""
    judged, kept = Judged.of(table, X_dev, table.rows("dev"))
    serving = {name: router for name, router in routers.items() if name not in BASELINES}
    return curves_of(serving, judged, fuser, None if answers is None else answers.rows(kept))


def measure_again(
    questions: Path, outcomes: Path, folder: Path, *, experts: Sequence[str] | None = None, seed: int = 0
) -> Trained:
    """Measure the suite in the folder anew, and note the curves in its manifest; nothing else of it changes.

    Where no experts are named, other pools will be served than these: some are drawn for each question among those that
    answered it, of any size alike likely, and every answer must keep the bound (`each`).
    """
    suite = load_suite(folder)
    table = read_table(questions, outcomes, experts or suite.experts)
    dev = table.rows("dev")
    if len(dev) < FEWEST:
        raise TableError(f"{len(dev)} questions whose split is dev; {FEWEST} or more are needed to measure on")
    X = suite.encode([spelled_out(table.texts[n], table.choices[n]) for n in dev])
    drawn = None if experts else _drawn(~np.isnan(table.outcomes[dev]), seed)
    judged, kept = Judged.of(table, X, dev, drawn)
    answers = read_answers(outcomes, table)
    routers = {name: one.select(table.experts) for name, one in suite.routers.items() if suite.kinds[name] != BASELINE}
    curves = curves_of(routers, judged, suite.fuser, None if answers is None else answers.rows(kept))
    noted: Manifest = suite.manifest.model_copy(update={"selective": curves})
    return Trained(write_manifest(folder, noted, tuple(noted.files)), folder)


def _of_router(router: Router, judged: Judged) -> Curve:
    """The best of those who answered the question and may be asked."""
    among = judged.pools & ~np.isnan(judged.scores)
    asked = among.any(axis=1)
    mean = np.where(among, router.predict(judged.X).mean, -np.inf)[asked]
    scores = judged.scores[asked][np.arange(len(mean)), mean.argmax(axis=1)]
    return curve_of(mean.max(axis=1), scores, each=judged.each, measured_on=judged.said)


def _of_fuser(fuser: Fuser, answers: Cases, blend: Router, judged: Judged) -> Curve:
    """The answer of those who are asked in turn, where at least two may be."""
    able = answers.asked & judged.pools
    cases = replace(answers, chance=np.where(able, blend.predict(judged.X).mean, np.nan))
    several = (cases.voiced & able).sum(axis=1) > 1
    cases, right = cases.rows(several), np.nan_to_num(judged.scores[several]) >= RIGHT
    if not several.any():
        return curve_of(np.zeros(0), np.zeros(0))
    view, may = fuser.for_experts(judged.experts), able[several]
    asked = in_turn(view, cases, LEAST_GAIN) & may
    chances = view.weigh(cases.hearing(cases.said, asked))[:, :-1]
    best = chances.argmax(axis=1)
    hits = (right & asked & (cases.said == best[:, None])).any(axis=1)
    return curve_of(chances.max(axis=1), hits.astype(np.float64), each=judged.each, measured_on=judged.said)


def _drawn(answered: Array, seed: int) -> Array:
    """(n, m) bool: of those who answered a question as many as were drawn, two at least where there are."""
    random = np.random.default_rng(seed)
    ranks = np.where(answered, random.random(answered.shape), 2).argsort(axis=1).argsort(axis=1)
    sizes = random.integers(np.minimum(2, answered.sum(axis=1)), answered.sum(axis=1) + 1)
    drawn: Array = answered & (ranks < sizes[:, None])
    return drawn
