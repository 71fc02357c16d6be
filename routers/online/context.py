"""What is known of a query when it is decided and can be read from its record again. Knows no text and no expert."""

from __future__ import annotations

from dataclasses import astuple, dataclass

CATEGORY = "category"
NONE = ""
"""The category of a query that has none."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What can be compared with a threshold; what is true or false is 1 or 0.

    confidence: of the router in its own reading. foreseen: the highest score it gave anybody, low where it is hard.
    """

    input_tokens: float
    confidence: float
    foreseen: float
    outlier: float
    tools: float

    def row(self) -> tuple[float, ...]:
        """In the order of `NUMBERS`."""
        return astuple(self)


NUMBERS: tuple[str, ...] = tuple(Numbers.__dataclass_fields__)
FLAGS = ("outlier", "tools")


@dataclass(frozen=True, slots=True)
class Context:
    """Where a query stands: its category and its numbers."""

    category: str
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class Split:
    """One question to a context: is this its category, or is that number above the threshold?"""

    feature: str
    value: str | float

    def holds(self, context: Context) -> bool:
        if self.feature == CATEGORY:
            return context.category == self.value
        above: bool = getattr(context.numbers, self.feature) > self.value
        return above

    def words(self, holds: bool) -> str:
        """The side of it, for people."""
        if self.feature == CATEGORY:
            return f"category {'is' if holds else 'is not'} {self.value or 'unknown'}"
        name = self.feature.replace("_", " ")
        if self.feature in FLAGS:
            return name if holds else f"no {name}"
        return f"{name} {'above' if holds else 'at most'} {self.value:.3g}"
