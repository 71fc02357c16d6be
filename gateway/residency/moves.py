"""When a call had better go to a second choice that is loaded than wait for the first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def second_choice(
    alternatives: Sequence[tuple[str, float]], wait_s: float, wait_of: Callable[[str], float], patience_s: float
) -> tuple[str, float] | None:
    """(expert, loss) of the alternative that gains most, None where waiting is better.

    A loss of quality weighs `patience_s` seconds a whole point; what is gained is the difference of the waits.
    """
    best: tuple[str, float] | None = None
    most = 0.0
    for expert, loss in alternatives:
        gain = wait_s - wait_of(expert) - patience_s * max(0.0, loss)
        if gain > most:
            best, most = (expert, loss), gain
    return best
