"""Batches of a gateway outlive it: what is kept is not asked again, and one process has a batch at a time."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import openai
import pytest

from tests.batches.build import RowsIn, begin, ended, jsonl, line, lines_in
from tests.conftest import Serve, experts_yaml, gateway_in, until
from tests.test_cli import Served, serving
from tests.upstream import Upstream


def client_of(served: Served) -> openai.OpenAI:
    return openai.OpenAI(base_url=served.url, api_key="none", max_retries=0, timeout=30)


def test_a_batch_goes_on_after_the_gateway_was_killed(upstream: Upstream, tmp_path: Path) -> None:
    yaml = experts_yaml(upstream, "first", "held")
    content = jsonl(*(line(f"c{n}") for n in range(30)), *(line(f"h{n}", model="held") for n in range(10)))
    with serving(tmp_path, yaml) as served:
        id = begin(client_of(served), content)
        assert until(lambda: client_of(served).batches.retrieve(id).request_counts.completed == 30, 20)
        assert until(lambda: upstream.asked("held") == 10)
        served.stop(signal.SIGKILL)
    upstream.go.set()
    with serving(tmp_path, yaml) as served:
        batch = ended(client_of(served), id, 30)
        lines = lines_in(client_of(served), batch.output_file_id)
        assert served.stop() == 0
    assert batch.status == "completed" and batch.request_counts.completed == 40
    assert [one["custom_id"] for one in lines] == [f"c{n}" for n in range(30)] + [f"h{n}" for n in range(10)]
    assert upstream.asked("first") == 30, "what was kept is not asked again"
    assert upstream.asked("held") == 20, "what had not come back is"


def test_one_that_is_told_to_stop_lets_the_lines_under_way_come_back(upstream: Upstream, tmp_path: Path) -> None:
    yaml = experts_yaml(upstream, "held", max_concurrency=3)
    with serving(tmp_path, yaml) as served:
        id = begin(client_of(served), jsonl(*(line(f"h{n}", model="held") for n in range(8))))
        assert until(lambda: upstream.asked("held") == 3, 20)
        served.process.send_signal(signal.SIGTERM)
        assert until(lambda: "Shutting down" in served.printed)
        upstream.go.set()
        assert served.process.wait(20) == 0
    assert "Traceback" not in served.printed
    with serving(tmp_path, yaml) as served:
        assert ended(client_of(served), id, 30).request_counts.completed == 8
    assert upstream.asked("held") == 8


def test_two_gateways_on_one_database_share_the_work_and_not_a_line(
    serve: Serve, upstream: Upstream, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    yaml = experts_yaml(upstream, "first")
    shared = {"database_url": f"sqlite:///{tmp_path / 'records.db'}", "files_dir": tmp_path / "shared"}
    other = tmp_path_factory.mktemp("other")
    with gateway_in(tmp_path, yaml, **shared) as one, gateway_in(other, yaml, **shared) as two:
        ids = [begin(one.openai, jsonl(*(line(f"c{n}", f"{b}-{n}") for n in range(25)))) for b in range(6)]
        for id in ids:
            batch = ended(two.openai, id)
            assert (batch.status, batch.request_counts.completed) == ("completed", 25)
            assert len(lines_in(two.openai, batch.output_file_id)) == 25
    prompts = [body["messages"][0]["content"] for body in upstream.received]
    assert len(prompts) == len(set(prompts)) == 150


def test_a_cancel_at_one_gateway_stops_the_other(
    upstream: Upstream, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, rows_in: RowsIn
) -> None:
    yaml = experts_yaml(upstream, "held", max_concurrency=2)
    shared = {"database_url": f"sqlite:///{tmp_path / 'records.db'}", "files_dir": tmp_path / "shared"}
    with gateway_in(tmp_path, yaml, **shared) as one:
        id = begin(one.openai, jsonl(*(line(f"h{n}", model="held") for n in range(50))))
        assert until(lambda: upstream.asked("held") == 2)
        with gateway_in(tmp_path_factory.mktemp("other"), yaml, **shared) as two:
            two.openai.batches.cancel(id)
            lease = rows_in(tmp_path, "SELECT lease_until FROM batches")
            assert until(lambda: rows_in(tmp_path, "SELECT lease_until FROM batches") != lease), "it has not looked"
            upstream.go.set()
            batch = ended(two.openai, id)
    assert batch.status == "cancelled" and 2 <= batch.request_counts.completed < 50


def test_an_input_that_vanished_fails_the_batch_and_no_other(serve: Serve, upstream: Upstream, tmp_path: Path) -> None:
    with serve(experts_yaml(upstream, "first", "held"), max_batches=1) as running:
        client = running.openai
        first = begin(client, jsonl(line("a", model="held")))
        second, third = begin(client, jsonl(line("b"))), begin(client, jsonl(line("c")))
        (tmp_path / "files" / client.batches.retrieve(second).input_file_id).unlink()
        assert client.batches.retrieve(third).status == "validating", "more than max_batches wait"
        upstream.go.set()
        states = [ended(client, id) for id in (first, second, third)]
    assert [one.status for one in states] == ["completed", "failed", "completed"]
    assert states[1].errors.data[0].code == "input_file_gone"


def test_what_the_docs_show_works(
    serve: Serve, upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    [program] = re.findall(r"```python\n(file = .*?)```", page, re.DOTALL)
    begun, finished = program.split("batch = client.batches.retrieve")
    (tmp_path / "requests.jsonl").write_bytes(jsonl(line("a", model="auto")))
    with serve(experts_yaml(upstream, "first")) as running:
        names = {"client": running.openai, "open": lambda path, mode: (tmp_path / path).read_bytes()}
        exec(begun, names)
        ended(running.openai, names["batch"].id)
        names["print"] = lambda text: names.update(said=text)
        exec("batch = client.batches.retrieve" + finished, names)
    assert '"custom_id":"a"' in names["said"]


def test_answers_are_not_in_the_database_once_they_are_in_their_file(
    serve: Serve, upstream: Upstream, tmp_path: Path, rows_in: RowsIn
) -> None:
    with serve(experts_yaml(upstream, "first")) as running:
        ended(running.openai, begin(running.openai, jsonl(line("a", "a very private question"))))
        assert until(lambda: rows_in(tmp_path, "SELECT count(*) FROM batch_results") == [(0,)])
    rows_in(tmp_path, "SELECT 1")
    content = b"".join(path.read_bytes() for path in tmp_path.glob("records.db"))
    assert b"hello from first" not in content and b"a very private question" not in content
