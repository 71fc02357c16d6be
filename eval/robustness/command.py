"""Robustness from files: which paraphrases there are, and how many questions are asked again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eval.robustness.paraphrases import read_paraphrases
from eval.robustness.run import Robustness, robustness_of
from eval.routing.data import Trial
from eval.routing.means import Resampling
from eval.routing.suite import Suite
from eval.watching import Watch


@dataclass(frozen=True, slots=True)
class Otherwise:
    """questions: how many are asked in other forms too, 0 for none. paraphrases: a file of them."""

    questions: int = 0
    paraphrases: Path | None = None


def asked_otherwise(
    trial: Trial, suite: Suite, timed: Suite, wanted: Otherwise, drawn: Resampling, watch: Watch
) -> Robustness | None:
    """None where none are wanted; see `robustness_of`."""
    if not wanted.questions:
        return None
    path = wanted.paraphrases
    paraphrases = {} if path is None else read_paraphrases(path, trial.table.query_ids)
    return robustness_of(trial, suite, timed, wanted.questions, drawn, paraphrases, watch)
