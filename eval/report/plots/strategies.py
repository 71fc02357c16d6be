"""Accuracy against cost of strategies that may ask several experts, over their knobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from eval.report.plots.frontier import Frontier


@dataclass(frozen=True, slots=True)
class Strategies(Frontier):
    heading: ClassVar[str] = "Accuracy against cost of every strategy"
    reading: ClassVar[str] = (
        "Up and to the left is better. A dot is a setting of a strategy's knobs, a line what it reaches for at most "
        "that cost, a ring the default with its 95 % interval; dotted, what mixtures of settings reach; in grey, votes "
        "that no router helps."
    )
