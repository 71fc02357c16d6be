"""Batches as OpenAI's own client runs them, against a real gateway."""

from __future__ import annotations

import time
from pathlib import Path

import openai
import orjson
import pytest

from tests.batches.build import RowsIn, begin, ended, jsonl, line, lines_in, upload
from tests.conftest import Serve, beside, error_of, experts_yaml, until
from tests.upstream import Exchange, Upstream, completion, error


def test_every_line_is_answered_in_the_order_of_the_input(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "first", "second")) as running:
        client = running.openai
        content = jsonl(*(line(f"c{n}", f"question {n}", ("first", "second", "auto")[n % 3]) for n in range(40)))
        id = begin(client, content, metadata={"night": "monday"})
        batch = ended(client, id)
        lines = lines_in(client, batch.output_file_id)
    assert (batch.status, batch.error_file_id, batch.errors, batch.metadata) == (
        "completed",
        None,
        None,
        {"night": "monday"},
    )
    assert (batch.request_counts.total, batch.request_counts.completed, batch.request_counts.failed) == (40, 40, 0)
    assert batch.created_at <= batch.in_progress_at <= batch.finalizing_at <= batch.completed_at
    assert [one["custom_id"] for one in lines] == [f"c{n}" for n in range(40)]
    assert all(one["error"] is None and one["response"]["status_code"] == 200 for one in lines)
    body = lines[0]["response"]["body"]
    assert body["model"] == "first" and body["choices"][0]["message"]["content"] == "hello from first"
    assert body["coterie"]["decision_id"] == lines[0]["response"]["request_id"]
    assert (batch.usage.input_tokens, batch.usage.output_tokens) == (40 * 11, 40 * 7)
    assert len(upstream.received) == 40


def test_bad_lines_become_error_lines_with_their_number_and_the_rest_goes_on(serve: Serve, upstream: Upstream) -> None:
    content = b"\xef\xbb\xbf" + b"".join(
        [
            orjson.dumps(line("good")) + b"\r\n",
            b"\r\n",
            b'{"custom_id": "cut", "method": "PO\n',
            b"\xff\xfe not utf-8\n",
            b"[1, 2]\n",
            orjson.dumps({**line("elsewhere"), "url": "/v1/embeddings"}) + b"\n",
            orjson.dumps(line("nobody", model="frist")) + b"\n",
            orjson.dumps(line("good", "again")) + b"\n",
            orjson.dumps(line("streamed", stream=True)) + b"\n",
            orjson.dumps({**line("get"), "method": "GET"}) + b"\n",
            orjson.dumps({"method": "POST", "url": "/v1/chat/completions", "body": {}}) + b"\n",
            orjson.dumps(line("long", "x" * 20_000)) + b"\n",
            orjson.dumps(line("refused", model="refuse")) + b"\n",
            orjson.dumps(line("last")),
        ]
    )
    with serve(experts_yaml(upstream, "first", "refuse"), max_body_bytes=16_000) as running:
        client = running.openai
        batch = ended(client, begin(client, content))
        good, bad = lines_in(client, batch.output_file_id), lines_in(client, batch.error_file_id)
    assert batch.status == "completed" and (batch.request_counts.total, batch.request_counts.failed) == (13, 11)
    assert [one["custom_id"] for one in good] == ["good", "last"]
    said = {one["error"]["line"]: one["error"]["message"] for one in bad}
    assert all(message.startswith(f"line {number}: ") for number, message in said.items())
    assert list(said) == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
    assert "not valid JSON" in said[3] and "not valid JSON" in said[4] and "not an object" in said[5]
    assert "'/v1/embeddings' is not served; allowed is /v1/chat/completions" in said[6]
    assert "Did you mean first" in said[7] and bad[4]["response"]["status_code"] == 404
    assert said[8] == "line 8: custom_id 'good' was already used in line 1"
    assert "cannot be streamed" in said[9] and "method" in said[10] and "custom_id" in said[11]
    assert "longer than 16000 bytes" in said[12]
    assert bad[-1]["response"]["status_code"] == 400 and bad[-1]["response"]["body"]["error"]["message"]
    assert bad[0]["response"] is None and bad[0]["custom_id"] is None and bad[3]["custom_id"] == "elsewhere"


def test_a_file_without_a_line_fails(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "first")) as running:
        client = running.openai
        batch = ended(client, begin(client, b"\n \r\n\n"))
        assert (batch.status, batch.errors.data[0].code, batch.output_file_id) == ("failed", "empty_file", None)
        with pytest.raises(openai.BadRequestError, match="the file is empty"):
            upload(client, b"")


def test_a_file_that_is_no_jsonl_ends_with_error_lines(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "first")) as running:
        client = running.openai
        batch = ended(client, begin(client, orjson.dumps([line("a"), line("b")], option=orjson.OPT_INDENT_2)))
    assert batch.status == "completed" and batch.request_counts.completed == 0 < batch.request_counts.failed
    assert upstream.received == []


def test_cancel_keeps_what_is_done(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "first", "held")) as running:
        client = running.openai
        slow = [line(f"h{n}", model="held") for n in range(40)]
        id = begin(client, jsonl(*(line(f"c{n}") for n in range(5)), *slow))
        assert until(lambda: client.batches.retrieve(id).request_counts.completed == 5)
        assert until(lambda: upstream.asked("held") == 16)
        assert client.batches.cancel(id).status == "cancelling"
        assert client.batches.cancel(id).status == "cancelling"
        upstream.go.set()
        batch = ended(client, id)
        lines = lines_in(client, batch.output_file_id)
        with pytest.raises(openai.BadRequestError, match="there is no 'x'"):
            client.batches.list(after="x")
        assert [one.id for one in client.batches.list()] == [id]
    assert batch.status == "cancelled" and batch.cancelling_at <= batch.cancelled_at
    assert [one["custom_id"] for one in lines] == [f"c{n}" for n in range(5)] + [f"h{n}" for n in range(16)]
    assert upstream.asked("held") == 16


def test_what_has_ended_cannot_be_cancelled(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "first")) as running:
        client = running.openai
        id = begin(client, jsonl(line("a")))
        ended(client, id)
        with pytest.raises(openai.BadRequestError, match="completed cannot be cancelled"):
            client.batches.cancel(id)


def test_a_window_that_passes_leaves_an_error_for_each_line_that_was_not_answered(
    serve: Serve, upstream: Upstream, tmp_path: Path, rows_in: RowsIn
) -> None:
    with serve(experts_yaml(upstream, "first", "held"), shutdown_s=0.5) as running:
        client = running.openai
        id = begin(client, jsonl(line("a"), *(line(f"h{n}", model="held") for n in range(3))))
        assert until(lambda: upstream.asked("held") == 3 and client.batches.retrieve(id).request_counts.completed == 1)
        batch = client.batches.retrieve(id)
        assert batch.status == "in_progress" and batch.expires_at == batch.created_at + 86_400
    rows_in(tmp_path, f"UPDATE batches SET expires_at = {time.time()} WHERE id = '{id}'")
    with serve(experts_yaml(upstream, "first", "held"), shutdown_s=0.5) as running:
        batch = ended(running.openai, id)
        good, bad = lines_in(running.openai, batch.output_file_id), lines_in(running.openai, batch.error_file_id)
    assert batch.status == "expired" and batch.expired_at
    assert [one["custom_id"] for one in good] == ["a"]
    assert [(one["custom_id"], one["error"]["code"]) for one in bad] == [(f"h{n}", "batch_expired") for n in range(3)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"endpoint": "/v1/embeddings"}, "allowed is /v1/chat/completions"),
        ({"completion_window": "soon"}, "completion_window: must be such as 24h"),
        ({"input_file_id": "file-none"}, "There is no file 'file-none'"),
        ({"metadata": {"k": "v" * 513}}, "metadata.k"),
        ({"metadata": {f"k{n}": "v" for n in range(17)}}, "metadata"),
        ({"output_expires_after": {"anchor": "created_at", "seconds": 5}}, "output_expires_after.seconds"),
    ],
)
def test_what_cannot_be_a_batch_is_refused(
    serve: Serve, upstream: Upstream, change: dict[str, object], words: str
) -> None:
    with serve(experts_yaml(upstream, "first")) as running:
        file = upload(running.openai, jsonl(line("a")))
        body = {"input_file_id": file, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        response = running.post("/v1/batches", {**body, **change})
    assert response.status_code == 400 and words in error_of(response)["message"]


def test_full_lanes_and_busy_experts_are_waited_for(serve: Serve, upstream: Upstream) -> None:
    turned_away = []

    async def busy_at_first(x: Exchange) -> None:
        if len(turned_away) < 3:
            turned_away.append(x.body)
            await x.reply(429, error("slow down"))
        else:
            await x.reply(200, completion("at last"))

    upstream.behave["busy-at-first"] = busy_at_first
    models = ("held", "busy-at-first", "fail")
    yaml = experts_yaml(upstream, *models, max_concurrency=1, max_waiting=0, retries=0, breaker_rest_s=0.2)
    with serve(yaml) as running:
        client = running.openai
        with beside(lambda: running.ask("held")) as theirs:
            assert until(lambda: upstream.asked("held") == 1)
            content = jsonl(line("h", model="held"), *(line(f"b{n}", model="busy-at-first") for n in range(6)))
            id = begin(client, content)
            assert until(lambda: client.batches.retrieve(id).request_counts.completed == 6)
            assert client.batches.retrieve(id).status == "in_progress", "no error yet"
            upstream.go.set()
            assert theirs.result().status_code == 200
        batch = ended(client, id)
    assert (batch.request_counts.completed, batch.request_counts.failed) == (7, 0)
    assert len(turned_away) == 3


def test_patience_comes_to_an_end(serve: Serve, upstream: Upstream) -> None:
    async def busy(x: Exchange) -> None:
        await x.reply(429, error("slow down"))

    upstream.behave["busy"] = busy
    with serve(experts_yaml(upstream, "busy", retries=0), batch_patience_s=0.5) as running:
        batch = ended(running.openai, begin(running.openai, jsonl(*(line(f"b{n}", model="busy") for n in range(20)))))
        bad = lines_in(running.openai, batch.error_file_id)
    assert (batch.status, len(bad)) == ("completed", 20)
    assert {one["response"]["status_code"] for one in bad} <= {429, 503}
