"""The commands that the documentation names about the gateway's own logs do what it says, one after the other."""

from __future__ import annotations

import random
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

import gateway.cli
from eval.cli import app as eval_app
from tests.eval.record import EXPERTS, write_record

PAGE = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
NAMES = {"first": "dear", "second": "small", "third": "large"}


def commands(title: str) -> list[str]:
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return [line for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL) for line in block.splitlines()]


COMMANDS = commands("The gateway's own logs") + commands("Trying a change, promoting it, taking it back")


def judged(number: int, expert: str) -> float:
    return float(random.Random(f"{number} {expert}").random() < {"first": 0.3}.get(expert, 0.8))


def renamed(text: str) -> str:
    for old, new in NAMES.items():
        text = text.replace(old, new)
    return text


def test_the_commands_run_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    experts = renamed(EXPERTS)
    Path("experts.yaml").write_text(experts)
    url = write_record(tmp_path / "records.db", 500, judged, texts=[f"What is {n} plus 2?" for n in range(500)])
    write_names(url)
    app = gateway.cli.app
    if not any(group.name == "eval" for group in app.registered_groups):
        app.add_typer(eval_app, name="eval")
    assert len(COMMANDS) == 10
    for line in COMMANDS:
        words = shlex.split(line, comments=True)[1:]
        if "--since" in words:
            words[words.index("--since") + 1] = "2023-11-01"  # the record's own time
        done = CliRunner().invoke(app, words, env={"COTERIE_DATABASE_URL": url})
        assert done.exit_code == 0, (line, done.exception)
        assert done.stdout.strip(), line
        if "--promote" in words:
            assert "experts: [small, large]" in Path("experts.yaml").read_text()
    assert Path("experts.yaml").read_text() == experts
    assert Path("replay.json").exists() and Path("replay.html").exists()


def write_names(url: str) -> None:
    """The record of the other tests, its experts called as in the documentation."""
    import sqlite3

    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        for column in ("served", "estimates", "plan"):
            for old, new in NAMES.items():
                connection.execute(f"UPDATE records SET {column} = replace({column}, ?, ?)", (old, new))
    connection.close()
