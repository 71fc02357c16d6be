"""What a change did to accuracy, by category, or what each of several did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from eval.report.plots.intervals import Intervals


@dataclass(frozen=True, slots=True)
class Shift(Intervals):
    """By category, all questions first; or of several changes each."""

    key: ClassVar[str] = "shift"
    heading: ClassVar[str] = "What the change did to accuracy"
    reading: ClassVar[str] = (
        "A dot left of the line is a loss; a bar that touches the line (grey) is noise. Of twenty such bars about one "
        "leaves out 0 by chance: the verdicts in the table are adjusted for that."
    )
    across: ClassVar[str] = "accuracy after, less before"
