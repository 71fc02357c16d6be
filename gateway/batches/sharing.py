"""Who answers which line of a window: where money is short or loads are balanced, as is worth most for all together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from gateway.batches.groups import Arrange, Group, Planned, by_expert
from gateway.matching import capacities, match, rerouted
from gateway.pipeline import Pipeline


def sharing(pipeline: Callable[[], Pipeline]) -> Arrange:
    """An arrangement over the pipeline that is in force when a window is planned."""

    def arranged(window: Sequence[Planned], budget_usd: float | None) -> Sequence[Group]:
        balanced = any(one.decided.plan.load_prices is not None for one in window)
        if budget_usd is None and not balanced:
            return by_expert(window, budget_usd)
        room = _room(pipeline(), len(window)) if balanced else {}
        found = match([one.decided for one in window], room, budget_usd)
        moved = [
            replace(one, decided=rerouted(one.decided, expert))
            for one, expert in zip(window, found.experts, strict=True)
        ]
        return by_expert(moved, budget_usd)

    return arranged


def _room(pipeline: Pipeline, lines: int) -> dict[str, int]:
    """As many lines for each expert as let all of them be done at about the same time."""
    dispatcher = pipeline.dispatcher
    seconds = dict(zip(dispatcher.board.names, dispatcher.board.expected_s().tolist(), strict=True))
    return capacities([desk.expert for desk in dispatcher.desks.values()], seconds, lines)
