"""Every expert of a table onboarded as if it were new. Reads no file and prints nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eval.onboarding.rows import Pool, Row, rows_of
from eval.onboarding.stand import Stand
from eval.onboarding.trial import Placed, placed, routed
from eval.routing.rows import Resampling
from eval.watching import Watch

BUDGETS = (10, 20, 40, 60, 100)


@dataclass(frozen=True, slots=True)
class Settings:
    """budgets: after how many questions it is looked. draws: random draws of questions for each expert."""

    budgets: tuple[int, ...]
    draws: int
    resampling: Resampling


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    artifact: str
    questions: int
    rows: tuple[Row, ...]
    pools: tuple[Pool, ...]
    placed: tuple[Placed, ...]
    draws: int
    resampling: Resampling
    left_out: tuple[str, ...]


def evaluate(stand: Stand, settings: Settings, watch: Watch) -> Evaluation:
    """Each expert of the stand in turn."""
    found: list[Placed] = []
    pools: list[Pool] = []
    experts = stand.table.experts
    for place, name in enumerate(experts):
        watch(f"placing {name}", place / len(experts))
        found += placed(stand, place, settings.budgets, settings.draws, settings.resampling.seed)
        pools.append(Pool(name, routed(stand, place, None), routed(stand, place, stand.fully_known(place))))
    return Evaluation(
        stand.artifact.version,
        len(stand.questions),
        rows_of(found, pools, settings.resampling),
        tuple(pools),
        tuple(found),
        settings.draws,
        settings.resampling,
        (*stand.table.left_out, *_short(stand, settings.budgets)),
    )


def _short(stand: Stand, budgets: Sequence[int]) -> list[str]:
    """In words which budgets an expert has not enough answers for."""
    outcomes = stand.table.outcomes
    least = int((outcomes == outcomes).sum(axis=0).min())
    beyond = [str(budget) for budget in budgets if budget > least]
    return [f"budgets of {', '.join(beyond)} for experts with fewer answers (the fewest has {least})"] if beyond else []
