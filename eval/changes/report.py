"""What a judgement of changes says: sheets and lines for a person, one JSON object for a program. Computes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from eval.bench.tables import Sheet
from eval.changes.judgement import Judgement
from eval.changes.rows import Figure, Row

COMMAND = "eval regression"
HEAD = ("n", "before", "after", "difference (95 %)", "p (Holm)", "right to wrong (95 %)", "to right", "")
GRADED = ("mean score (95 %)", "scored lower (95 %)", "scored higher (95 %)")
WIDEST = 28
"""What a table's first column fits in, so that the whole fits on a terminal."""
WHO = ("who is asked", "before", "after")
NONE, ALL = "-", "all questions"
UNTOLD = (
    "How many of these flips the same version makes when asked again cannot be told from one answer a question; "
    "`coterie eval collect --samples` asks several times."
)


def sheets(found: Judgement) -> tuple[Sheet, ...]:
    """A table for each change: all questions first, then by category."""
    return (*_tables(found), *(Sheet(WHO, [_share(*one) for one in moves.shares]) for moves in found.moves))


def _tables(found: Judgement) -> Iterator[Sheet]:
    for change in found.changes:
        rows = [row for row in found.rows if row.name == change.name]
        title = change.name if len(change.name) <= WIDEST else f"{change.name[: WIDEST - 1]}…"
        yield Sheet((title, *HEAD), [_cells(row) for row in rows])
        if change.graded:
            yield Sheet((title, *GRADED), [_graded(row) for row in rows])


def lines(found: Judgement) -> Iterator[str]:
    """The same in words, and what the reader must know to believe it."""
    drawn = found.resampling
    yield (
        f"{found.questions} questions in {found.groups} groups; intervals and p from {drawn.resamples} resamples of "
        f"the groups, seed {drawn.seed}; a loss of up to {found.margin:g} was to be ruled out."
    )
    for row in (row for row in found.rows if not row.category):
        yield f"{row.name}: {_said(row, found.margin)}"
        yield _flips(row)
        yield from _parts(row, found)
    if any(row.floor is None and row.verdict != "same" for row in found.rows) and not found.moves:
        yield UNTOLD
    for moves in found.moves:
        cost = "" if moves.cost is None else f", at {_signed(moves.cost)} dollars per thousand questions"
        yield f"{_percent(moves.changed)} of the questions go to another expert{cost}."
    yield from (f"Note: {line}." for line in found.notes)


def _said(row: Row, margin: float) -> str:
    moved = f"right on {row.before.value:.3f} before and {row.after.value:.3f} after, {_signed(row.difference)}"
    if row.asked < row.n:
        moved += f" (estimated for {row.n} questions from {row.asked} asked again)"
    said = {
        "same": "no answer flipped.",
        "better": "a gain, beyond noise.",
        "safe": f"safe: a loss of {margin:g} is ruled out.",
        "worse": f"worse: a loss beyond noise, and one of more than {margin:g} is not ruled out.",
        "noise": f"noise: no loss is shown, and one of {margin:g} is not ruled out; ask more questions.",
        "too few": "too few questions to say anything.",
    }
    return f"{moved}; {said[row.verdict]}"


def _flips(row: Row) -> str:
    test = "" if row.mcnemar_p is None else f" (McNemar p {_p(row.mcnemar_p)})"
    flips = f"{_percent(row.negative)} went from right to wrong, {_percent(row.positive)} from wrong to right"
    return f"  {flips}{test}.{_noise(row)}"


def _noise(row: Row) -> str:
    """What the same version would have flipped as well, where that was measured."""
    if row.floor is None or row.beyond is None:
        return ""
    low = row.beyond.interval
    told = "more than that" if low is not None and low[0] > 0 else "not told apart from that"
    return (
        f" Asked again, the same version takes {_percent(row.floor)} from right to wrong; "
        f"the change takes {told} ({_percent(row.beyond)} beyond)."
    )


def _parts(whole: Row, found: Judgement) -> Iterator[str]:
    rows = [row for row in found.rows if row.name == whole.name and row.category]
    judged = [row for row in rows if row.verdict != "too few"]
    for word in ("worse", "better"):
        named = [f"{row.category} ({_signed(row.difference)})" for row in rows if row.verdict == word]
        if named:
            yield f"  By category, after Holm's adjustment, {word}: {', '.join(named)}."
    if judged and not any(row.verdict in ("worse", "better") for row in judged):
        yield f"  In none of the {len(judged)} categories with enough questions is a difference told apart from noise."


def as_json(found: Judgement) -> dict[str, Any]:
    """Every row, and every question that flipped."""
    drawn = found.resampling
    return {
        "command": COMMAND,
        "verdict": found.verdict,
        "margin": found.margin,
        "intervals": {"level": 0.95, "resamples": drawn.resamples, "seed": drawn.seed},
        "data": {"questions": found.questions, "groups": found.groups, "notes": list(found.notes)},
        "rows": [asdict(row) for row in found.rows],
        "moves": [asdict(moves) for moves in found.moves],
        "flips": [asdict(flip) for flip in found.flips],
    }


def _cells(row: Row) -> list[str]:
    return [
        row.category or ALL,
        f"{row.n}" if row.asked == row.n else f"{row.asked} of {row.n}",
        f"{row.before.value:.3f}",
        f"{row.after.value:.3f}",
        _signed(row.difference),
        NONE if row.verdict == "too few" else _p(row.p_holm).removeprefix("= "),
        f"{row.negative.value:.3f} {_between(row.negative)}",
        f"{row.positive.value:.3f}",
        row.verdict,
    ]


def _graded(row: Row) -> list[str]:
    cells = [row.category or ALL]
    for figure, form in ((row.score, "+.3f"), (row.drops, ".3f"), (row.rises, ".3f")):
        cells.append(NONE if figure is None else f"{figure.value:{form}} {_between(figure, form)}")
    return cells


def _share(expert: str, before: float, after: float) -> list[str]:
    return [expert, f"{before:.1%}", f"{after:.1%}"]


def _between(figure: Figure, form: str = ".3f") -> str:
    return NONE if figure.interval is None else f"[{figure.interval[0]:{form}}, {figure.interval[1]:{form}}]"


def _signed(figure: Figure) -> str:
    return f"{figure.value:+.3f} {_between(figure, '+.3f')}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def _percent(figure: Figure) -> str:
    return f"{figure.value:.1%} {_between(figure, '.1%')}"
