"""What an evaluation of onboarding says: sheets and lines, one JSON object. Computes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from eval.bench.tables import Sheet
from eval.onboarding.rows import Figure, Row
from eval.onboarding.run import Evaluation
from eval.onboarding.trial import CHOSEN, DRAWN, PLAIN

COMMAND = "eval onboard"
HEAD = ("questions", "asked", "error of accuracy", "against random", "interval holds", "its width")
ROUTING = ("questions", "asked", "AUC on the rest", "routing", "gain by the newcomer", "with all its answers")
NONE = "-"


def sheets(found: Evaluation) -> tuple[Sheet, Sheet]:
    """How well an expert is placed, and what that is worth."""
    routing = [row for row in found.rows if row.routed is not None]
    return Sheet(HEAD, [_placing(row) for row in found.rows]), Sheet(ROUTING, [_routing(row) for row in routing])


def lines(found: Evaluation) -> Iterator[str]:
    """The same in words, and what the reader must know to believe it."""
    drawn = found.resampling
    yield (
        f"{len(found.pools)} experts, each left out in turn, on {found.questions} questions; {found.draws} random "
        f"draws an expert; 95 % intervals over the experts from {drawn.resamples} resamples, seed {drawn.seed}."
    )
    rows = {(row.way, row.asked): row for row in found.rows}
    for (way, asked), row in rows.items():
        if way == CHOSEN and (DRAWN, asked) in rows and row.versus_random is not None:
            yield _said(row, rows[DRAWN, asked], row.versus_random)
    last = max(row.asked for row in found.rows)
    if (PLAIN, last) in rows and (CHOSEN, last) in rows:
        plain, chosen = rows[PLAIN, last], rows[CHOSEN, last]
        yield (
            f"Without the model of abilities, the share of {last} random answers that were right is off by "
            f"{plain.error.value:.3f}, in an interval {plain.width.value:.3f} wide; {last} chosen ones bring "
            f"{chosen.error.value:.3f} and {chosen.width.value:.3f}."
        )
    yield (
        f"The routers {found.artifact} were trained with these experts, unless they are new to it: of one left out the "
        "ability is forgotten, not its part in what is known of the questions."
    )
    yield from (f"Left out: {line}." for line in found.left_out)


def as_json(found: Evaluation) -> dict[str, Any]:
    drawn = found.resampling
    return {
        "command": COMMAND,
        "artifact": found.artifact,
        "questions": found.questions,
        "draws": found.draws,
        "intervals": {"level": 0.95, "over": "experts", "resamples": drawn.resamples, "seed": drawn.seed},
        "rows": [asdict(row) for row in found.rows],
        "pools": [asdict(pool) for pool in found.pools],
        "placed": [{**asdict(one), "error": one.error, "held": one.held} for one in found.placed],
        "left_out": list(found.left_out),
    }


def _said(row: Row, random: Row, versus: Figure) -> str:
    claim = f"After {row.asked} chosen questions the accuracy is off by {row.error.value:.3f}"
    low, high = versus.interval or (float("-inf"), float("inf"))
    if low <= 0 <= high:
        return f"{claim}, not told apart from {random.error.value:.3f} for as many drawn at random."
    word = "less" if high < 0 else "more"
    return f"{claim}, {word} than {random.error.value:.3f} for as many drawn at random."


def _placing(row: Row) -> list[str]:
    return [
        row.way,
        str(row.asked),
        _figure(row.error),
        _figure(row.versus_random, "+.3f"),
        _figure(row.held, ".0%"),
        f"{row.width.value:.3f}",
    ]


def _routing(row: Row) -> list[str]:
    figures = [_figure(row.auc), _figure(row.routed), _figure(row.gained, "+.4f"), _figure(row.full, "+.4f")]
    return [row.way, str(row.asked), *figures]


def _figure(figure: Figure | None, form: str = ".3f") -> str:
    if figure is None:
        return NONE
    if figure.interval is None:
        return f"{figure.value:{form}}"
    return f"{figure.value:{form}} [{figure.interval[0]:{form}}, {figure.interval[1]:{form}}]"
