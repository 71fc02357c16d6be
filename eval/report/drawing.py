"""A plot as SVG that follows the reader's light or dark page, or as PNG on white.

matplotlib comes with the extra `eval` and is imported when a picture is drawn.
"""

from __future__ import annotations

import io
import re
import warnings
from html import escape
from pathlib import Path
from typing import Any

from eval.publishing import write
from eval.report.ink import INK, NIGHT, PAPER
from eval.report.parts import Plot
from routers.errors import TableError

FORMATS = (".svg", ".png")
DOTS_PER_INCH = 150
TIP = "tip:"
"""What begins the gid of an artist that says something when it is pointed at."""
DARK_RULES = f"""[style*="fill: {INK}"] {{ fill: {NIGHT} !important }}
[style*="stroke: {INK}"] {{ stroke: {NIGHT} !important }}"""
DARK = f"<style>@media (prefers-color-scheme: dark) {{\n{DARK_RULES}\n}}</style>"
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "coterie",
    "text.parse_math": False,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": "medium",
    "font.size": 10,
    "legend.frameon": False,
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
}
"""A name is not a formula, whatever it is made of."""


def check_drawing(path: Path | None = None) -> None:
    """TableError, in one line, where a picture could not be drawn: said before long work."""
    if path is not None and path.suffix not in FORMATS:
        raise TableError(f"{path} is none of {', '.join(FORMATS)}")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise TableError("a plot needs matplotlib: pip install 'coterie[eval]'") from None


def write_drawing(plot: Plot, path: Path) -> None:
    """By the name's end; TableError, in one line, where that cannot be."""
    check_drawing(path)
    write(path, svg(plot).encode() if path.suffix == ".svg" else png(plot))


def png(plot: Plot) -> bytes:
    """On white."""
    return _drawn(plot, "png")


def svg(plot: Plot) -> str:
    """One <svg> element without a background, told in words; its ids begin with the plot's key."""
    text = _drawn(plot, "svg").decode()
    own = re.sub(r"<[^>]*>", lambda tag: _own(tag.group(0), plot.key), text[text.index("<svg") :])
    words = {f"{plot.key}-title": ("title", plot.heading), f"{plot.key}-desc": ("desc", plot.said)}
    told = "".join(f'<{tag} id="{key}">{escape(said)}</{tag}>' for key, (tag, said) in words.items())
    opened = f'<svg role="img" aria-labelledby="{" ".join(words)}"'
    return re.sub(r"<svg([^>]*>)", lambda found: f"{opened}{found.group(1)}{told}{DARK}", own, count=1)


def _own(tag: str, key: str) -> str:
    """One tag, its ids and what refers to them made the plot's own: several plots share a page."""
    if tag.startswith(f'<g id="{TIP}'):
        return f"<g><title>{tag[len(TIP) + 7 : -2]}</title>"
    tag = re.sub(r'\bid="', f'id="{key}-', tag)
    return re.sub(r'(url\(|href=")#', rf"\1#{key}-", tag)


def _drawn(plot: Plot, form: str) -> bytes:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # the reader's own fonts draw an SVG's text
        figure = Figure(figsize=plot.size, layout="constrained")
        plot.draw(figure)
        written = io.BytesIO()
        paper = "none" if form == "svg" else PAPER
        metadata = dict.fromkeys(("Date", "Creator", "Format", "Type")) if form == "svg" else None
        figure.savefig(written, format=form, facecolor=paper, dpi=DOTS_PER_INCH, metadata=metadata)
    return written.getvalue()
