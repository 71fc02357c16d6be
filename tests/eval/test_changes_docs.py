"""The commands that the documentation names about changes and onboarding do what it says, one after the other."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import gateway.cli
from eval.cli import app as eval_app

PAGE = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
MODELS = {"small": "Yi-34B", "large": "Meta-Llama-3-70B", "third": "Qwen1.5-110B"}


def commands(title):
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return [line for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL) for line in block.splitlines()]


CHANGES, ONBOARDING = commands("Regressions, and what to ask again"), commands("Onboarding")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files that the commands name, and routers trained on them."""
    folder, chance = tmp_path_factory.mktemp("changes"), np.random.default_rng(0)
    ids, kinds = [f"q{n}" for n in range(150)], ("law", "math", "history")
    level = chance.normal(0, 1, 150)

    def write(name, rows):
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))

    def outcomes(name, models):
        rows = [
            {"query_id": one, "model": model, "score": float(chance.normal(0.3 * k, 0.5) > level[n])}
            for k, model in enumerate(models)
            for n, one in enumerate(ids)
            if name != "before.jsonl" or model == "large" or n < 90
        ]
        write(name, rows)

    texts = [f"Explain {kinds[n % 3]} number {n}" for n in range(150)]
    split = ["dev" if n % 3 == 0 else "train" for n in range(150)]
    write(
        "questions.jsonl",
        [
            {"query_id": one, "text": texts[n], "category": kinds[n % 3], "source": "own", "split": split[n]}
            for n, one in enumerate(ids)
        ],
    )
    outcomes("before.jsonl", ("small", "large", "third"))
    outcomes("after.jsonl", ("small", "large", "large-v2"))
    outcomes("outcomes.jsonl", tuple(MODELS.values()))
    prices = {name: {"input_per_mtok": 1, "output_per_mtok": 2 + k} for k, name in enumerate(MODELS.values())}
    (folder / "models.json").write_text(json.dumps(prices))
    expert = {"provider": "openai", "base_url": "http://localhost/v1"}
    experts = [{"name": name, "model": name, **expert} for name in MODELS.values()]
    cheap = {"cheap": {"thrift": 0.9}}
    (folder / "experts.yaml").write_text(json.dumps({"version": 1, "experts": experts, "policies": cheap}))
    tables = ("--questions", str(folder / "questions.jsonl"), "--outcomes", str(folder / "outcomes.jsonl"))
    told = ["train", "category", *tables, "--out", str(folder / "my-routers")]
    assert CliRunner().invoke(gateway.cli.app, told, catch_exceptions=False).exit_code == 0
    return folder


def run(line):
    words = shlex.split(line.replace(".parquet", ".jsonl"))
    assert words[:2] == ["coterie", "eval"]
    return CliRunner().invoke(eval_app, words[2:], catch_exceptions=False)


def test_the_commands_about_changes_run_in_their_order(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert len(CHANGES) == 9
    for line in CHANGES:
        done = run(line)
        assert done.exit_code == ("--fail-on" in line and "worse" in json_verdicts(folder)), f"{line}: {done.output}"
        assert "of the groups, seed 0" in done.stdout or "Collect with: coterie eval collect" in done.stdout
    assert (folder / "changes.html").read_text().startswith("<!doctype html>")


def json_verdicts(folder):
    return {row["verdict"] for row in json.loads((folder / "changes.json").read_text())["rows"]}


def test_the_commands_about_onboarding_run(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert len(ONBOARDING) == 2
    for line in ONBOARDING:
        done = run(line)
        assert done.exit_code == 0 and "3 experts, each left out in turn, on 150 questions" in done.stdout, done.output
    page = run(f"{ONBOARDING[1]} --html onboard.html")
    assert page.exit_code == 0 and "<svg" in (folder / "onboard.html").read_text()
