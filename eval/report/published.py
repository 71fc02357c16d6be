"""A report put where it is wanted: terminal, JSON, page. Knows no evaluation, and draws only what somebody wants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.bench.tables import Sheet
from eval.publishing import publish_findings, write
from eval.report.page import html as html_of
from eval.report.parts import Figure, Page, figures_json


@dataclass(frozen=True, slots=True)
class Report:
    """found: what the JSON says, but for the figures. figures: what is plotted. page: all of it, with these figures."""

    found: Mapping[str, Any]
    sheets: Sequence[Sheet]
    lines: Iterable[str]
    figures: Callable[[], Sequence[Figure]]
    page: Callable[[Sequence[Figure]], Page]


def publish_report(report: Report, json: Path | None, html: Path | None) -> None:
    """The page where it is wanted; then see `publish_findings`. What is plotted is in the JSON."""
    figures = report.figures() if json is not None or html is not None else ()
    if html is not None:
        write(html, html_of(report.page(figures)).encode())
    found = {**report.found, "figures": figures_json(figures)}
    publish_findings(found, report.sheets, report.lines, json)
