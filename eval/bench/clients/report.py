"""What a run of the clients says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from eval.bench.contestants import UPSTREAM
from eval.bench.rounds import Results
from eval.bench.tables import Sheet


def sheet(results: Results, cancellations: Mapping[str, float | None]) -> Sheet:
    """The fastest first; the upstream by itself, which nothing can beat, at the end."""
    ranked = sorted(results.figures.items(), key=lambda row: (row[0] == UPSTREAM, -row[1].requests_per_s))
    head = ("client", "requests/s", "p50 ms", "p99 ms", "p50 ms at 1", "closes when cancelled")
    rows = [
        (
            name,
            f"{figures.requests_per_s:,.0f}",
            f"{figures.p50_ms:.2f}",
            f"{figures.p99_ms:.2f}",
            f"{figures.p50_one_ms:.3f}",
            closing(name, cancellations),
        )
        for name, figures in ranked
    ]
    return Sheet(head, rows)


def closing(client: str, cancellations: Mapping[str, float | None]) -> str:
    """Whether a call that is cancelled before its answer begins closes its connection within a second."""
    if client not in cancellations:
        return ""
    took_s = cancellations[client]
    return "no" if took_s is None else f"yes, {took_s * 1000:.0f} ms"


def as_json(results: Results, cancellations: Mapping[str, float | None]) -> dict[str, Any]:
    """Everything, each turn included."""
    return {"results": asdict(results), "cancellation_s": dict(cancellations)}
