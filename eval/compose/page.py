"""An evaluation as one page of HTML that needs nothing else. Computes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from eval.bench.tables import Sheet
from eval.compose.plot import svg
from eval.compose.report import lines, settings_sheet, sheets
from eval.compose.run import Evaluation

STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
svg { width: 100%; height: auto; max-width: 56rem }
table { border-collapse: collapse; margin: 1.5rem 0; display: block; overflow-x: auto }
td { font-variant-numeric: tabular-nums }
th, td { padding: .15rem .7rem; text-align: right; white-space: nowrap; border-bottom: 1px solid #8884 }
th:first-child, td:first-child { text-align: left }
""".strip()


def page(evaluation: Evaluation) -> str:
    """The plot, the sheets, what they say in words, and every setting."""
    title = f"Strategies over {len(evaluation.trial.experts)} experts, {len(evaluation.trial.texts)} questions"
    swept = [row for row in evaluation.rows if row.kind == "strategy"]
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
        f"<style>{STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        svg(evaluation),
        *map(_table, sheets(evaluation)),
        "<ul>",
        *(f"<li>{escape(line)}</li>" for line in lines(evaluation)),
        "</ul>",
        *(["<h2>Every setting</h2>", _table(settings_sheet(swept))] if swept else []),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _table(sheet: Sheet) -> str:
    head = "".join(f"<th>{escape(title)}</th>" for title in sheet.head)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{''.join(_lines(sheet))}</tbody></table>"


def _lines(sheet: Sheet) -> Iterator[str]:
    for row in sheet.rows:
        yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n"
