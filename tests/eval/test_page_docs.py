"""The command that the documentation names for a page does what it says."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import orjson

from tests.conftest import coterie
from tests.eval.test_newcomer import rows_of

DOCS = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
SECTION = DOCS.split("## The page")[1].split("\n## ")[0]


def test_the_command_of_the_documentation_writes_a_page_with_the_plots_it_lists(tmp_path):
    [line] = re.findall(r"```sh\n(.*?)\n```", SECTION, re.DOTALL)
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows_of(60)))
    done = coterie(tmp_path, *shlex.split(line)[1:])
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "routing.html").read_text(encoding="utf-8")
    headings = {
        "accuracy against cost": "Accuracy against cost",
        "what the thrift knob buys": "What the thrift knob buys",
        "gain by category": "Gain on the best single expert by category",
        "who gets asked": "Who gets asked",
        "calibration": "Calibration",
        "risk against coverage": "Risk against coverage",
        "confusion of categories": "Confusion of categories",
        "abilities, difficulty": "Accuracy of experts by difficulty",
    }
    for told, heading in headings.items():
        assert f"| {told} |" in SECTION and f"<h3>{heading}</h3>" in page
    assert len(orjson.loads((tmp_path / "routing.json").read_bytes())["figures"]) == 9
    assert len(page) < 3_000_000
