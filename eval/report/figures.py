"""How figures are written in sheets and in drawings."""

from __future__ import annotations

NONE = "-"


def share(value: float | None) -> str:
    return NONE if value is None else f"{value:.1%}"


def figure(value: float | None, form: str = "z.3f") -> str:
    return NONE if value is None else f"{value:{form}}"


def between(found: tuple[float, float] | None, form: str = "z.3f") -> str:
    return NONE if found is None else f"[{found[0]:{form}}, {found[1]:{form}}]"


def whiskers(value: float, found: tuple[float, float] | None) -> tuple[float, float]:
    """How far an interval reaches to both sides of its value, which rounding may have put a hair outside."""
    return (0.0, 0.0) if found is None else (max(value - found[0], 0.0), max(found[1] - value, 0.0))
