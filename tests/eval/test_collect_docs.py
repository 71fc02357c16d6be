"""What docs/evaluation.md says of collecting: its commands run, its graders and columns are those there are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from eval.collect.choosing import BY_TYPE, GRADERS
from eval.collect.table import COLUMNS
from tests.conftest import coterie, experts_yaml
from tests.eval.collecting import ARITHMETIC, FREE, LETTERS, SOLVER, write_questions
from tests.upstream import Exchange, Upstream, says

PAGE = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
SECTION = PAGE.split("## Collecting outcomes from your own experts\n", 1)[1].split("\n## ", 1)[0]


def test_the_commands_run_in_their_order(tmp_path: Path, upstream: Upstream) -> None:
    async def large(x: Exchange) -> None:
        await (says("Verdict: A") if "Verdict" in x.body["messages"][0]["content"] else SOLVER)(x)

    upstream.behave |= {"small": SOLVER, "medium": says("42"), "large": large}
    (tmp_path / "experts.yaml").write_text(experts_yaml(upstream, "small", "medium", "large"))
    write_questions(tmp_path, [*ARITHMETIC, *LETTERS, *FREE])
    [block] = re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL)
    for line in block.splitlines():
        done = coterie(tmp_path, *shlex.split(line, comments=True)[1:])
        assert done.returncode == 0, (line, done.stderr)
    assert {path.suffix for path in tmp_path.glob("*.parquet")} == {".parquet"}
    assert len(list(tmp_path.glob("*.parquet"))) == 3


def test_the_table_of_graders_and_the_columns_are_those_there_are() -> None:
    for kind, grader in BY_TYPE.items():
        assert re.search(rf"^\| .*`{kind}`.* \| .*`{grader}`", SECTION, re.MULTILINE), kind
    for name in GRADERS[1:]:
        assert f"`{name}`" in SECTION, name
    for column in COLUMNS:
        assert f"`{column}`" in SECTION, column
