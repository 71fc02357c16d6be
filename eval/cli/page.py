"""The option of every evaluation that writes a page. What it needs is imported when a page is wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eval.cli.options import writable

Html = Annotated[Path | None, typer.Option("--html", help="write what was found here as one page with its plots")]


def check_page(html: Path | None) -> None:
    """TableError, in one line, where a page is wanted and could not be drawn or written: said before long work."""
    if html is None:
        return
    from eval.report.drawing import check_drawing

    check_drawing()
    writable(html)
