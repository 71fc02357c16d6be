"""The wire's pure parts, held against anything: events, chunks, completions, errors, wishes, and what is not ours."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.clients.prepare import prepare
from gateway.clients.upstream_errors import error_from, error_in_stream, retry_after
from gateway.errors import BadRequest, ExpertBroken, ExpertError
from gateway.experts import Expert
from gateway.features import features_of
from gateway.pins import in_tool_loop
from gateway.types import Consultation, Query, Usage
from gateway.wire.assemble import Assembly
from gateway.wire.chat import read_chat
from gateway.wire.completion import Tally, has_content, read_completion, read_usage
from gateway.wire.errors import error_headers
from gateway.wire.headers import wishes_in_headers
from gateway.wire.sse import Events, event
from gateway.wishes import Wishes
from tests.conftest import Json, Running, experts_yaml, gateway_in
from tests.upstream import Exchange, Office, Upstream, chunk, completion

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
anything = st.recursive(
    leaves | words, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=8
)
SECRET = "sk-secret-123456"

# --- server-sent events

payloads = st.binary(min_size=1, max_size=40).map(lambda raw: raw.replace(b"\r", b"r").replace(b"\n", b"n"))
noise = st.sampled_from([b"", b": comment", b":", b"event: message", b"id: 5", b"retry: 10", b"strange"])


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[bytes], bytes]:
    """Payloads, and a stream that holds them in one of the many spellings there are."""
    sent, wire = draw(st.lists(payloads, max_size=5)), b""
    for payload in sent:
        end = draw(st.sampled_from([b"\n", b"\r\n"]))
        space = b" " if payload.startswith(b" ") else draw(st.sampled_from([b"", b" "]))
        wire += (
            draw(noise) + end + b"data:" + space + payload + end + draw(st.sampled_from([b"", b"id: 1" + end])) + end
        )
    return sent, wire


def heard(pieces: list[bytes]) -> list[bytes]:
    events = Events()
    return [data for piece in pieces for data in events.feed(piece)] + list(events.end())


@given(streams(), st.data())
def test_events_are_the_same_however_they_are_cut(stream: tuple[list[bytes], bytes], data: st.DataObject) -> None:
    sent, wire = stream
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=12)))
    pieces = [wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    assert heard([wire]) == heard(pieces) == heard([wire[i : i + 1] for i in range(len(wire))]) == sent


@given(st.lists(anything, max_size=4))
def test_what_we_send_is_what_others_hear(values: list[Any]) -> None:
    sent = [orjson.dumps(value) for value in values]
    assert heard([b"".join(event(payload) for payload in sent)]) == sent


def test_the_lines_of_one_event_belong_together() -> None:
    assert heard([b"data: one\ndata: two\ndata\nother: x\n\ndata: three\n"]) == [b"one\ntwo", b"three"]


def test_an_event_without_data_is_none() -> None:
    assert heard([b"data:\n\ndata: \n\nevent: ping\n\ndata: x\n\n"]) == [b"x"]


@pytest.mark.parametrize("end", [b"", b"\n"], ids=["one line", "many lines"])
def test_an_event_without_end_is_given_up(end: bytes) -> None:
    events = Events()
    with pytest.raises(ExpertBroken, match="event without end"):
        for _ in range(20):
            list(events.feed(b"data: " + b"x" * 1024 * 1024 + end))


# --- chunks and completions

usages = st.fixed_dictionaries({}, optional={"prompt_tokens": anything, "completion_tokens": anything})
deltas = st.fixed_dictionaries(
    {},
    optional={
        "role": st.just("assistant"),
        "content": words | st.none() | anything,
        "tool_calls": anything | st.lists(st.fixed_dictionaries({"id": words | leaves}), max_size=2),
        "reasoning_content": words,
    },
)
choices = st.fixed_dictionaries(
    {},
    optional={"index": st.integers(0, 3) | anything, "delta": deltas | anything, "finish_reason": st.none() | anything},
)
chunks = st.fixed_dictionaries(
    {},
    optional={"choices": st.lists(choices | anything, max_size=3) | anything, "usage": usages | anything, "id": words},
)


@given(st.lists(chunks, max_size=5))
def test_whatever_a_stream_holds_is_read_or_refused(stream: list[Json]) -> None:
    tally = Tally()
    try:
        for piece in stream:
            tally.add(piece)
            has_content(piece)
    except ExpertBroken:
        return
    reply = tally.reply(7)
    assert isinstance(reply.text, str) and isinstance(tally.complete, bool)
    assert reply.usage.input_tokens >= 0 and reply.usage.output_tokens >= 0
    assert all(isinstance(call, str) for call in reply.tool_calls)


messages_of_experts = st.fixed_dictionaries(
    {}, optional={"content": anything | st.lists(st.fixed_dictionaries({"text": anything})), "tool_calls": anything}
)
answers = st.fixed_dictionaries(
    {},
    optional={
        "choices": st.lists(
            st.fixed_dictionaries({}, optional={"message": messages_of_experts | anything, "finish_reason": anything}),
            max_size=2,
        )
        | anything,
        "usage": usages | anything,
    },
)


@given(answers | anything)
def test_whatever_an_expert_answers_is_read_or_refused(body: Any) -> None:
    try:
        reply = read_completion(body, 7)
    except ExpertBroken:
        return
    assert reply.body is body and isinstance(reply.text, str)
    assert 0 <= reply.usage.input_tokens <= 2**31 and 0 <= reply.usage.output_tokens <= 2**31


@given(usages | anything)
def test_usage_is_taken_only_where_it_is_some(usage: Any) -> None:
    read = read_usage(usage)
    assert read is None or read == Usage(usage["prompt_tokens"], usage.get("completion_tokens", 0))


spoken = st.lists(st.tuples(st.integers(0, 2), words), max_size=8)


@given(spoken, st.lists(st.sampled_from(["stop", "length"]), min_size=3, max_size=3))
def test_a_tally_adds_up_to_what_was_said(said: list[tuple[int, str]], ends: list[str]) -> None:
    tally = Tally()
    begun = sorted({index for index, _ in said})
    for index, text in said:
        tally.add({"choices": [{"index": index, "delta": {"content": text}, "finish_reason": None}]})
    assert tally.complete is False
    for index in begun:
        assert tally.complete is False
        tally.add({"choices": [{"index": index, "delta": {}, "finish_reason": ends[index]}]})
    assert tally.complete is bool(begun)
    assert tally.reply(0).text == "".join(text for index, text in said if index == 0)


@pytest.mark.parametrize(
    ("delta", "finish", "heard"),
    [
        ({}, None, False),
        ({"role": "assistant"}, None, False),
        ({"role": "assistant", "content": ""}, None, False),
        ({"role": "assistant", "content": None, "tool_calls": []}, None, False),
        ({"content": " "}, None, True),
        ({"tool_calls": [{"index": 0}]}, None, True),
        ({"reasoning_content": "hm"}, None, True),
        ({"refusal": "no"}, None, True),
        ({}, "stop", True),
    ],
)
def test_what_counts_as_having_said_something(delta: Json, finish: str | None, heard: bool) -> None:
    assert has_content(chunk(delta, finish)) is heard
    assert has_content({"choices": []}) is False


def pieces_of(text: str, cuts: list[int]) -> list[str]:
    places = sorted({min(cut, len(text)) for cut in cuts})
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


@given(words, st.lists(st.tuples(words, words), max_size=3), st.lists(st.integers(0, 20), max_size=4))
def test_what_was_taken_apart_is_put_together_again(text: str, calls: list[tuple[str, str]], cuts: list[int]) -> None:
    assembly = Assembly()

    async def hear() -> None:
        for piece in pieces_of(text, cuts):
            await assembly.hear(chunk({"role": "assistant", "content": piece}))
        for index, (name, arguments) in enumerate(calls):
            head = {
                "index": index,
                "id": f"call_{index}",
                "type": "function",
                "function": {"name": name, "arguments": ""},
            }
            await assembly.hear(chunk({"tool_calls": [head]}))
            for piece in pieces_of(arguments, cuts):
                await assembly.hear(chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}))
        await assembly.hear(chunk({}, "stop", usage={"prompt_tokens": 1}))

    asyncio.run(hear())
    whole = assembly.completion("m")
    message = whole["choices"][0]["message"]
    assert message["content"] == text and whole["choices"][0]["finish_reason"] == "stop"
    made = [(call["function"]["name"], call["function"]["arguments"]) for call in message.get("tool_calls", [])]
    assert made == calls and whole["usage"] == {"prompt_tokens": 1}


# --- errors of experts

statuses = st.integers(201, 599)
bodies_with_key = st.binary(max_size=60).map(lambda raw: raw + SECRET.encode()) | st.builds(
    lambda said, code: orjson.dumps({"error": {"message": f"{said}{SECRET}{said}", "code": code}}),
    words,
    leaves | words,
)


@given(statuses, st.dictionaries(st.just("retry-after"), words), bodies_with_key | anything.map(orjson.dumps))
def test_every_refusal_has_a_class_and_no_key_in_it(status: int, headers: dict[str, str], body: bytes) -> None:
    error = error_from(status, headers, body, SECRET)
    assert isinstance(error, ExpertError) and 400 <= error.status < 600
    assert SECRET not in error.message and "\n" not in error.message and len(error.message) < 600
    assert all(value.isdigit() for _, value in error_headers(error))


@given(anything)
def test_every_error_inside_a_success_has_a_class(said: Any) -> None:
    assert isinstance(error_in_stream(said, SECRET), ExpertError)


@given(words | st.floats().map(str))
@example("Mon, 01 Jan 0001 00:00:00 -0000")
@example("Fri, 31 Dec 9999 23:59:59 GMT")
@example("Mon, 99 Jan 2024 00:00:00 GMT")
@example("1e400")
@example("٣")
def test_any_retry_after_is_a_time_or_none(text: str) -> None:
    wait = retry_after({"retry-after": text})
    assert wait is None or wait >= 0


# --- requests

known_fields = ("stream", "stream_options", "n", "max_tokens", "max_completion_tokens", "tools", "functions")
requests = st.fixed_dictionaries(
    {
        "model": st.just("auto") | anything,
        "messages": st.lists(
            st.fixed_dictionaries(
                {"role": st.sampled_from(["user", "tool", "system"]) | anything},
                optional={"content": words | anything, "tool_calls": anything, "tool_call_id": anything},
            )
            | anything,
            max_size=3,
        )
        | anything,
    },
    optional={field: anything for field in (*known_fields, "modalities", "response_format", "coterie", "x")},
)
EXPERT = Expert(name="e", provider="openai", model="m", base_url="http://h", system="Be kind.", sampling={"top_p": 0.5})


@given(st.binary(max_size=200) | requests.map(orjson.dumps) | anything.map(orjson.dumps))
def test_whatever_comes_is_taken_or_refused(raw: bytes) -> None:
    try:
        body, wishes = read_chat(raw, {}, 2)
    except BadRequest as refused:
        assert refused.message and refused.status == 400
        return
    query = Query("dec_1", body["model"], body, wishes=wishes)
    assert isinstance(features_of(query, read=True).text, str) and isinstance(in_tool_loop(query), bool)
    asked = Consultation("m", query, features_of(query, read=False), 1.0)
    assert orjson.loads(orjson.dumps(prepare(EXPERT, asked)))["model"] == "m"


wished = st.builds(
    Wishes,
    thrift=st.none() | st.floats(0, 1),
    max_cost_usd=st.none() | st.floats(0, 100),
    max_calls=st.none() | st.integers(1, 100),
    deadline_s=st.none() | st.floats(0.001, 1000),
    experts=st.none() | st.lists(st.from_regex(r"[a-z/.-]{1,9}", fullmatch=True), min_size=1, max_size=3),
    session=st.none() | st.from_regex(r"[!-~]{1,20}", fullmatch=True),
    tags=st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), words, max_size=3),
    explain=st.booleans(),
)


@given(wished)
def test_wishes_may_be_written_as_headers(wishes: Wishes) -> None:
    given_ = wishes.model_dump(exclude_none=True)

    def written(value: Any) -> str:
        return (
            ", ".join(value)
            if isinstance(value, list)
            else value
            if isinstance(value, str)
            else orjson.dumps(value).decode()
        )

    headers = {f"x-coterie-{name.replace('_', '-')}": written(value) for name, value in given_.items()}
    assert Wishes.model_validate(wishes_in_headers(headers)) == wishes


# --- what is not ours passes through

extras = st.dictionaries(words.map(lambda name: f"x_{name}"), anything, max_size=4)


async def mirror(x: Exchange) -> None:
    """Answers with the fields that it was asked to answer with."""
    back = x.body["x_back"]
    if not x.body.get("stream"):
        await x.reply(200, {**completion("hi"), **back})
        return
    await x.begin()
    await x.event({**chunk({"content": "hi", **back}), **back})
    await x.event(chunk({}, "stop"))
    await x.event(b"[DONE]")
    await x.end()


@pytest.fixture(scope="module")
def mirrored(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway_in(tmp_path_factory.mktemp("mirror"), experts_yaml(office, "mirror", "first")) as running:
        yield running


no_reset = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@no_reset
@given(extras, extras)
def test_fields_that_are_not_ours_pass_both_ways(
    mirrored: Running, upstream: Upstream, there: Json, back: Json
) -> None:
    upstream.behave["mirror"] = mirror
    body = {"model": "mirror", "messages": [{"role": "user", "content": "hi", **there}], **there, "x_back": back}
    answer = mirrored.post("/v1/chat/completions", {**body, "coterie": {"explain": True}}).json()
    assert upstream.received[-1] == body
    ours = answer.pop("coterie")
    assert ours["experts"] == ["mirror"]
    assert answer == {**completion("hi"), **back, "model": "mirror"}


@no_reset
@given(extras)
def test_fields_that_are_not_ours_pass_in_streams_too(mirrored: Running, upstream: Upstream, back: Json) -> None:
    upstream.behave["mirror"] = mirror
    response = mirrored.ask("mirror", stream=True, x_back=back)
    first = orjson.loads(response.text.split("\n")[0].removeprefix("data: "))
    assert first == {**chunk({"content": "hi", **back}), **back, "model": "mirror"}
