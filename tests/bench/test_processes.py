"""Children start, are waited for, are measured, and end."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from eval.bench.contestants import Contestant, check
from eval.bench.errors import BenchError
from eval.bench.processes import Program, Server, free_port, running, serving
from eval.bench.proctree import Usage, parse, resident_mb, tree
from tests.conftest import until
from tests.upstream import Upstream

STAT = "42 (a ) b (c) S 7 42 42 0 -1 4194304 100 0 0 0 12 30 0 0 20 0 1 0 12345 1000000 250 18446744073709551615"
STUBBORN = """
import os, signal, sys, time
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    open(sys.argv[1], "w").write(str(os.getpid()))
    time.sleep(60)
os.wait()
"""


def python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-S", "-c", *arguments)


def alive(pid: int) -> bool:
    """Neither gone nor a zombie that nobody has waited for."""
    try:
        return parse_state(Path(f"/proc/{pid}/stat").read_text()) != "Z"
    except FileNotFoundError:
        return False


def parse_state(stat: str) -> str:
    return stat.rpartition(")")[2].split()[0]


def test_a_process_is_read_whatever_its_name_is():
    assert parse(STAT) == Usage(pid=42, parent=7, ticks=42, pages=250)


def test_a_tree_holds_grandchildren_and_no_strangers():
    usages = [Usage(pid, parent, 0, 0) for pid, parent in [(4, 3), (3, 2), (2, 1), (5, 1), (1, 0)]]
    assert {usage.pid for usage in tree(usages, 2)} == {2, 3, 4}
    assert tree(usages, 99) == ()


def test_our_own_memory_is_some_megabytes():
    assert 5 < resident_mb(os.getpid()) < 100_000


def test_children_that_do_not_listen_end_with_their_parent(tmp_path):
    noted = tmp_path / "pid"
    with running(python(STUBBORN, str(noted)), {}, tmp_path / "log") as process:
        assert until(lambda: noted.exists() and noted.read_text() != "")
        child = int(noted.read_text())
        assert alive(child)
    assert process.poll() is not None
    assert until(lambda: not alive(child))


def test_an_interrupted_benchmark_leaves_nobody_behind(tmp_path):
    with (
        pytest.raises(KeyboardInterrupt),
        running(python("import time; time.sleep(60)"), {}, tmp_path / "log") as child,
    ):
        raise KeyboardInterrupt
    assert child.poll() is not None


def test_a_server_that_ends_at_its_start_is_told_with_its_last_words(tmp_path):
    program = Program("the server", python("print('one'); print('no such file')"), {}, free_port(), "/")
    with pytest.raises(BenchError, match="the server ended at its start: no such file"):
        with serving(program, tmp_path / "log"):
            pass


def test_a_server_is_waited_for(tmp_path):
    late = "import time; time.sleep(0.3); from http.server import *; "
    serve = late + "HTTPServer(('127.0.0.1', {port}), SimpleHTTPRequestHandler).serve_forever()"
    port = free_port()
    started = time.monotonic()
    with serving(Program("the server", python(serve.format(port=port)), {}, port, "/"), tmp_path / "log") as server:
        assert time.monotonic() - started >= 0.3
        assert server.url == f"http://127.0.0.1:{port}"


def contestant(upstream: Upstream, *models: str, asked: str = "small") -> Contestant:
    return Contestant("the server", Server(upstream.url.removesuffix("/v1"), os.getpid()), asked, models)


def test_one_right_answer_passes(upstream):
    check(contestant(upstream, "maths", "upstream-model"), "hello from small")


def test_a_wrong_answer_or_the_wrong_model_fails(upstream):
    with pytest.raises(BenchError, match="answered wrongly: "):
        check(contestant(upstream, "upstream-model"), "something else")
    with pytest.raises(BenchError, match="answered as 'upstream-model' instead of maths"):
        check(contestant(upstream, "maths"), "hello from small")


def test_a_server_that_refuses_or_is_not_there_fails(upstream):
    with pytest.raises(BenchError, match="answered 400: .*max_tokens is too large"):
        check(contestant(upstream, "x", asked="refuse"), "hello")
    with pytest.raises(BenchError, match="did not answer as a chat completion does"):
        check(contestant(upstream, "x", asked="garbage"), "hello")
    with pytest.raises(BenchError, match="did not answer"):
        check(Contestant("x", Server(f"http://127.0.0.1:{free_port()}", 1), "x", ("x",)), "hello")
