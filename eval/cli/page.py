"""The option of every evaluation that writes a page. What it needs is imported when a page is wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Html = Annotated[Path | None, typer.Option("--html", help="write what was found here as one page with its plots")]


def check_page(html: Path | None) -> None:
    """TableError, in one line, where a page is wanted and its plots could not be drawn: said before long work."""
    if html is not None:
        from eval.report.drawing import check_drawing

        check_drawing()
