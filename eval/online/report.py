"""What was found, as JSON, a sheet and lines. Finds nothing itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from eval.bench.tables import Sheet
from eval.online.run import Evaluation, Mean, Row

HEAD = ("when learning begins", "router", "single", "learning", "gain", "above bound", "exploring costs")


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "questions": evaluation.questions,
        "experts": list(evaluation.experts),
        "router": evaluation.router,
        "seeds": evaluation.seeds,
        "terms": asdict(evaluation.terms),
        "scenarios": [
            {"name": row.name, **{name: asdict(figure) for name, figure in row.figures.items()}}
            for row in evaluation.rows
        ],
    }


def sheet(evaluation: Evaluation) -> Sheet:
    return Sheet(HEAD, [list(_cells(row)) for row in evaluation.rows])


def _cells(row: Row) -> Iterator[str]:
    yield row.name
    yield from (f"{row[name].value:.3f}" for name in ("router", "best_single", "learning"))
    yield from (_signed(row[name]) for name in ("gain", "above_bound"))
    yield f"{row['exploring'].value:.4f}"


def _signed(figure: Mean) -> str:
    if figure.interval is None:
        return f"{figure.value:+.3f}"
    return f"{figure.value:+.3f} [{figure.interval[0]:+.3f}, {figure.interval[1]:+.3f}]"


def lines(evaluation: Evaluation) -> Iterator[str]:
    """What the figures say in words."""
    terms = evaluation.terms
    yield (
        f"{evaluation.questions} questions, {len(evaluation.experts)} experts, {evaluation.seeds} orders; router "
        f"{evaluation.router}; {terms.explore:.0%} explore, {terms.heard:.0%} of answers are judged"
    )
    for row in evaluation.rows:
        yield f"{row.name}: {_verdict(row)}"
    yield "bound: 1.645 standard errors below the best single expert, who is known in hindsight alone"


def _verdict(row: Row) -> str:
    gain, above = row["gain"], row["above_bound"]
    if gain.interval is None:
        return "one order says nothing of noise; more --seeds do"
    said = "gains" if gain.interval[0] > 0 else "loses" if gain.interval[1] < 0 else "changes nothing beyond noise"
    if above.interval is not None and above.interval[1] < 0:
        return f"learning {said}, and is below the bound while it learns"
    return f"learning {said}; in the second half {_signed(row['gain_late'])}"
