"""The page of `coterie eval gate`: gates between never and always, and whether their chances come true."""

from __future__ import annotations

import pytest

from eval.gate.figures import figures_of
from eval.gate.page import page_of
from eval.gate.run import Settings, evaluate
from eval.report.page import html
from routers.gating.rarity import load_rarity
from tests.routers.gating import known_world


@pytest.fixture(scope="module")
def found():
    return evaluate(known_world(50, signal=0.9), None, load_rarity(), Settings((0.5, 1.0), 200), lambda line: None)


def test_look_ups_are_the_rows_of_the_json(found):
    lookups, _ = figures_of(found)
    told = {(one.name, one.budget): one for one in (*lookups.gates, lookups.never, lookups.always, lookups.oracle)}
    assert len(told) == len(found.rows)
    for row in found.rows:
        look = told[row.name, row.budget]
        assert (look.looked_up, look.accuracy, look.interval) == (
            row.retrieved_share,
            row.accuracy,
            row.accuracy_interval,
        )


def test_the_reliability_of_each_arm_has_the_error_of_the_report(found):
    _, calibration = figures_of(found)
    errors = {one.name: one.ece for one in calibration.routers}
    assert errors["gate, without"] == pytest.approx(found.calibration["gate"].ece_without)
    assert errors["gate, with documents"] == pytest.approx(found.calibration["gate"].ece_documented)
    assert len(errors) == 4


def test_the_page_holds_both_plots(found):
    written = html(page_of(found, figures_of(found)))
    assert written.count("<svg") == 2 and "Accuracy against look-ups" in written
    assert "The retrieval gate on 50 pairs" in written
