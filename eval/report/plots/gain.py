"""Where a router gains on the best single expert, and where it loses: by category."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from eval.report.plots.intervals import Intervals


@dataclass(frozen=True, slots=True)
class Gain(Intervals):
    """By category, the greatest gain first."""

    key: ClassVar[str] = "gain"
    heading: ClassVar[str] = "Gain on the best single expert by category"
    reading: ClassVar[str] = (
        "A dot right of the line is a gain in accuracy; a bar that touches the line (grey) is noise. Of twenty such "
        "bars about one leaves out 0 by chance."
    )
    across: ClassVar[str] = "gain in accuracy"
