"""The page and its drawings, on plots of our own: nothing leaves it, nothing is lost in it, names stay names."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import ClassVar

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.bench.tables import Sheet
from eval.report.drawing import check_drawing, png, svg, write_drawing
from eval.report.ink import INK, LONGEST, NIGHT, short
from eval.report.labels import Label, label_points
from eval.report.page import html
from eval.report.parts import Lines, Missing, Page, Section, figures_json
from eval.report.plots.intervals import Difference, Intervals
from routers.errors import TableError

STRANGE = (
    "<script>alert('x')</script>",
    'a"b & id="q',
    "$x$ and $\\frac",
    "_hidden",
    "a/" + "very-long-" * 8 + "v2",
    "名前\x07",
)
VOID = {"meta", "br"}


@dataclass(frozen=True, slots=True)
class Own(Intervals):
    key: ClassVar[str] = "own"
    heading: ClassVar[str] = "Own & others"
    reading: ClassVar[str] = "Right is better."


@dataclass(frozen=True, slots=True)
class Other(Intervals):
    key: ClassVar[str] = "other"
    heading: ClassVar[str] = "Others"
    reading: ClassVar[str] = "Left is worse."


def rows(*names):
    return tuple(Difference(name, 10 + k, 0.1 - 0.05 * k, (-0.05 * k, 0.2)) for k, name in enumerate(names))


def page(*parts):
    return html(Page("A <b>title</b>", (Section("Part & part", parts),)))


class Balanced(HTMLParser):
    """Every element is closed in its order, and no id is there twice."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_a_page_is_whole_and_asks_for_nothing():
    written = page(
        Sheet(("", "n"), [("one", "2")]), Lines(("Said < so.",)), Own("me", rows("a", "b")), Other("you", rows("a"))
    )
    read = Balanced(written)
    assert read.open == [] and len(set(read.ids)) == len(read.ids)
    assert not any(" " in found for found in read.ids)
    assert "http" not in written.replace("http://www.w3.org/", "") and not read.tags & {"script", "link", "img", "b"}
    assert "<td>2</td>" in written and "<li>Said &lt; so.</li>" in written and "Part &amp; part" in written


def test_a_plot_says_how_it_is_read_what_it_shows_and_its_numbers():
    written = page(Own("me", rows("alpha", "beta")))
    assert "<h3>Own &amp; others</h3>" in written and "<p>Right is better.</p>" in written
    assert 'role="img" aria-labelledby="own-title own-desc"' in written
    assert '<desc id="own-desc">me: 2 of 2 within noise.</desc>' in written
    assert "<details>" in written and "<td>+0.100</td><td>[+0.000, +0.200]</td>" in written


def test_a_plot_that_is_not_there_says_why():
    assert "Not drawn: costs are unknown." in page(Missing("frontier", "Frontier", "costs are unknown"))


def test_what_is_plotted_is_in_the_json_by_key():
    found = orjson.loads(orjson.dumps(figures_json([Own("me", rows("a")), Missing("gone", "Gone", "nobody came")])))
    assert found["own"]["rows"] == [{"name": "a", "n": 10, "value": 0.1, "interval": [0.0, 0.2]}]
    assert found["gone"] == {"missing": "nobody came"}


def test_names_stay_names_whatever_they_are_made_of():
    written = page(Own("me", rows(*STRANGE)), Sheet(("",), [(name,) for name in STRANGE]))
    read = Balanced(written)
    assert read.open == [] and "script" not in read.tags
    drawn = "".join(ET.fromstring(svg(Own("me", rows(*STRANGE)))).itertext())
    assert all(short(name) in drawn for name in STRANGE)


def test_a_drawing_turns_its_ink_where_the_page_is_dark_and_is_always_the_same():
    drawn = svg(Own("me", rows("a")))
    assert drawn == svg(Own("me", rows("a"))) and ET.fromstring(drawn).tag.endswith("svg")
    assert f"fill: {INK}" in drawn and NIGHT in drawn and "prefers-color-scheme: dark" in drawn
    assert "#ffffff" not in drawn
    assert png(Own("me", rows("a"))).startswith(b"\x89PNG")


def test_the_ids_of_a_drawing_are_its_own_and_found_by_what_refers_to_them():
    drawn = svg(Own("me", rows("a")))
    ids, wanted = set(re.findall(r'\bid="([^"]*)"', drawn)), set(re.findall(r'(?:url\(|href=")#([^")]*)', drawn))
    assert all(found.startswith("own-") for found in ids) and wanted and wanted <= ids


def test_a_drawing_that_cannot_be_written_is_one_line(tmp_path):
    with pytest.raises(TableError, match=r"plot.pdf is none of .svg, .png"):
        check_drawing(tmp_path / "plot.pdf")
    with pytest.raises(TableError, match="cannot be written"):
        write_drawing(Own("me", rows("a")), tmp_path / "no" / "plot.svg")


def test_a_page_is_refused_in_one_line_where_matplotlib_is_missing():
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from eval.cli.page import check_page\nfrom pathlib import Path\n"
        "check_page(None)\n"
        "try: check_page(Path('page.html'))\nexcept Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "TableError a plot needs matplotlib: pip install 'coterie[eval]'\n"


def test_the_seam_imports_no_matplotlib_until_something_is_drawn():
    code = (
        "import sys, eval.report.page, eval.report.plots.frontier, eval.routing.figures.every, eval.compose.figures\n"
        "print([name for name in sys.modules if name.startswith('matplotlib')])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@given(st.text(max_size=60))
def test_a_short_name_fits_can_be_printed_and_keeps_its_ends(name):
    found = short(name)
    assert len(found) <= LONGEST and found.isprintable()
    if len(name) <= LONGEST and name.isprintable():
        assert found == name


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20))
def test_labels_lie_upon_no_label_and_in_the_frame_and_none_is_lost(points):
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    figure = Figure(figsize=(6, 4))
    axes = figure.add_subplot()
    axes.set_xlim(-0.1, 1.1)
    axes.set_ylim(-0.1, 1.1)
    labels = [Label(f"expert-{k}", x, y) for k, (x, y) in enumerate(points)]
    unplaced = label_points(axes, labels, np.zeros((0, 2)))
    figure.draw_without_rendering()
    boxes = [Text.get_window_extent(text) for text in axes.texts]  # without the line to the point
    assert len(boxes) + len(unplaced) == len(labels)
    assert all(a is b or not a.padded(-1).overlaps(b.padded(-1)) for a in boxes for b in boxes)
    assert {text.get_text() for text in axes.texts} | {label.text for label in unplaced} == {one.text for one in labels}
