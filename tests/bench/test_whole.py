"""The benchmark as its users run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from eval.bench.contestants import AUTO, NAMED, PROXY, UPSTREAM
from eval.bench.errors import BenchError
from eval.bench.tools import find_tools
from tests.conftest import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(autouse=True)
def tools() -> None:
    try:
        find_tools(os.environ["PATH"])
    except BenchError as missing:
        pytest.skip(str(missing))


def heed_interrupts() -> None:
    """As in a terminal: what a shell starts in the background ignores them, and so would all below it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "eval.bench", "--seconds", "1", "--rounds", "1", "--without-litellm", *options]
    environment = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
        preexec_fn=heed_interrupts,
    )


def left_behind(folder: Path) -> list[str]:
    """Processes that were started with something in this folder."""
    lines = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in line:
            lines.append(entry.name)
    return lines


def test_a_short_run_measures_everyone_and_leaves_nothing_behind(tmp_path):
    file = tmp_path / "figures.json"
    folder = tmp_path / "run"
    folder.mkdir()
    with start(folder, "--markdown", "--json", str(file)) as process:
        printed, said = process.communicate(timeout=150)
    assert process.returncode == 0, said
    told = json.loads(file.read_bytes())
    assert list(told["results"]["figures"]) == [UPSTREAM, PROXY, NAMED, AUTO]
    assert told["results"]["failures"] == {}
    assert all(figures["requests_per_s"] > 10 for figures in told["results"]["figures"].values())
    answered = sum(turn[kind]["requests"] for name in (NAMED, AUTO) for turn in turns(told, name) for kind in turn)
    assert told["records"]["written"] >= answered
    assert told["records"]["dropped"] == 0
    assert f"| {NAMED} | " in printed and "| throughput, auto / named expert | " in printed
    assert left_behind(folder) == []
    assert list(folder.iterdir()) == []


def turns(told: dict, name: str) -> list[dict]:
    return told["results"]["figures"][name]["turns"]


def test_ctrl_c_leaves_nothing_behind(tmp_path):
    with start(tmp_path, "--rounds", "50") as process:
        assert until(lambda: len(list(tmp_path.glob("*/post.lua"))) == 1, 60)
        time.sleep(0.5)
        assert left_behind(tmp_path) != []
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode != 0
    assert left_behind(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
