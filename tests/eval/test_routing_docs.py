"""The commands that the documentation of `coterie eval routing` names do what it says."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import coterie
from tests.eval.test_newcomer import rows_of

PAGE = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
SECTION = PAGE.split("## Routers on recorded outcomes")[1].split("\n## ")[0]
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL) for line in block.splitlines()]
EXPERTS = {"a": "Meta-Llama-3-70B", "b": "Yi-34B", "c": "Qwen1.5-110B"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files that the commands name, and routers trained on them."""
    folder = tmp_path_factory.mktemp("docs")
    rows = rows_of(60)
    (folder / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with (folder / "questions.jsonl").open("w") as questions, (folder / "outcomes.jsonl").open("w") as outcomes:
        for n, row in enumerate(rows):
            asked = {"query_id": f"q{n}", "text": row["text"], "category": row["category"], "source": "own"}
            questions.write(json.dumps({**asked, "split": "dev" if n % 3 == 0 else "train"}) + "\n")
            for name, score in row["scores"].items():
                outcomes.write(json.dumps({"query_id": f"q{n}", "model": EXPERTS[name], "score": score}) + "\n")
    prices = {name: {"input_per_mtok": 1, "output_per_mtok": 2} for name in EXPERTS.values()}
    (folder / "models.json").write_text(json.dumps(prices))
    tables = ("--questions", "questions.jsonl", "--outcomes", "outcomes.jsonl")
    trained = coterie(folder, "train", "category", *tables, "--out", "my-routers")
    assert trained.returncode == 0, trained.stderr
    return folder


def test_there_are_commands():
    assert len(COMMANDS) == 4 and all(line.startswith("coterie eval routing ") for line in COMMANDS)


@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_runs(line, folder):
    done = coterie(folder, *shlex.split(line.replace(".parquet", ".jsonl"))[1:])
    assert (done.returncode, done.stderr) == (0, "")
    assert "best single (hindsight)" in done.stdout and "query oracle" in done.stdout


def test_what_an_artifact_was_trained_on_does_not_judge_it(folder):
    tables = ("--questions", "questions.jsonl", "--outcomes", "outcomes.jsonl", "--artifact", "my-routers")
    report = json.loads(coterie(folder, "eval", "routing", *tables, "--json", "-").stdout)
    assert report["data"]["questions"] == 20
    assert "40 questions that the artifact was trained on (by the table's column `split`)" in report["data"]["left_out"]
    text = (folder / "questions.jsonl").read_text().replace("Explain", "What is")
    (folder / "others.jsonl").write_text(text)
    tables = ("--questions", "others.jsonl", "--outcomes", "outcomes.jsonl", "--artifact", "my-routers")
    report = json.loads(coterie(folder, "eval", "routing", *tables, "--json", "-").stdout)
    assert report["data"]["questions"] == 60


def test_a_line_as_documented_is_a_question():
    [line] = re.findall(r"```json\n(.*?)\n```", SECTION, re.DOTALL)
    assert json.loads(line)["scores"] == {"small": 0, "large": 1}
