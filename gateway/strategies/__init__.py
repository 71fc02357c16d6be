"""Ways to get one answer from experts, by name. A strategy is a function of a brief; a new one is a file and a line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from gateway.consult import Brief
from gateway.strategies.single import single
from gateway.types import Outcome

Strategy = Callable[[Brief], Awaitable[Outcome | None]]
"""Consults and returns the outcome whose words are the answer; None where every expert failed."""

STRATEGIES: dict[str, Strategy] = {
    "single": single,
}
