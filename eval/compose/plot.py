"""The frontier as a picture: accuracy against cost, or calls, of every strategy over its knob. Computes no figure.

matplotlib comes with the extra `eval` and is imported when a picture is drawn.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eval.compose.baselines import HINDSIGHT, VOTERS, vote_name
from eval.compose.report import told
from eval.compose.rows import Row
from eval.compose.run import Evaluation
from eval.compose.settings import KNOBS
from routers.errors import TableError
from routers.hull import hull

INK, PAPER = "#1f2328", "#ffffff"
NIGHT = "#d1d7e0"
"""What ink turns into where a page is dark."""
COLOURS = ("#0969da", "#1a7f37", "#bc4c00", "#8250df", "#0f8b8d", "#bf3989")
"""One a strategy, in the order of KNOBS: legible on white and on black."""
GREY = "#818b98"
SIZE = (8.0, 5.2)
HULL_POINTS = 500
SINGLES = (HINDSIGHT, "best single")
FORMATS = (".svg", ".png")
DARK = f"""<style>@media (prefers-color-scheme: dark) {{
[style*="fill: {INK}"] {{ fill: {NIGHT} !important }}
[style*="stroke: {INK}"] {{ stroke: {NIGHT} !important }}
}}</style>"""


def write_plot(evaluation: Evaluation, path: Path) -> None:
    """An SVG that follows the reader's light or dark page, or a PNG on white; TableError where that cannot be."""
    check_plot(path)
    written = svg(evaluation).encode() if path.suffix == ".svg" else _drawn(evaluation, "png")
    try:
        path.write_bytes(written)
    except OSError as error:
        raise TableError(f"{path} cannot be written ({error.strerror})") from None


def check_plot(path: Path | None) -> None:
    """TableError, in one line, where a picture could not be drawn: said before long work."""
    if path is not None and path.suffix not in FORMATS:
        raise TableError(f"{path} is none of {', '.join(FORMATS)}")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise TableError("a plot needs matplotlib: pip install 'coterie[eval]'") from None


def svg(evaluation: Evaluation) -> str:
    """One <svg> element without a background."""
    text = _drawn(evaluation, "svg").decode()
    return re.sub(r"(<svg[^>]*>)", lambda found: found.group(1) + DARK, text[text.index("<svg") :], count=1)


def _drawn(evaluation: Evaluation, form: str) -> bytes:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    style: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "coterie", "axes.facecolor": "none"}
    inked = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")
    with rc_context(style | dict.fromkeys(inked, INK)):
        figure = Figure(figsize=SIZE, layout="constrained")
        _draw(figure.add_subplot(), evaluation.rows, priced=evaluation.trial.costs is not None)
        figure.legend(loc="outside lower center", ncols=4, frameon=False)
        written = io.BytesIO()
        paper = "none" if form == "svg" else PAPER
        metadata = dict.fromkeys(("Date", "Creator", "Format", "Type")) if form == "svg" else None
        figure.savefig(written, format=form, facecolor=paper, dpi=150, metadata=metadata)
    return written.getvalue()


def _draw(axes: Any, rows: Sequence[Row], priced: bool) -> None:
    from matplotlib.ticker import LogLocator, NullLocator

    for name, colour in zip(KNOBS, COLOURS, strict=True):
        _sweep(axes, [row for row in rows if row.name == name], name, colour)
    _hull(axes, [row for row in rows if row.frontier])
    votes = [row for row in rows if row.name in {vote_name(k, weighted=True) for k in VOTERS}]
    _line(axes, votes, color=GREY, marker="s", markersize=4, linewidth=1, label="2…7 best by accuracy, weighted vote")
    for (cost, accuracy), name in {(row.cost, row.accuracy): row.name for row in rows if row.name in SINGLES}.items():
        axes.plot(cost, accuracy, color=INK, marker="*", markersize=12, linestyle="none")
        axes.annotate(name, (cost, accuracy), (8, -10), textcoords="offset points", color=INK)
    axes.set_xlabel("dollars per thousand questions" if priced else "calls per question")
    if priced and min(row.cost for row in rows) > 0:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_locator(NullLocator())
    axes.set_ylabel("accuracy")
    axes.grid(color=GREY, alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def _sweep(axes: Any, rows: Sequence[Row], name: str, colour: str) -> None:
    """Every setting a dot, what is reached for a cost a line, the default a ring with its standard error."""
    if not rows:
        return
    axes.plot([row.cost for row in rows], [row.accuracy for row in rows], ".", color=colour, alpha=0.35)
    _line(axes, _climbing(rows), color=colour, linewidth=1.6, label=name, drawstyle="steps-post")
    for row in rows:
        if row.default:
            ring = {"color": colour, "marker": "o", "markersize": 7, "markerfacecolor": "none", "capsize": 3}
            axes.errorbar(row.cost, row.accuracy, yerr=row.accuracy_se, **ring).lines[0].set_gid(f"{name}: {told(row)}")


def _climbing(rows: Sequence[Row]) -> list[Row]:
    """From the cheapest on, each that is more accurate than all before."""
    best: list[Row] = []
    for row in sorted(rows, key=lambda row: (row.cost, -row.accuracy)):
        if not best or row.accuracy > best[-1].accuracy:
            best.append(row)
    return best


def _hull(axes: Any, corners: Sequence[Row]) -> None:
    """What mixtures of settings reach: straight between corners in dollars, so bent where these are logarithmic."""
    if not corners:
        return
    found = hull(np.array([row.cost for row in corners]), np.array([row.accuracy for row in corners]))
    costs = np.linspace(found.costs[0], found.costs[-1], HULL_POINTS)
    axes.plot(costs, found.quality(costs), color=INK, linestyle=":", linewidth=1.2, label="convex hull")


def _line(axes: Any, rows: Sequence[Row], **style: Any) -> None:
    ordered = sorted(rows, key=lambda row: row.cost)
    if ordered:
        axes.plot([row.cost for row in ordered], [row.accuracy for row in ordered], **style)
