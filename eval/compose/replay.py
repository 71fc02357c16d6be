"""Plays one setting over all questions: plan, strategy and verdict are those of serving, the experts are a table."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from eval.compose.answers import Answers
from eval.compose.settings import Setting
from eval.compose.stage import Scene, Stage
from eval.routing.data import Trial
from gateway.consult import Brief
from gateway.policy import plan_for
from gateway.strategies import STRATEGIES
from gateway.types import Consultation, Decided, Outcome, Reply, Usage
from gateway.wire.completion import tokens_in
from routers.base import Array

TOGETHER = 64
"""Questions in work at once: more is no faster, and a progress bar wants to be told."""
NOBODY = -1
Done = Callable[[int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """served: (n,) the column of the expert whose answer was given, NOBODY where none was. asked: (n, m) how often each
    was. confidence: (n,) the chance that the answer is right, NaN where the strategy knows none."""

    served: Array
    asked: Array
    confidence: Array

    @property
    def calls(self) -> float:
        """Per question."""
        return float(self.asked.sum(axis=1).mean())

    @classmethod
    def blank(cls, n: int, m: int) -> Played:
        return cls(np.full(n, NOBODY), np.zeros((n, m), dtype=int), np.full(n, np.nan))

    def fill(self, rows: Array, part: Played) -> None:
        """Takes over what was played of these questions."""
        self.served[rows], self.asked[rows], self.confidence[rows] = part.served, part.asked, part.confidence


class Replay:
    """Recorded answers in place of a dispatcher."""

    def __init__(self, trial: Trial, stage: Stage, answers: Answers, seed: int = 0) -> None:
        self._trial = trial
        self._stage = stage
        self._answers = answers
        self._seed = seed
        self._places = {seat: place for place, seat in enumerate(stage.seats)}

    def play(self, setting: Setting, done: Done = lambda count: None) -> Played:
        """Every question under this setting; `done` hears how many are answered."""
        return asyncio.run(self._all(setting, done))

    async def _all(self, setting: Setting, done: Done) -> Played:
        scenes = self._stage.scenes
        played = Played.blank(len(scenes), len(self._stage.seats))
        chance = random.Random(self._seed)
        for start in range(0, len(scenes), TOGETHER):
            part = range(start, min(start + TOGETHER, len(scenes)))
            await asyncio.gather(*(self._one(n, setting, played, chance) for n in part))
            done(part.stop)
        return played

    async def _one(self, n: int, setting: Setting, played: Played, chance: random.Random) -> None:
        scene = self._stage.scenes[n]
        plan = plan_for(scene.decision, setting.policy, setting.strategy, scene.query.wishes, scene.situation, chance)
        decided = Decided(scene.query, scene.features, scene.decision, plan, time.monotonic())

        async def ask(consultation: Consultation) -> Outcome:
            return self._outcome(n, scene, consultation)

        brief = Brief(decided, self._stage.kit, ask)
        verdict = await STRATEGIES[plan.strategy](brief)
        np.add.at(played.asked[n], [self._places[outcome.expert] for outcome in brief.outcomes if outcome.asked], 1)
        if verdict.served is not None:
            played.served[n] = self._places[verdict.served.expert]
        if verdict.confidence is not None:
            played.confidence[n] = verdict.confidence

    def _outcome(self, n: int, scene: Scene, consultation: Consultation) -> Outcome:
        place = self._places[consultation.expert]
        text = self._answers.texts[n][place]
        costs = self._trial.costs
        usage = Usage(scene.features.input_tokens, tokens_in(self._written(n, place)), estimated=True)
        return Outcome(
            expert=consultation.expert,
            reply=Reply({}, text, usage, "stop"),
            error=None,
            usage=usage,
            cost_usd=0.0 if costs is None else float(costs.spent[n, place]),
            latency_s=0.0,
            first_token_s=None,
            retries=0,
            committed=False,
            role=consultation.role,
        )

    def _written(self, n: int, place: int) -> int:
        length = self._trial.table.output_chars[n, place]
        return 0 if np.isnan(length) else int(length)
