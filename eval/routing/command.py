"""`coterie eval routing` from files to files: the one place of this package that reads and writes any."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from eval.encodings import Encodings
from eval.report.published import Report, publish_report
from eval.robustness.command import Otherwise, asked_otherwise
from eval.routing.data import trial_of
from eval.routing.figures.every import figures_of
from eval.routing.page import page_of
from eval.routing.prices import read_models
from eval.routing.report import as_json, lines, sheets
from eval.routing.rows import Resampling
from eval.routing.run import Evaluation, evaluate
from eval.routing.single import read_single
from eval.routing.suite import Suite, Untrained, known_to, unlearned
from eval.watching import Watch
from routers.reader import load_bundled_reader
from routers.suite import Suite as TrainedSuite
from routers.suite import load_bundled_suite, load_suite
from routers.table import Table, read_table

BUNDLED = Path("bundled")


@dataclass(frozen=True, slots=True)
class Sources:
    """The files to read. outcomes: None where the questions' own file holds the scores. experts: None for all.

    artifact: `bundled` for the routers that come with the package; None for none, so that all is fitted on the table.
    """

    questions: Path
    outcomes: Path | None
    experts: Sequence[str] | None
    artifact: Path | None
    models: Path | None


def evaluate_files(
    sources: Sources, resampling: Resampling, encodings: Encodings, watch: Watch, otherwise: Otherwise
) -> Evaluation:
    """RouterError, in one line, for a file that cannot be used."""
    watch("reading tables", 0.0)
    prices = None if sources.models is None else read_models(sources.models)
    table = table_at(sources.questions, sources.outcomes, sources.experts)
    if sources.artifact is None:
        suite: Suite = Untrained(encodings.behind_reader(load_bundled_reader(threads=_cores())))
        bare = suite
    else:
        trained = suite_at(sources.artifact)
        learned_from = trained.manifest.tables.values()
        table = unlearned(known_to(trained, table, sources.experts), sources.questions, learned_from)
        suite, bare = encodings.behind(trained), trained
    trial = trial_of(table, prices)
    robustness = asked_otherwise(trial, suite, bare, otherwise, resampling, watch)
    evaluation = evaluate(trial, suite, resampling, watch)
    return replace(evaluation, encodings=encodings.said(), robustness=robustness)


def table_at(questions: Path, outcomes: Path | None, experts: Sequence[str] | None) -> Table:
    """From two files, or from one that holds the scores too."""
    if outcomes is None:
        return read_single(questions, experts)
    return read_table(questions, outcomes, experts, without=())


def suite_at(artifact: Path, *, threads: int | None = None, only: Collection[str] | None = None) -> TrainedSuite:
    """From a folder, or by the name `bundled` the one that comes with the package; on all cores where nobody says.

    only: these routers alone; all where that is not given.
    """
    if artifact == BUNDLED and not artifact.is_dir():
        return load_bundled_suite(only=only, threads=threads or _cores())
    return load_suite(artifact, only=only, threads=threads or _cores())


def _cores() -> int:
    return os.cpu_count() or 1


def publish_evaluation(evaluation: Evaluation, json: Path | None, html: Path | None = None) -> None:
    """See `publish_report`."""
    figures, page = partial(figures_of, evaluation), partial(page_of, evaluation)
    publish_report(Report(as_json(evaluation), sheets(evaluation), lines(evaluation), figures, page), json, html)
