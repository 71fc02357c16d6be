"""Many questions in slices, each played under every setting, in as many processes as there are cores.

What is played is the same as in one process: a slice is read, decided and played by the same code, and nothing passes
from one question to another. Knows no strategy.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from eval.compose.answers import Answers
from eval.compose.replay import Played, Replay
from eval.compose.settings import Setting
from eval.compose.stage import asked_of, staged
from eval.encodings import open_encodings
from eval.routing.command import suite_at
from eval.routing.data import Trial
from eval.routing.prices import Models
from eval.watching import Watch, unwatched
from routers.base import Array
from routers.suite import Suite

QUESTIONS = 250
"""Of one slice: a few seconds of work, so that progress is seen."""
WORTH_IT = 30_000
"""Fewer plays (questions times settings) are over before other processes have loaded the artifact."""


@dataclass(frozen=True, slots=True)
class Playing:
    """How every slice is played. folder: of the artifact. cached: encodings are kept on disk."""

    settings: Sequence[Setting]
    router: str
    models: Models | None
    seed: int
    folder: Path | None = None
    cached: bool = False

    def processes(self, questions: int) -> int:
        """How many are worth their start; 0: none but this one."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return cores if self.folder is not None and questions * len(self.settings) >= WORTH_IT and cores > 1 else 0


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """Some of the questions."""

    rows: Array
    trial: Trial
    answers: Answers


def play_all(trial: Trial, answers: Answers, suite: Suite, playing: Playing, watch: Watch) -> list[Played]:
    """Every setting over all questions, in the order of the settings."""
    processes = playing.processes(len(trial.texts))
    if not processes:
        return play(Slice(np.arange(len(trial.texts)), trial, answers), suite, playing, watch)
    whole = [Played.blank(len(trial.texts), len(trial.experts)) for _ in playing.settings]
    done = 0
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        jobs = {pool.submit(_elsewhere, one, playing): one for one in _slices(trial, answers)}
        for job in as_completed(jobs):
            rows = jobs.pop(job).rows
            for target, part in zip(whole, job.result(), strict=True):
                target.fill(rows, part)
            done += len(rows)
            watch(f"playing {len(playing.settings)} settings in {processes} processes", done / len(trial.texts))
    return whole


def play(part: Slice, suite: Suite, playing: Playing, watch: Watch) -> list[Played]:
    """In this process."""
    asked = asked_of(part.trial)
    played = []
    with ThreadPoolExecutor(1, "encode") as thread:
        stage = staged(part.trial, asked, suite, playing.router, playing.models, thread, watch)
        replay = Replay(part.trial, stage, part.answers, playing.seed)
        for k, setting in enumerate(playing.settings):
            watch(f"playing {setting.strategy}", k / len(playing.settings))
            played.append(replay.play(setting))
    return played


def _elsewhere(part: Slice, playing: Playing) -> list[Played]:
    """In a process that was started for it."""
    assert playing.folder is not None
    with open_encodings(playing.cached, lambda line: None) as encodings:
        return play(part, encodings.behind(_suite(playing.folder)), playing, unwatched)


@cache
def _suite(folder: Path) -> Suite:
    """Loaded once in each process."""
    return suite_at(folder, threads=1)


def _slices(trial: Trial, answers: Answers) -> Iterator[Slice]:
    for start in range(0, len(trial.texts), QUESTIONS):
        rows = np.arange(start, min(start + QUESTIONS, len(trial.texts)))
        said = replace(answers, texts=answers.texts[start : rows[-1] + 1], codes=answers.codes[rows])
        yield Slice(rows, trial.part(rows), said)
