"""`coterie map`: the frontier it prints, the map it chooses, and what it says where it cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.errors import ConfigError
from routers.errors import TableError

ABLE = {"lawyer": {"law": 9, "math": 2}, "counter": {"law": 1, "math": 8}, "small": {"law": 5, "math": 5}}
"""Of ten questions in each category, how many an expert gets right."""
SIZES = {"lawyer": 20, "counter": 40, "small": 4, "secret": None}


def tables(folder: Path, sizes: dict[str, Any] | None = None) -> list[str]:
    """The options that name 200 train and 100 dev questions of two categories, their outcomes, and the sizes."""
    questions, outcomes = [], []
    for n in range(300):
        category, split = ("law", "math")[n % 2], "dev" if n % 3 == 0 else "train"
        questions.append({"query_id": str(n), "text": f"question {n}", "category": category, "split": split})
        for expert, right in ABLE.items():
            outcomes.append({"query_id": str(n), "model": expert, "score": float(n // 6 % 10 < right[category])})
        outcomes.append({"query_id": str(n), "model": "secret", "score": 1.0})
    for name, rows in (("questions", questions), ("outcomes", outcomes)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    listed = {name: {"active_params_b": size, "price": 1} for name, size in SIZES.items()} if sizes is None else sizes
    (folder / "models.json").write_text(json.dumps(listed))
    paths = ("--questions", "questions.jsonl"), ("--outcomes", "outcomes.jsonl"), ("--models", "models.json")
    return ["map", *(part for option, file in paths for part in (option, str(folder / file)))]


def said(*arguments: str) -> str:
    found = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout


def told(*arguments: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(said(*arguments, "--json"))
    return read


def test_each_category_goes_to_who_is_good_at_it(tmp_path: Path) -> None:
    assert told(*tables(tmp_path))["chosen"]["map"] == {"law": "lawyer", "math": "counter"}


def test_the_frontier_rises_with_the_active_parameters_and_is_verified_on_dev(tmp_path: Path) -> None:
    points = told(*tables(tmp_path))["frontier"]
    assert [point["active_b"] for point in points] == pytest.approx([4, 12, 30], abs=0.1)
    assert points[0]["experts"] == ["small"] and points[0]["held_out"] == pytest.approx(0.5, abs=0.05)
    assert points[-1]["held_out"] == pytest.approx(0.85, abs=0.05)
    assert [point["expected"] for point in points] == sorted(point["expected"] for point in points)
    assert all(0.02 < point["held_out_error"] < 0.06 for point in points)


def test_budgets_are_kept(tmp_path: Path) -> None:
    given = tables(tmp_path)
    light = told(*given, "--active-b", "15")
    assert light["chosen"]["map"] == {"law": "lawyer", "math": "small"}
    assert light["frontier"][-1]["active_b"] == pytest.approx(30, abs=0.1)
    held = told(*given, "--total-b", "59", "--apart", "0")
    assert held["chosen"]["map"] == {"law": "lawyer", "math": "small"}
    assert [point["total_b"] for point in held["frontier"]] == [4, 24]


def test_total_parameters_count_where_they_are_given_and_are_said_to_be_missing_where_not(tmp_path: Path) -> None:
    sizes = {name: {"active_params_b": size} for name, size in SIZES.items()}
    sizes["lawyer"]["total_params_b"] = 300
    report = told(*tables(tmp_path, sizes))
    assert report["chosen"]["total_b"] == 340
    assert any(note.endswith("active ones counted instead: counter, small") for note in report["notes"])


def test_a_model_of_unknown_size_is_left_out_and_named(tmp_path: Path) -> None:
    report = told(*tables(tmp_path))
    assert "secret" not in str(report["frontier"])
    assert "left out, as their parameters are not known: secret" in report["notes"]


def test_the_table_names_everything_a_reader_needs(tmp_path: Path) -> None:
    printed = said(*tables(tmp_path), "--experts", "lawyer, small")
    assert "experts: 1 lawyer, 2 small" in printed
    assert "  math: small" in printed
    assert "best single" in printed and "±" in printed and "counter" not in printed


def test_a_budget_too_small_is_one_line_with_the_smallest_that_fits(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        said(*tables(tmp_path), "--active-b", "3")
    words = "no map fits active 3: the smallest average active that fits is 4 (billions of parameters)"
    assert str(refused.value) == words


def test_experts_that_never_answered_the_same_question_cannot_be_compared(tmp_path: Path) -> None:
    given = tables(tmp_path)
    lines = (tmp_path / "outcomes.jsonl").read_text().splitlines()
    apart = [line for line in lines if ("lawyer" in line) == (int(json.loads(line)["query_id"]) < 150)]
    (tmp_path / "outcomes.jsonl").write_text("\n".join(apart))
    with pytest.raises(TableError, match="0 train and 0 dev questions .* all 3 experts; name some with --experts"):
        said(*given)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "models.json:"),
        ('{"small": {"active_params_b": -1}}', r"small\.active_params_b Input should be greater than 0"),
        ('{"small": {}}', "gives active_params_b of none of counter"),
    ],
)
def test_sizes_that_cannot_be_used_are_refused_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    given = tables(tmp_path)
    (tmp_path / "models.json").write_text(text)
    with pytest.raises(ConfigError, match=words) as refused:
        said(*given)
    assert "\n" not in str(refused.value)


def test_a_missing_file_of_sizes_is_named(tmp_path: Path) -> None:
    given = tables(tmp_path)
    (tmp_path / "models.json").unlink()
    with pytest.raises(ConfigError, match="models.json cannot be read: No such file"):
        said(*given)
