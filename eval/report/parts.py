"""What a page is made of: sections of sheets, lines and plots. Knows no HTML and draws nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from eval.bench.tables import Sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


class Plot(ABC):
    """A picture and the numbers in it: a frozen dataclass whose fields, plain numbers and texts, go into the JSON.

    key: what it is called there. heading, reading: what it shows, and in one sentence how to read it.
    """

    __slots__ = ()

    key: ClassVar[str]
    heading: ClassVar[str]
    reading: ClassVar[str]

    @property
    @abstractmethod
    def said(self) -> str:
        """The picture in words, for who cannot see it."""

    @property
    @abstractmethod
    def size(self) -> tuple[float, float]:
        """Width and height in inches."""

    @abstractmethod
    def draw(self, canvas: Canvas) -> None:
        """Onto an empty matplotlib figure."""

    @abstractmethod
    def sheet(self) -> Sheet:
        """The numbers."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A plot that is not there, and why, in a line."""

    key: str
    heading: str
    why: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Sentences, an item each."""

    lines: tuple[str, ...]


Figure = Plot | Missing
Part = Sheet | Lines | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """Parts under a heading; none where it is empty."""

    heading: str
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Page:
    """One evaluation."""

    title: str
    sections: Sequence[Section]


def figures_json(figures: Iterable[Figure]) -> dict[str, Any]:
    """What is plotted, by key."""
    return {one.key: {"missing": one.why} if isinstance(one, Missing) else _fields(one) for one in figures}


def _fields(plot: Plot) -> dict[str, Any]:
    assert is_dataclass(plot), f"{type(plot).__name__} is no dataclass. This is a bug."
    return {"heading": plot.heading, **asdict(plot)}
