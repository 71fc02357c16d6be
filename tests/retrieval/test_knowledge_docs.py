"""The commands of docs/knowledge.md about a store do what stands there, one after the other."""

import re
import shlex
from pathlib import Path

from typer.testing import CliRunner

from gateway.cli import app

DOCS = (Path(__file__).parents[2] / "docs" / "knowledge.md").read_text()
OURS = ("add", "list", "search", "remove")


def test_the_commands_about_a_store_run_in_their_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "handbook/leave.md": "# Leave\n\nThere are 30 days of leave in a year.\n",
        "handbook/old.md": "# Old\n\nWhat nobody needs any more.\n",
        "faq.jsonl": '{"text": "The canteen opens at noon."}\n',
        "contracts/rent.txt": "The notice period is three months.\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    lines = [line for block in re.findall(r"```sh\n(.*?)```", DOCS, re.DOTALL) for line in block.splitlines()]
    words = [shlex.split(line, comments=True) for line in lines]
    said = ""
    for command in [one for one in words if one[:2] == ["coterie", "knowledge"] and one[2] in OURS]:
        done = CliRunner().invoke(app, command[1:])
        assert done.exit_code == 0, (command, done.stderr, done.exception)
        assert done.stdout.strip(), command
        said += done.stdout
    for expected in ("3 added", "30 days of leave", "three months", "handbook/old.md: 1 document removed"):
        assert expected in said
