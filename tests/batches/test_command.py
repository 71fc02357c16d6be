"""`coterie batch`: a file in, a file out, and on again after whatever ended it."""

from __future__ import annotations

import asyncio
import os
import pty
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.errors import ConfigError, StartError
from tests.batches.build import RowsIn, asked, jsonl, line, parsed, replayed
from tests.conftest import COTERIE, coterie, coterie_environment, experts_yaml, until
from tests.upstream import Exchange, Upstream, completion


def folder_for(folder: Path, yaml: str, content: bytes) -> Path:
    (folder / "experts.yaml").write_text(yaml)
    (folder / "in.jsonl").write_bytes(content)
    return folder


def batch(folder: Path, *options: str, source: str = "in.jsonl", target: str = "out.jsonl") -> Result:
    """The command inside this process, from its words to its exit code."""
    words = ["batch", str(folder / source), str(folder / target), "--config", str(folder / "experts.yaml"), *options]
    environment = {"COTERIE_DATABASE_URL": f"sqlite:///{folder / 'records.db'}"}
    return CliRunner().invoke(app, words, env=environment)


@contextmanager
def running(folder: Path, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """The command, while the block runs."""
    process = subprocess.Popen(
        [COTERIE, "batch", "in.jsonl", "out.jsonl", *arguments],
        cwd=folder,
        env=coterie_environment(folder, **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def kept(folder: Path, rows_in: RowsIn) -> int:
    """How many results stand in the database by now."""
    there = rows_in(folder, "SELECT name FROM sqlite_master WHERE name = 'batch_results'")
    return rows_in(folder, "SELECT count(*) FROM batch_results")[0][0] if there else 0


def prompts(upstream: Upstream) -> list[str]:
    return [body["messages"][0]["content"] for body in upstream.received]


def test_answers_and_errors_stand_in_the_order_of_the_input(upstream: Upstream, tmp_path: Path) -> None:
    bare = line("no-model")
    del bare["body"]["model"]
    content = jsonl(line("a", model="second"), b"{nonsense", bare, line("a"))
    folder_for(tmp_path, experts_yaml(upstream, "first", "second"), content)
    done = batch(tmp_path, "--model", "first", "--json")
    said, out = orjson.loads(done.stdout), parsed((tmp_path / "out.jsonl").read_bytes())
    assert (done.exit_code, done.stderr) == (1, "")
    assert [one["custom_id"] for one in out] == ["a", None, "no-model", "a"]
    assert [one["error"] and one["error"]["line"] for one in out] == [None, 2, None, 4]
    assert out[2]["response"]["body"]["model"] == "first"
    assert (said["status"], said["lines"]) == ("completed", {"total": 4, "answered": 2, "failed": 2})
    assert {share["expert"]: share["lines"] for share in said["experts"]} == {None: 2, "first": 1, "second": 1}


def test_the_summary_names_every_expert_with_its_lines_tokens_and_dollars(tmp_path: Path, rows_in: RowsIn) -> None:
    folder_for(tmp_path, replayed(tmp_path, 6), asked(6, "words"))
    done = batch(tmp_path)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "words" in done.stdout and "6 of 6 lines are done, 0 of them errors; $0.0001" in done.stdout
    assert kept(tmp_path, rows_in) == 0, "answers stay in the database no longer than they must"
    again = batch(tmp_path)
    assert (again.exit_code, again.stdout) == (0, done.stdout)
    assert rows_in(tmp_path, "SELECT count(*) FROM records") == [(6,)], "nothing is asked twice"


@pytest.mark.parametrize("kills", [2, pytest.param(10, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
def test_killed_at_any_moment_it_goes_on_without_a_line_lost_or_asked_twice(
    upstream: Upstream, tmp_path: Path, rows_in: RowsIn, kills: int
) -> None:
    async def slowly(x: Exchange) -> None:
        await asyncio.sleep(0.003)
        await x.reply(200, completion("done"))

    upstream.behave["slow"] = slowly
    lines = 100 * kills
    folder_for(
        tmp_path,
        experts_yaml(upstream, "slow", max_concurrency=4),
        jsonl(*(line(f"c{n}", f"question {n}", "slow") for n in range(lines))),
    )
    moments = random.Random(7)
    for _ in range(kills):
        goal = (
            kept(tmp_path, rows_in) + moments.randint(1, lines // kills // 2)
            if (tmp_path / "records.db").exists()
            else 1
        )
        with running(tmp_path) as process:
            assert until(lambda goal=goal: kept(tmp_path, rows_in) >= goal if there(tmp_path) else False, 30)
            process.kill()
        assert not (tmp_path / "out.jsonl").exists()
    done = coterie(tmp_path, "batch", "in.jsonl", "out.jsonl")
    assert done.returncode == 0, done.stderr
    assert [one["custom_id"] for one in parsed((tmp_path / "out.jsonl").read_bytes())] == [
        f"c{n}" for n in range(lines)
    ]
    asked_for = prompts(upstream)
    assert set(asked_for) == {f"question {n}" for n in range(lines)}
    assert len(asked_for) <= lines + kills * 2 * 4, "at each kill no more than were on their way or just back"


def there(folder: Path) -> bool:
    return (folder / "records.db").exists()


def test_an_interrupt_keeps_what_is_done_and_says_how_to_go_on(
    upstream: Upstream, tmp_path: Path, rows_in: RowsIn
) -> None:
    content = jsonl(*(line(f"c{n}") for n in range(5)), *(line(f"h{n}", model="held") for n in range(20)))
    folder_for(tmp_path, experts_yaml(upstream, "first", "held"), content)
    with running(tmp_path) as process:
        assert until(lambda: upstream.asked("held") == 16 and kept(tmp_path, rows_in) == 5, 20)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None and "under way" in process.stderr.readline()
        upstream.go.set()
        out, error = process.communicate(timeout=20)
        assert process.returncode == 1 and "stopped (interrupted); the same command goes on" in error
    assert "21 of 25 lines are done" in out
    assert len(parsed((tmp_path / "out.jsonl").read_bytes())) == 21
    assert coterie(tmp_path, "batch", "in.jsonl", "out.jsonl").returncode == 0
    assert len(parsed((tmp_path / "out.jsonl").read_bytes())) == 25 and len(upstream.received) == 25


def test_a_second_interrupt_stops_at_once(upstream: Upstream, tmp_path: Path, rows_in: RowsIn) -> None:
    folder_for(tmp_path, experts_yaml(upstream, "first", "hang"), jsonl(line("a"), line("b", model="hang")))
    with running(tmp_path) as process:
        assert until(lambda: upstream.asked("hang") == 1 and kept(tmp_path, rows_in) == 1, 20)
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        _, error = process.communicate(timeout=20)
    assert process.returncode == 1 and "stopped at once" in error and "Traceback" not in error
    assert kept(tmp_path, rows_in) == 1


def test_it_stops_before_it_costs_more_and_goes_on_with_more(tmp_path: Path) -> None:
    folder_for(tmp_path, replayed(tmp_path, 50), asked(50, "words"))
    few = batch(tmp_path, "--max-cost-usd", "0.0007", "--json")
    said = orjson.loads(few.stdout)
    assert (few.exit_code, said["status"], said["reason"]) == (1, "stopped", "--max-cost-usd is reached")
    assert 0 < said["lines"]["answered"] < 50 and said["cost_usd"] <= 0.0007
    assert len(parsed((tmp_path / "out.jsonl").read_bytes())) == said["lines"]["answered"]
    rest = batch(tmp_path, "--json")
    assert rest.exit_code == 0 and orjson.loads(rest.stdout)["lines"]["answered"] == 50


def test_an_output_of_something_else_is_left_alone(upstream: Upstream, tmp_path: Path) -> None:
    folder_for(tmp_path, experts_yaml(upstream, "first"), jsonl(line("a")))
    (tmp_path / "out.jsonl").write_text("precious")
    refused = batch(tmp_path)
    assert refused.exit_code == 1 and "out.jsonl is there already" in said_by(refused, StartError)
    assert (tmp_path / "out.jsonl").read_text() == "precious"
    assert batch(tmp_path, "--restart").exit_code == 0
    (tmp_path / "in.jsonl").write_bytes(jsonl(line("b")))
    changed = batch(tmp_path)
    assert changed.exit_code == 1 and "begun from another input or with another --model" in said_by(changed, StartError)
    assert batch(tmp_path, "--restart").exit_code == 0
    assert parsed((tmp_path / "out.jsonl").read_bytes())[0]["custom_id"] == "b"
    (tmp_path / "out.jsonl").unlink()
    assert batch(tmp_path).exit_code == 0, "without its output it is a new one"
    assert len(upstream.received) == 3


def test_two_at_once_on_one_output_do_not_meet(upstream: Upstream, tmp_path: Path) -> None:
    folder_for(tmp_path, experts_yaml(upstream, "held"), jsonl(line("a", model="held")))
    with running(tmp_path) as process:
        assert until(lambda: upstream.asked("held") == 1, 20)
        second = batch(tmp_path)
        assert second.exit_code == 1 and "another process works on" in said_by(second, StartError)
        upstream.go.set()
        assert process.wait(20) == 0
    assert upstream.asked("held") == 1


@pytest.mark.parametrize(
    ("source", "target", "options", "words"),
    [
        ("none.jsonl", "out.jsonl", (), "does not exist"),
        ("in.jsonl", "in.jsonl", (), "another file"),
        ("in.jsonl", "nowhere/out.jsonl", (), "there is no folder"),
        ("in.jsonl", "out.jsonl", ("--max-cost-usd", "-1"), "max-cost-usd"),
    ],
)
def test_used_wrongly(tmp_path: Path, source: str, target: str, options: tuple[str, ...], words: str) -> None:
    folder_for(tmp_path, "version: 1", jsonl(line("a")))
    done = batch(tmp_path, *options, source=source, target=target)
    assert done.exit_code == 2 and words in " ".join(done.stderr.replace("│", " ").split()), done.stderr
    assert not (tmp_path / "out.jsonl").exists()


def test_what_cannot_be_run_is_said_and_leaves_no_output(upstream: Upstream, tmp_path: Path) -> None:
    folder_for(tmp_path, experts_yaml(upstream, "first"), b"\n")
    assert "holds no line" in said_by(batch(tmp_path), StartError)
    folder_for(tmp_path, "nonsense", jsonl(line("a")))
    assert said_by(batch(tmp_path, "--restart"), ConfigError)
    folder_for(tmp_path, experts_yaml(upstream, "first"), jsonl(line("a")))
    assert not (tmp_path / "out.jsonl").exists()
    assert batch(tmp_path).exit_code == 0, "neither has kept the lease"


def said_by(done: Result, kind: type[Exception]) -> str:
    """The error in its one line, which `coterie` prints."""
    assert isinstance(done.exception, kind), done.exception
    assert "\n" not in str(done.exception)
    return str(done.exception)


def test_on_a_terminal_a_bar_shows_lines_and_dollars(upstream: Upstream, tmp_path: Path) -> None:
    folder_for(tmp_path, experts_yaml(upstream, "first"), jsonl(*(line(f"c{n}") for n in range(5))))
    terminal, side = pty.openpty()
    environment = {**coterie_environment(tmp_path), "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        [COTERIE, "batch", "in.jsonl", "out.jsonl"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=side,
    ) as process:
        assert process.wait(30) == 0
    os.close(side)
    shown = os.read(terminal, 100_000).decode()
    os.close(terminal)
    assert "5/5" in shown and "$0.0000" in shown
