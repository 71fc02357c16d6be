"""A window of lines shared out among experts: within the money there is, and by what each expert can do."""

from __future__ import annotations

from pathlib import Path

import orjson
from typer.testing import CliRunner

from gateway.cli import app
from tests.batches.build import jsonl, line
from tests.strategies.pool import pool_yaml
from tests.upstream import Upstream, says

LINES = jsonl(*(line(f"line {n}", f"Tell me of day {n}.", model="auto", max_tokens=100) for n in range(10)))


def ran(folder: Path, yaml: str, *options: str) -> dict[str, object]:
    """What `coterie batch --json` says of these ten lines."""
    (folder / "experts.yaml").write_text(yaml)
    (folder / "in.jsonl").write_bytes(LINES)
    words = ["batch", str(folder / "in.jsonl"), str(folder / "out.jsonl"), "--config", str(folder / "experts.yaml")]
    environment = {"COTERIE_DATABASE_URL": f"sqlite:///{folder / 'records.db'}"}
    said = CliRunner().invoke(app, [*words, "--json", *options], env=environment)
    assert said.exit_code == 0, said.output
    found: dict[str, object] = orjson.loads(said.stdout)
    return found


def test_where_money_is_short_some_lines_go_to_a_cheaper_expert_and_all_are_answered(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.behave |= {"good": says("good"), "cheap": says("cheap")}
    yaml = pool_yaml(upstream, good=0.9, cheap=0.5).replace(
        '"name":"cheap","model":"cheap","abilities":{"default":0.5},"price":{"input_per_mtok":1.0,"output_per_mtok":2.0}',
        '"name":"cheap","model":"cheap","abilities":{"default":0.5}',
    )
    found = ran(tmp_path, yaml, "--max-cost-usd", "0.0008")
    assert upstream.asked("good") > 0 < upstream.asked("cheap")
    assert isinstance(found["cost_usd"], float) and found["cost_usd"] <= 0.0008


def test_without_a_limit_every_line_goes_to_whoever_is_best(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave |= {"good": says("good"), "cheap": says("cheap")}
    ran(tmp_path, pool_yaml(upstream, good=0.9, cheap=0.5))
    assert (upstream.asked("good"), upstream.asked("cheap")) == (10, 0)


def test_balanced_experts_have_a_part_of_the_lines_each(upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave |= {"good": says("good"), "even": says("even")}
    ran(tmp_path, pool_yaml(upstream, {"balance": 0.05}, good=0.6, even=0.58))
    assert min(upstream.asked("good"), upstream.asked("even")) >= 3
