"""What is said of robustness: a sheet, and lines. Computes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from eval.bench.tables import Sheet
from eval.robustness.run import Robustness, Steadiness
from eval.robustness.variants import TYPOS, WORDING
from eval.routing.sheets import told

HEAD = ("", "questions", "variants", "choices that stay", "change in accuracy")
FAMILIES = {TYPOS: "under typos", WORDING: "in other words"}


def sheet(found: Robustness) -> Sheet:
    """Each router under both families of variants; each kind of them is in the JSON."""
    rows = [_row(router.router, one) for router in found.routers for one in router.found if one.kind in FAMILIES]
    return Sheet(HEAD, rows)


def _row(router: str, one: Steadiness) -> tuple[str, ...]:
    named, counts = f"{router} {FAMILIES[one.kind]}", (f"{one.questions:,}", f"{one.variants:,}")
    return (named, *counts, told(one.unchanged), told(one.gain, "+"))


def lines(found: Robustness) -> Iterator[str]:
    """Of each family of variants in words."""
    for router in found.routers:
        said = [f"{told(one.unchanged)} {FAMILIES[one.kind]}" for one in router.found if one.kind in FAMILIES]
        if said:
            yield (
                f"{router.router}: of its choices on {found.questions} questions stay {', '.join(said)}; "
                f"a decision takes {router.decision_ms:.1f} ms here."
            )
