"""An evaluation as one page of HTML that needs nothing else. Computes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from eval.bench.tables import Sheet
from eval.report.drawing import svg
from eval.report.parts import Lines, Missing, Page, Part, Plot, Section

REM_PER_INCH = 7
"""How large a plot is shown, where the page is wide enough; its letters are then those of the text."""
STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; line-height: 1.25 } h2 { font-size: 1.25rem; margin-top: 3rem }
figure { margin: 2.5rem 0 } figcaption { max-width: 48rem } figcaption h3 { margin: 0; font-size: 1.05rem }
figcaption p, figure.missing p { margin: .25rem 0 .75rem; opacity: .8 }
.wide { overflow-x: auto; background: linear-gradient(to right, Canvas 40%, transparent) left / 3rem 100% local,
  linear-gradient(to left, Canvas 40%, transparent) right / 3rem 100% local,
  linear-gradient(to right, #8888, transparent) left / 1rem 100% scroll,
  linear-gradient(to left, #8888, transparent) right / 1rem 100% scroll; background-repeat: no-repeat }
svg { display: block; width: var(--drawn); height: auto; max-width: 100%; min-width: calc(var(--drawn) * .72) }
table { border-collapse: collapse; margin: 1.5rem 0 }
td { font-variant-numeric: tabular-nums }
th, td { padding: .15rem .7rem; text-align: right; white-space: nowrap; border-bottom: 1px solid #8884 }
th:first-child, td:first-child { text-align: left }
summary { cursor: pointer }
""".strip()


def html(page: Page) -> str:
    """The whole page, in the order of its sections."""
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(page.title)}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{STYLE}</style></head><body>",
        f"<h1>{escape(page.title)}</h1>",
        *(piece for section in page.sections for piece in _section(section)),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _section(section: Section) -> Iterator[str]:
    if section.heading:
        yield f"<h2>{escape(section.heading)}</h2>"
    for part in section.parts:
        yield from _part(part)


def _part(part: Part) -> Iterator[str]:
    if isinstance(part, Sheet):
        yield _table(part)
    elif isinstance(part, Lines):
        yield "<ul>"
        yield from (f"<li>{escape(line)}</li>" for line in part.lines)
        yield "</ul>"
    elif isinstance(part, Missing):
        yield f'<figure class="missing"><figcaption><h3>{escape(part.heading)}</h3></figcaption>'
        yield f"<p>Not drawn: {escape(part.why)}.</p></figure>"
    else:
        yield from _figure(part)


def _figure(plot: Plot) -> Iterator[str]:
    yield f'<figure id="{plot.key}"><figcaption><h3>{escape(plot.heading)}</h3>'
    yield f"<p>{escape(plot.reading)}</p></figcaption>"
    wide = f"--drawn: {REM_PER_INCH * plot.size[0]:.1f}rem"
    yield f'<div class="wide" tabindex="0" style="{wide}">{svg(plot)}</div>'
    yield f"<details><summary>The numbers</summary>{_table(plot.sheet())}</details></figure>"


def _table(sheet: Sheet) -> str:
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in sheet.head)
    body = "".join(_lines(sheet))
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>'


def _lines(sheet: Sheet) -> Iterator[str]:
    for row in sheet.rows:
        yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n"
