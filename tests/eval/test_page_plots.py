"""Every plot: what it draws is what it was given, also where there is little or much of it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from eval.report.drawing import svg
from eval.report.ink import distinct, short
from eval.report.plots.abilities import Abilities, Ability
from eval.report.plots.asked import Asked, Shares
from eval.report.plots.calibration import Bin, Calibration, Reliability
from eval.report.plots.calls import Band, Calls, Effort
from eval.report.plots.confusion import Confusion
from eval.report.plots.difficulty import Difficulty, Faring
from eval.report.plots.frontier import CROWDED, Frontier
from eval.report.plots.gain import Gain
from eval.report.plots.intervals import Difference
from eval.report.plots.lookups import Look, Lookups
from eval.report.plots.points import Point, Series, Single, climbing
from eval.report.plots.risk import Curve, Risk
from eval.report.plots.settings import At, Settings

CLIMB = (Point(0.1, 0.5, (0.4, 0.6), "thrift 0.5"), Point(1.0, 0.7, (0.6, 0.8), "thrift 0", default=True))
FRONTIER = Frontier(
    "dollars per thousand questions",
    (Series("blend", CLIMB), Series("kNN", CLIMB, minor=True)),
    (Single("small", 0.1, 0.45), Single("large", 1.0, 0.65)),
    hull=((0.1, 0.5), (1.0, 0.7)),
    zero=((0.1, 0.45), (1.0, 0.65)),
)
GAIN = Gain("blend", (Difference("law", 40, 0.125, (0.05, 0.2)), Difference("math", 60, -0.02, (-0.1, 0.06))))
BINS = (Bin(0.2, 0.3, 7, 0.25, 0.5, (0.3, 0.7)), Bin(0.8, 0.9, 1234, 0.85, 0.8, None))
CALIBRATION = Calibration(tuple(Reliability(name, 0.042, BINS) for name in ("blend", "irt", "linear", "category")))
ASKED = Asked(
    ("constant", "blend", "blend, thrift 0.3"),
    (Shares("large", (0.9, 0.6, 0.1), best=True), Shares("small", (0.1, 0.4, 0.9))),
)
CONFUSION = Confusion(("law", "math"), ("law", "math", "coding"), (10, 20), ((0.9, 0.1, 0.0), (0.0, 0.85, 0.15)))
ABILITIES = Abilities("irt", (-1.0, 0.0, 1.0), (30, 10), (Ability("large", 0.5, (0.4, 0.6), 0.7),))
DIFFICULTY = Difficulty((0.0, 0.5, 1.0), (Faring("large", 0.61, (1.0, 0.42, None), (5, 6, 0)),))
RISK = Risk((Curve("blend", 0.2, (0.25, 0.5, 1.0), (0.1, 0.15, 0.3)),))
SETTINGS = Settings("blend", 0.3, 0.6, (At(0.0, 0.7, (0.6, 0.8), 2.0), At(1.0, 0.5, None, 0.1)))
CALLS = Calls((Band(0.0, 12), Band(1.0, 34)), (Effort("single", (1.0, 1.0), ((1.0, 1.0), None), (1.0, 0.2)),))
LOOKUPS = Lookups(
    (Look("gate", 0.5, 0.4, 0.62, (0.5, 0.7)),),
    Look("never", None, 0.0, 0.6, None),
    Look("always", None, 1.0, 0.58, None),
    Look("oracle", None, 0.2, 0.75, None),
)
ALL = (FRONTIER, GAIN, CALIBRATION, ASKED, CONFUSION, ABILITIES, DIFFICULTY, RISK, SETTINGS, CALLS, LOOKUPS)


def words(plot) -> list[str]:
    """The texts that are seen, but for title and description."""
    root = ET.fromstring(svg(plot))
    return ["".join(found.itertext()) for found in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("plot", ALL, ids=lambda plot: plot.key)
def test_every_plot_is_drawn_and_told_in_words_and_numbers(plot):
    assert len(words(plot)) > 3
    assert plot.said.endswith(".") and plot.reading.endswith(".") and "nan" not in plot.said
    sheet = plot.sheet()
    assert sheet.rows and all(len(row) == len(sheet.head) for row in sheet.rows)


def test_keys_of_plots_are_not_shared():
    assert len({plot.key for plot in ALL}) == len(ALL)


def test_a_frontier_names_its_stars_and_lines_and_says_figures_where_it_is_pointed_at():
    seen, drawn = words(FRONTIER), svg(FRONTIER)
    assert {"small", "large", "blend", "kNN", "zero router", "convex hull", FRONTIER.axis} <= set(seen)
    assert "<title>large: 0.650 at 1</title>" in drawn and "<title>blend, thrift 0: 0.700 at 1</title>" in drawn
    assert FRONTIER.said == (
        "Accuracy against dollars per thousand questions. By default: blend 0.700 at 1, the most accurate star, large, "
        "0.650 at 1."
    )


def test_thirty_stars_are_named_or_counted():
    singles = tuple(Single(f"expert-with-a-name-{k}", 0.1 + 0.001 * k, 0.5 + 0.001 * (k % 7)) for k in range(30))
    seen = words(replace(FRONTIER, singles=singles))
    named = set(distinct([one.name for one in singles], CROWDED)) & set(seen)
    [note] = [text for text in seen if "no room for a name" in text]
    assert int(note.split()[0]) == 30 - len(named) and len(named) > 3


def test_stars_at_one_place_share_a_label():
    singles = (Single("one", 0.5, 0.6), Single("two", 0.5, 0.6))
    assert "one, two" in words(replace(FRONTIER, singles=singles))


def test_costs_of_nothing_and_a_single_setting_are_drawn():
    free = Series("blend", (Point(0.0, 0.5, None, "", default=True),))
    assert words(replace(FRONTIER, series=(free,), singles=(Single("free", 0.0, 0.4),), hull=(), zero=((0.0, 0.4),)))


def test_a_line_climbs_from_the_cheapest():
    points = (Point(2, 0.6), Point(1, 0.5), Point(1, 0.4), Point(3, 0.55), Point(4, 0.7))
    assert [(at.cost, at.accuracy) for at in climbing(points)] == [(1, 0.5), (2, 0.6), (4, 0.7)]


def test_gains_stand_beside_their_categories_and_numbers():
    assert {"law  n=40", "math  n=60"} <= set(words(GAIN))
    assert GAIN.said == "blend: more than noise: law +0.125; 1 of 2 within noise."
    assert [list(row) for row in GAIN.sheet().rows] == [
        ["law", "40", "+0.125", "[+0.050, +0.200]"],
        ["math", "60", "-0.020", "[-0.100, +0.060]"],
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9])
def test_calibration_has_a_panel_for_each_router(count):
    plot = Calibration(tuple(Reliability(f"router {k}", 0.01 * k, BINS) for k in range(count)))
    seen = " ".join(words(plot))
    assert all(f"router {k}" in seen for k in range(count)) and seen.count("tallest bar 1,234") == count


def test_who_gets_asked_has_the_best_single_marked():
    assert {"★ large", "small", "blend, thrift 0.3"} <= set(words(ASKED))
    assert ASKED.said == "By blend, large is asked most, 60% of all questions."


def test_a_heat_map_says_what_is_in_its_cells():
    assert [text for text in words(CONFUSION) if text.isdigit()] == ["90", "10", "85", "15"]
    assert [text for text in words(DIFFICULTY) if text.isdigit()] == ["100", "42"]
    assert "large  0.61" in words(DIFFICULTY) and "law  n=10" in words(CONFUSION)


def test_risk_is_told_at_shares_that_were_reached():
    assert RISK.sheet().rows[0] == ("blend", "0.200", "10.0%", "15.0%", "30.0%", "30.0%")
    assert RISK.curves[0].at(1.1) is None


def test_long_names_are_cut_in_the_middle_of_every_plot_of_experts():
    long = "provider/" + "long-" * 20 + "v2"
    plots = (
        replace(ASKED, rows=(Shares(long, (0.9, 0.6, 0.1)),)),
        replace(ABILITIES, experts=(Ability(long, 0.5, (0.4, 0.6), 0.7),)),
        replace(DIFFICULTY, experts=(Faring(long, 0.6, (1.0, 0.4, 0.0), (5, 6, 1)),)),
        replace(FRONTIER, singles=(Single(long, 0.2, 0.5),)),
    )
    for plot in plots:
        assert any(short(long) in text for text in words(plot)) and not any(long in text for text in words(plot))
        assert long in str(plot.sheet().rows)


def test_twenty_nine_rows_stand_apart():
    plot = replace(
        ABILITIES, experts=tuple(Ability(f"expert {k}", -0.1 * k, (-0.1 * k - 0.1, 0.1), 0.5) for k in range(29))
    )
    heights = [float(found) for found in re.findall(r"translate\([\d.]+ ([\d.]+)\)[^>]*>expert \d+<", svg(plot))]
    if not heights:
        heights = [float(found) for found in re.findall(r' y="([\d.]+)"[^>]*>expert \d+<', svg(plot))]
    assert len(heights) == 29 and min(b - a for a, b in zip(heights, heights[1:], strict=False)) > 11
