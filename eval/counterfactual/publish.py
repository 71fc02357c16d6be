"""Where a replay's findings go: terminal, JSON, page. Computes nothing."""

from __future__ import annotations

from pathlib import Path

from eval.counterfactual.evaluation import Evaluation
from eval.counterfactual.plot import effects
from eval.counterfactual.report import as_json, lines, sheets
from eval.publishing import publish_findings, write


def publish(evaluation: Evaluation, estimators: bool, json: Path | None, html: Path | None) -> None:
    """TableError, in one line, where a file cannot be written."""
    publish_findings(as_json(evaluation), sheets(evaluation, estimators), lines(evaluation), json)
    if html is not None:
        write(html, _page(evaluation).encode())


def _page(evaluation: Evaluation) -> str:
    from eval.report.page import html
    from eval.report.parts import Lines, Page, Section

    found, *estimates = sheets(evaluation, estimators=True)
    parts = (
        Section("", (found, Lines(tuple(line.strip() for line in lines(evaluation))))),
        Section("What would have changed", (effects(evaluation),)),
        Section("Every estimator", tuple(estimates)),
    )
    return html(Page(f"Replay of policy {evaluation.policy}", parts))
