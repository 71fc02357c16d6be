"""Fitting routers on a table with a reader's rows: fit on `train`, calibrate and measure on `dev`, write a suite.

Run as `coterie train NAME --questions Q --outcomes O --out DIR`; every baseline is fitted beside what was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from time import monotonic

import numpy as np

from routers.base import Array, Router
from routers.blend import BlendRouter
from routers.corpus import spelled_out
from routers.errors import TableError
from routers.fusion.cases import Cases
from routers.fusion.fuser import Fuser
from routers.irt.router import IrtRouter
from routers.manifest import Manifest, digest
from routers.reader import Reader, load_bundled_reader, load_reader
from routers.suite import BASELINE, KIND, READER, ROUTER, save_suite
from routers.table import Table, read_table
from routers.training.answers import read_answers
from routers.training.fusing import scores_of_fuser, train_fuser
from routers.training.prototypes import BASELINES, BLEND, NAMES, PARTS, Lore, prototype
from routers.training.quick import Progress, silent
from routers.training.scores import scores_of
from routers.training.selective import curves_on_dev
from routers.training.sources import sources_of
from routers.training.trained import Trained
from routers.verbosity import Verbosity

EVERYTHING = "all"
FEWEST = 10
"""Training questions below which nothing worth keeping can be learned."""
THREADS = 2
CHARACTERS_PER_TOKEN = 4


def train_routers(
    name: str,
    questions: Path,
    outcomes: Path,
    out: Path,
    *,
    experts: Sequence[str] | None = None,
    reader: Path | None = None,
    baselines: bool = True,
    seed: int = 0,
    progress: Progress = silent,
) -> Trained:
    """Fit a router (or `all`) with its parts and the baselines; TableError where the tables cannot be used.

    reader: the folder of one's own reader, which is kept with the routers; the bundled one unless given.
    """
    table = _answered(read_table(questions, outcomes, experts))
    for line in table.left_out:
        progress(line)
    reads = load_reader(reader, threads=THREADS) if reader else load_bundled_reader(threads=THREADS)
    train, dev = table.rows("train"), table.rows("dev")
    _check(table, train)
    began = monotonic()
    X = reads.encode([spelled_out(table.texts[n], table.choices[n]) for n in (*train, *dev)])
    progress(f"{len(X)} questions read in {monotonic() - began:.0f} s")
    X_train, X_dev = X[: len(train)], X[len(train) :]
    lore = Lore(table, train, X_train, reads.layout, seed)
    fitted = {}
    for key in _wanted(name, baselines):
        began = monotonic()
        fitted[key] = _fitted(key, lore, X_dev, table.outcomes[dev])
        progress(f"{key} fitted in {monotonic() - began:.1f} s")
    metrics = scores_of(fitted, X_dev, table.outcomes[dev])
    answers = read_answers(outcomes, table)
    fuser, told = _fuser(fitted.get(BLEND), answers, lore, X_dev, progress)
    about = _about(name, lore, fitted, reads, {**metrics, **told})
    tables = {path.name: digest(path) for path in (questions, outcomes)}
    curves = curves_on_dev(fitted, table, X_dev, fuser, answers)
    manifest = about.model_copy(update={"tables": tables, "selective": curves})
    if reader is not None:
        copytree(reader, out / READER, dirs_exist_ok=True)
    return Trained(save_suite(fitted, _verbosity(lore), manifest, out, fuser), out)


def _answered(table: Table) -> Table:
    """The questions that at least one of the experts was asked: the others teach nothing of them."""
    asked = ~np.isnan(table.outcomes).all(axis=1)
    if asked.all():
        return table
    kept = table.part(np.flatnonzero(asked))
    line = f"{int((~asked).sum())} questions that none of these experts was asked"
    return replace(kept, left_out=(*table.left_out, line))


def _about(
    name: str, lore: Lore, fitted: Mapping[str, Router], reads: Reader, metrics: Mapping[str, float]
) -> Manifest:
    """What the manifest says of the routers, but for the tables' hashes."""
    table = lore.table
    return Manifest(
        name=name,
        kind=KIND,
        command=f"coterie train {name} --questions QUESTIONS --outcomes OUTCOMES --out DIR --seed {lore.seed}",
        seed=lore.seed,
        sources=sources_of(table),
        tables={},
        encoder={"reader": reads.version},
        categories=reads.layout.categories,
        experts=table.experts,
        routers={key: BASELINE if key in BASELINES else ROUTER for key in fitted},
        metrics=dict(metrics),
        metrics_measured_on={"dev": f"{len(table.rows('dev'))} questions", "split": table.split_from},
    )


def _wanted(name: str, baselines: bool) -> tuple[str, ...]:
    """The names to fit: a blend brings its parts, and `all` is everything."""
    if name == EVERYTHING:
        return NAMES
    asked = {BLEND: (*PARTS, BLEND)}.get(name, (name,))
    return tuple(dict.fromkeys((*asked, *(BASELINES if baselines else ()))))


def _fitted(name: str, lore: Lore, X_dev: Array, Y_dev: Array) -> Router:
    """Fitted on the training rows, and calibrated on dev where it can be."""
    router = prototype(name, lore).fit(lore.X, lore.table.outcomes[lore.train], lore.table.experts)
    if len(X_dev) and isinstance(router, IrtRouter | BlendRouter):
        return router.calibrate(X_dev, Y_dev)
    return router


def _fuser(
    blend: Router | None, answers: Cases | None, lore: Lore, X_dev: Array, progress: Progress
) -> tuple[Fuser | None, dict[str, float]]:
    """The fuser over the blend's chances, where answers were recorded, and how good it is on dev."""
    if not isinstance(blend, BlendRouter) or blend.unseen_chances is None or answers is None:
        return None, {}
    began, table, dev = monotonic(), lore.table, lore.table.rows("dev")
    answered = answers.rows(lore.train)
    fuser = train_fuser(answered, blend.unseen_chances, table.outcomes[lore.train], table.experts, lore.seed)
    if fuser is None:
        return None, {}
    progress(f"fuser fitted in {monotonic() - began:.1f} s")
    if not len(dev):
        return fuser, {}
    view = fuser.for_experts(table.experts)
    return fuser, scores_of_fuser(view, answers.rows(dev), blend.predict(X_dev).mean, table.outcomes[dev])


def _verbosity(lore: Lore) -> Verbosity | None:
    """How much each expert writes, where the table says how long its answers were."""
    tokens = lore.table.output_chars[lore.train] / CHARACTERS_PER_TOKEN
    if np.isnan(tokens).all():
        return None
    return Verbosity().fit(lore.X, tokens, lore.table.experts)


def _check(table: Table, train: Array) -> None:
    """TableError where there is too little to learn from."""
    if len(train) < FEWEST:
        raise TableError(f"{len(train)} questions to train on; {FEWEST} or more are needed")
    unseen = np.asarray(np.isnan(table.outcomes[train]).all(axis=0))
    if unseen.any():
        lacking = ", ".join(name for name, none in zip(table.experts, unseen, strict=True) if none)
        raise TableError(f"no outcome of {lacking} in the train split; leave them out or give their outcomes")
