"""Streams: kept alive, broken off, left by their readers. What is not whole never looks as if it were."""

from __future__ import annotations

import random
import socket
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import httpx2
import openai
import orjson
import pytest

from tests.conftest import Json, Running, Serve, error_of, experts_yaml, gateway_in, metric, until, unused_tls
from tests.upstream import Exchange, Office, Upstream, chunk, completion, error

KEEPALIVE = ": keepalive"
DONE = "data: [DONE]"
QUICK = {"first_token_timeout_s": 0.4, "between_tokens_timeout_s": 0.3, "timeout_s": 2, "retries": 0}


EVERYONE = """
    first fail hang garbage mute terse both one silent azure calling long die-before-content error-first whole-anyway
    die-mid-stream stop-short fail-in-band hang-mid-stream nonsense number strange-index deep second
""".split()


@pytest.fixture(scope="module")
def house(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    yaml = experts_yaml(office, *EVERYONE, **QUICK, breaker_failures=1000)
    with gateway_in(tmp_path_factory.mktemp("house"), yaml) as running:
        yield running


@pytest.fixture
def gateway(house: Running, upstream: Upstream) -> Running:
    """One for all tests that need nothing else of it than an expert of that name."""
    return house


@contextmanager
def listening(running: Running, model: str, **more: Any) -> Iterator[httpx2.Response]:
    """A stream as it comes; leaving the block hangs up."""
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}], "stream": True, **more}
    url = f"{running.url}/v1/chat/completions"
    with httpx2.stream("POST", url, content=orjson.dumps(body), timeout=10, verify=unused_tls()) as response:
        yield response


@contextmanager
def on_the_line(running: Running, model: str, **more: Any) -> Iterator[socket.socket]:
    """A caller who has said everything and heard nothing yet; leaving the block hangs up."""
    body = orjson.dumps({"model": model, "messages": [{"role": "user", "content": "hi"}], **more})
    host, port = running.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        yield line


def data_of(lines: list[str]) -> list[Json]:
    """The payloads of a stream's events, but for its last word."""
    return [orjson.loads(line[6:]) for line in lines if line.startswith("data: ") and line != DONE]


def text_of(lines: list[str]) -> str:
    return "".join(
        choice["delta"].get("content") or "" for event in data_of(lines) for choice in event.get("choices", [])
    )


def broken_off(lines: list[str]) -> Json:
    """The error that a stream ended in, which does not say that it is done."""
    assert DONE not in lines
    last = data_of(lines)[-1]
    assert set(last) == {"error"} and set(last["error"]) == {"message", "type", "param", "code"}
    assert not any("error" in event for event in data_of(lines)[:-1])
    return last["error"]


def records(running: Running) -> list[Json]:
    """What has been written down, oldest first."""
    file = running.gateway.settings.config.parent / "records.db"
    with closing(sqlite3.connect(file)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute("SELECT * FROM records ORDER BY created_at")]


async def held_then_fails(x: Exchange) -> None:
    await x.hold()
    await x.reply(500, error("boom"))


def test_a_stream_is_kept_alive_while_its_expert_thinks(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "held"), keepalive_s=0.1) as running:
        begun = time.monotonic()
        with listening(running, "held") as response:
            lines = response.iter_lines()
            assert next(lines) == KEEPALIVE and time.monotonic() - begun < 1
            assert response.status_code == 200
            assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert response.headers["x-coterie-decision"].startswith("dec_")
            upstream.go.set()
            rest = [line for line in lines if line]
    assert rest[-1] == DONE and text_of(rest) == "hello from held"
    assert KEEPALIVE not in rest[rest.index(next(line for line in rest if line != KEEPALIVE)) :]


def test_without_being_told_the_first_sign_of_life_comes_within_a_second(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "held")) as running:
        begun = time.monotonic()
        with listening(running, "held") as response:
            assert next(response.iter_lines()) == KEEPALIVE
            assert time.monotonic() - begun < 4
            upstream.go.set()


def test_a_stream_is_kept_alive_between_tokens_too(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "hang-mid-stream", **QUICK), keepalive_s=0.05) as running:
        lines = running.events("hang-mid-stream")
    assert KEEPALIVE in lines[1:] and text_of(lines) == "one "


def test_a_quick_answer_holds_no_comments(gateway: Running, upstream: Upstream) -> None:
    assert KEEPALIVE not in gateway.events("first")


def test_a_failure_before_the_first_byte_is_an_ordinary_error(gateway: Running, upstream: Upstream) -> None:
    response = gateway.ask("fail", stream=True)
    assert response.status_code == 502 and response.headers["content-type"] == "application/json"
    assert error_of(response)["code"] == "expert_failed"


def test_a_failure_after_the_first_sign_of_life_is_an_event(serve: Serve, upstream: Upstream) -> None:
    upstream.behave["held"] = held_then_fails
    with serve(experts_yaml(upstream, "held", retries=0), keepalive_s=0.05) as running:
        with listening(running, "held") as response:
            lines = response.iter_lines()
            assert next(lines) == KEEPALIVE
            upstream.go.set()
            rest = [line for line in lines if line]
        assert until(lambda: [row["status"] for row in records(running)] == ["expert_failed"])
    assert response.status_code == 200
    assert broken_off(rest)["code"] == "expert_failed" and len(data_of(rest)) == 1


def test_after_the_first_sign_of_life_another_expert_can_still_answer(serve: Serve, upstream: Upstream) -> None:
    upstream.behave["held"] = held_then_fails
    with serve(experts_yaml(upstream, "held", "second", retries=0), keepalive_s=0.05) as running:
        with listening(running, "auto") as response:
            lines = response.iter_lines()
            assert next(lines) == KEEPALIVE
            upstream.go.set()
            rest = [line for line in lines if line]
    assert rest[-1] == DONE and {event["model"] for event in data_of(rest)} == {"second"}
    assert text_of(rest) == "hello from second"


async def talk_nonsense(x: Exchange) -> None:
    await x.begin()
    await x.event(chunk({"role": "assistant", "content": "one "}))
    await x.event(b"{not json")
    await x.hang()


async def send_a_number(x: Exchange) -> None:
    await x.begin()
    await x.event(chunk({"role": "assistant", "content": "one "}))
    await x.event(b"5")
    await x.hang()


async def send_a_strange_index(x: Exchange) -> None:
    await x.begin()
    await x.event(chunk({"role": "assistant", "content": "one "}))
    await x.event({"choices": [{"index": [1], "delta": {"content": "two"}}]})
    await x.hang()


MID_STREAM = {
    "die-mid-stream": "expert_broken",
    "stop-short": "expert_broken",
    "fail-in-band": "expert_failed",
    "hang-mid-stream": "expert_timeout",
    "nonsense": "expert_broken",
    "number": "expert_broken",
    "strange-index": "expert_broken",
}


@pytest.mark.parametrize(("name", "code"), MID_STREAM.items())
def test_what_breaks_off_never_looks_complete(gateway: Running, upstream: Upstream, name: str, code: str) -> None:
    upstream.behave |= {"nonsense": talk_nonsense, "number": send_a_number, "strange-index": send_a_strange_index}
    response = gateway.ask("auto", stream=True, coterie={"experts": [name, "second"]})
    lines = [line for line in response.text.split("\n") if line]
    record = gateway.get(f"/v1/decisions/{response.headers['x-coterie-decision']}").json()
    assert metric(gateway, f'coterie_lane{{expert="{name}",state="busy"}}') == 0
    said = broken_off(lines)
    assert (said["code"], said["type"]) == (code, "upstream_error") and said["message"].startswith(f"{name} ")
    assert text_of(lines) in {"one ", "half an ans"}
    assert upstream.asked("second") == 0
    assert (record["status"], record["served"]) == (code, None)
    assert record["calls"][0]["committed"] is True and record["output_tokens"] > 0


def test_what_has_begun_is_not_tried_again(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "fail-in-band", retries=2)) as running:
        assert broken_off(running.events("fail-in-band"))["code"] == "expert_failed"
    assert upstream.asked("fail-in-band") == 1


def test_the_openai_client_takes_a_broken_stream_for_broken(gateway: Running, upstream: Upstream) -> None:
    stream = gateway.openai.chat.completions.create(
        model="stop-short", messages=[{"role": "user", "content": "hi"}], stream=True
    )
    with pytest.raises(openai.APIError, match="ended its stream without saying that it was done"):
        list(stream)


async def error_first(x: Exchange) -> None:
    await x.begin()
    await x.event(error("out of memory"))
    await x.end()


async def whole_anyway(x: Exchange) -> None:
    await x.reply(200, completion("I do not stream"))


@pytest.mark.parametrize("name", ["die-before-content", "hang", "garbage", "fail", "error-first", "whole-anyway"])
def test_what_fails_before_it_says_anything_is_never_noticed(gateway: Running, upstream: Upstream, name: str) -> None:
    upstream.behave |= {"error-first": error_first, "whole-anyway": whole_anyway}
    response = gateway.ask("auto", stream=True, coterie={"experts": [name, "second"]})
    lines = [line for line in response.text.split("\n") if line]
    assert lines[-1] == DONE and text_of(lines) == "hello from second"
    assert {event["model"] for event in data_of(lines)} == {"second"}
    assert len({event["id"] for event in data_of(lines)}) == 1
    assert response.headers["x-coterie-model"] == "second"
    assert upstream.asked(name) == 1


async def only_done(x: Exchange) -> None:
    await x.begin()
    await x.event(b"[DONE]")
    await x.end()


async def role_and_done(x: Exchange) -> None:
    await x.begin()
    await x.event(chunk({"role": "assistant", "content": ""}))
    await x.event(b"[DONE]")
    await x.end()


@pytest.mark.parametrize("behaviour", [only_done, role_and_done])
def test_a_stream_that_says_nothing_at_all_is_no_answer(gateway: Running, upstream: Upstream, behaviour: Any) -> None:
    upstream.behave["mute"] = behaviour
    alone = gateway.ask("mute", stream=True)
    auto = gateway.events("auto", coterie={"experts": ["mute", "second"]})
    assert (alone.status_code, error_of(alone)["code"]) == (502, "expert_broken")
    assert text_of(auto) == "hello from second" and upstream.asked("mute") == 2


async def empty_answer(x: Exchange) -> None:
    await x.begin()
    await x.event(chunk({"role": "assistant", "content": ""}))
    await x.event(chunk({}, "stop"))
    await x.event(b"[DONE]")
    await x.end()


def test_an_answer_that_is_empty_and_says_so_is_one(gateway: Running, upstream: Upstream) -> None:
    upstream.behave["terse"] = empty_answer
    lines = gateway.events("terse")
    assert lines[-1] == DONE
    assert [event["choices"][0]["finish_reason"] for event in data_of(lines)] == [None, "stop"]


async def two_choices(x: Exchange) -> None:
    def pieces() -> Iterator[Json]:
        for index in (0, 1):
            yield {"index": index, "delta": {"role": "assistant", "content": f"choice {index}"}, "finish_reason": None}
        yield {"index": 1, "delta": {}, "finish_reason": "length"}
        if x.body["model"] == "both":
            yield {"index": 0, "delta": {}, "finish_reason": "stop"}

    await x.begin()
    for piece in pieces():
        await x.event({**chunk({}), "choices": [piece]})
    await x.end()


def test_each_of_several_choices_comes_to_its_end(gateway: Running, upstream: Upstream) -> None:
    upstream.behave |= {"both": two_choices, "one": two_choices}
    both, one = gateway.events("both", n=2), gateway.events("one", n=2)
    ends = {
        event["choices"][0]["index"]: event["choices"][0]["finish_reason"]
        for event in data_of(both)
        if event["choices"][0]["finish_reason"]
    }
    assert ends == {1: "length", 0: "stop"} and both[-1] == DONE
    assert broken_off(one)["code"] == "expert_broken"
    assert [body["n"] for body in upstream.received] == [2, 2]


def test_usage_is_told_to_who_asks_and_only_then(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "first", price={"output_per_mtok": 100})) as running:
        asked = data_of(running.events("first", stream_options={"include_usage": True}))
        unasked = [data_of(running.events("first", **more)) for more in ({}, {"stream_options": None})]
        refused = data_of(running.events("first", stream_options={"include_usage": False}))
    assert [event["usage"] for event in asked[:-1]] == [None] * (len(asked) - 1)
    assert asked[-1]["choices"] == [] and asked[-1]["usage"]["total_tokens"] == 18
    assert asked[-1]["coterie"]["cost_usd"] == 7 * 100 / 1e6
    for events in (*unasked, refused):
        assert not any("usage" in event for event in events) and events[-1]["choices"]


async def counts_as_it_goes(x: Exchange) -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    await x.begin()
    await x.event(chunk({"content": "hi"}, usage={**usage, "completion_tokens": 1}))
    await x.event(chunk({}, "stop", usage=usage))
    await x.event(b"[DONE]")
    await x.end()


def test_usage_that_comes_with_the_words_is_told_at_the_end_or_not_at_all(gateway: Running, upstream: Upstream) -> None:
    upstream.behave["terse"] = counts_as_it_goes
    unasked = data_of(gateway.events("terse"))
    asked = data_of(gateway.events("terse", stream_options={"include_usage": True}))
    assert not any("usage" in event for event in unasked)
    assert [event["usage"] and event["usage"]["total_tokens"] for event in asked] == [None, None, 5]


async def silent_about_usage(x: Exchange) -> None:
    await x.begin()
    await x.event(chunk({"role": "assistant", "content": "x" * 40}))
    await x.event(chunk({}, "stop"))
    await x.event(b"[DONE]")
    await x.end()


def test_where_nobody_counted_the_usage_is_estimated(gateway: Running, upstream: Upstream) -> None:
    upstream.behave["silent"] = silent_about_usage
    last = data_of(gateway.events("silent", stream_options={"include_usage": True}))[-1]
    assert last["usage"]["completion_tokens"] == 10 and last["usage"]["prompt_tokens"] > 0


async def azure(x: Exchange) -> None:
    """Begins with a chunk without choices, changes its id, and names another model each time."""
    await x.begin()
    await x.event({"id": "", "object": "", "model": "", "choices": [], "prompt_filter_results": []})
    for number, word in enumerate(("one ", "two")):
        await x.event({**chunk({"content": word}), "id": f"chatcmpl-{number}", "model": f"m{number}", "x": number})
    await x.event(chunk({}, "stop"))
    await x.event(b"[DONE]")
    await x.end()


def test_a_stream_has_one_id_and_one_model_whatever_its_expert_says(gateway: Running, upstream: Upstream) -> None:
    upstream.behave["azure"] = azure
    events = data_of(gateway.events("azure"))
    assert {event["id"] for event in events} == {"chatcmpl-0"} and {event["model"] for event in events} == {"azure"}
    assert [event.get("x") for event in events] == [0, 1, None]


@pytest.mark.parametrize("name", ["first", "azure"])
def test_no_header_is_sent_twice(gateway: Running, upstream: Upstream, name: str) -> None:
    upstream.behave["azure"] = azure
    responses = [gateway.ask(name, stream=stream, coterie={"explain": True}) for stream in (True, False)]
    responses.append(gateway.ask("nobody", stream=True))
    for response in responses:
        names = [name.lower() for name, _ in response.headers.multi_items()]
        assert sorted(names) == sorted(set(names))


def test_deltas_reach_the_caller_as_they_were_sent(gateway: Running, upstream: Upstream) -> None:
    calls = [
        [{"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}, "odd": None}],
        [{"index": 0, "function": {"arguments": '{"a'}}, {"index": 1, "id": "call_2", "function": {"name": "g"}}],
        [{"index": 0, "function": {"arguments": '": 1}'}}],
    ]
    deltas = [{"role": "assistant", "content": None, "tool_calls": calls[0]}, *({"tool_calls": c} for c in calls[1:])]
    deltas.append({"reasoning_content": "hm", "strange": [1, {"deep": None}]})

    async def calling(x: Exchange) -> None:
        await x.begin()
        for delta in deltas:
            await x.event(chunk(delta))
        await x.event(chunk({}, "tool_calls"))
        await x.event(b"[DONE]")
        await x.end()

    upstream.behave["calling"] = calling
    events = data_of(gateway.events("calling"))
    assert [event["choices"][0]["delta"] for event in events] == [*deltas, {}]
    assert events[-1]["choices"][0]["finish_reason"] == "tool_calls"


DEEP = b"[" * 400 + b"]" * 400


async def too_deep(x: Exchange) -> None:
    """Says something that can be read, and not written again."""
    said = completion("hi") if not x.body.get("stream") else chunk({"content": "hi"})
    raw = orjson.dumps(said).removesuffix(b"}") + b',"x":' + DEEP + b"}"
    if not x.body.get("stream"):
        await x.reply(200, raw)
        return
    await x.begin()
    await x.event(raw)
    await x.event(b"[DONE]")
    await x.end()


@pytest.mark.parametrize("stream", [False, True])
def test_what_is_nested_too_deeply_to_be_passed_on_is_the_experts_fault(
    gateway: Running, upstream: Upstream, stream: bool
) -> None:
    upstream.behave["deep"] = too_deep
    response = gateway.ask("deep", stream=stream)
    assert (response.status_code, error_of(response)["code"]) == (502, "expert_broken")


async def long_winded(x: Exchange) -> None:
    await x.begin()
    for number in range(1500):
        await x.event(chunk({"content": f"{number} "}))
    await x.event(chunk({}, "stop"))
    await x.event(b"[DONE]")
    await x.end()


def test_a_long_answer_arrives_whole_and_in_order(gateway: Running, upstream: Upstream) -> None:
    upstream.behave["long"] = long_winded
    lines = gateway.events("long")
    assert text_of(lines) == "".join(f"{number} " for number in range(1500)) and lines[-1] == DONE


def gone_and_written_down(running: Running, upstream: Upstream, name: str) -> Json:
    """The record of the one request there was, once its expert has noticed that its caller has left."""
    assert until(lambda: upstream.gone == [name]), "the expert works on for nobody"
    assert until(lambda: len(records(running)) == 1)
    assert metric(running, f'coterie_lane{{expert="{name}",state="busy"}}') == 0
    assert metric(running, "coterie_in_work") == 0
    [record] = records(running)
    assert (record["status"], record["served"]) == ("client_left", None)
    return record


def test_who_leaves_in_the_middle_of_a_stream_stops_its_expert(serve: Serve, upstream: Upstream) -> None:
    price = {"input_per_mtok": 1000, "output_per_mtok": 1000}
    with serve(experts_yaml(upstream, "hang-mid-stream", price=price)) as running:
        with listening(running, "hang-mid-stream") as response:
            assert "one " in next(response.iter_lines())
        record = gone_and_written_down(running, upstream, "hang-mid-stream")
    assert record["output_tokens"] == 1 and record["input_tokens"] > 0 and record["cost_usd"] > 0
    assert orjson.loads(record["calls"])[0]["estimated"] is True


def test_who_leaves_before_the_first_token_stops_the_expert(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "hang", "second")) as running:
        with on_the_line(running, "auto", stream=True, coterie={"experts": ["hang"]}):
            assert until(lambda: upstream.asked("hang") == 1)
        record = gone_and_written_down(running, upstream, "hang")
    assert record["output_tokens"] == 0
    assert upstream.asked("second") == 0


def test_who_leaves_after_a_sign_of_life_stops_the_expert(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "hang"), keepalive_s=0.05) as running:
        with listening(running, "hang") as response:
            assert next(response.iter_lines()) == KEEPALIVE
        gone_and_written_down(running, upstream, "hang")


def test_who_leaves_without_having_asked_for_a_stream_stops_the_expert_too(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "hang")) as running:
        with on_the_line(running, "hang"):
            assert until(lambda: upstream.asked("hang") == 1)
        gone_and_written_down(running, upstream, "hang")


def test_who_leaves_while_waiting_never_reaches_the_expert(serve: Serve, upstream: Upstream) -> None:
    waiting = 'coterie_lane{expert="held",state="waiting"}'
    with serve(experts_yaml(upstream, "held", max_concurrency=1)) as running:
        with on_the_line(running, "held") as first:
            assert until(lambda: upstream.asked("held") == 1)
            with on_the_line(running, "held", stream=True):
                assert until(lambda: metric(running, waiting) == 1)
            assert until(lambda: metric(running, waiting) == 0)
            assert until(lambda: [row["status"] for row in records(running)] == ["client_left"])
            upstream.go.set()
            assert first.recv(12) == b"HTTP/1.1 200"
        assert running.ask("held").status_code == 200
    assert upstream.asked("held") == 2


def test_who_leaves_before_a_second_try_is_not_tried_for(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "busy-soon")) as running:

        async def busy_soon(x: Exchange) -> None:
            await x.reply(429, error("slow down"), {"retry-after": "1"})

        upstream.behave["busy-soon"] = busy_soon
        with on_the_line(running, "busy-soon"):
            assert until(lambda: upstream.asked("busy-soon") == 1)
        assert until(lambda: [row["status"] for row in records(running)] == ["client_left"])
        time.sleep(1.2)
    assert upstream.asked("busy-soon") == 1


def test_many_who_come_and_go_leave_nothing_behind(serve: Serve, upstream: Upstream) -> None:
    names = ("first", "hang", "hang-mid-stream")
    chance = random.Random(0)

    def come_and_go(_: int) -> None:
        with on_the_line(running, chance.choice(names), stream=chance.random() < 0.5):
            time.sleep(chance.random() * 0.1)

    with serve(experts_yaml(upstream, *names, max_concurrency=4), keepalive_s=0.02) as running:
        with ThreadPoolExecutor(16) as callers:
            list(callers.map(come_and_go, range(150)))
        lanes = [f'coterie_lane{{expert="{name}",state="{state}"}}' for name in names for state in ("busy", "waiting")]
        assert until(lambda: [metric(running, lane) for lane in lanes] == [0] * 6)
        assert until(lambda: metric(running, "coterie_in_work") == 0)
        assert running.ask("first").status_code == 200


def test_a_reader_who_does_not_read_holds_the_expert_back(serve: Serve, upstream: Upstream) -> None:
    sent = 0

    async def torrent(x: Exchange) -> None:
        nonlocal sent
        await x.begin()
        for _ in range(500):
            await x.event(chunk({"content": "x" * 100_000}))
            sent += 1
        await x.hang()

    upstream.behave["torrent"] = torrent
    with serve(experts_yaml(upstream, "torrent")) as running:
        with on_the_line(running, "torrent", stream=True):
            assert until(lambda: sent > 10)
            time.sleep(0.5)
            stopped = sent
            time.sleep(0.3)
            assert sent == stopped < 400
        assert until(lambda: len(records(running)) == 1)


def test_streams_side_by_side_do_not_meet(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "held", "other")) as running:
        with on_the_line(running, "held", stream=True) as one, on_the_line(running, "held", stream=True) as two:
            assert until(lambda: upstream.asked("held") == 2)
            assert running.events("other")[-1] == DONE
            upstream.go.set()
            for line in (one, two):
                heard = b""
                while b"[DONE]" not in heard:
                    heard += line.recv(65536)
                assert heard.count(b'"content":"hello "') == 1 and b"other" not in heard
