"""A chat completion, from the official clients to a scripted upstream and back."""

from __future__ import annotations

import asyncio

import openai

from tests.conftest import Serve, experts_yaml
from tests.upstream import TOOL_CALL, Upstream

TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}]


def test_the_openai_client_gets_an_answer_and_learns_who_gave_it(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "first", price={"input_per_mtok": 1, "output_per_mtok": 2})) as running:
        answer = running.openai.chat.completions.create(model="first", messages=[{"role": "user", "content": "hi"}])
    assert answer.choices[0].message.content == "hello from first"
    assert answer.model == "first"
    assert answer.usage is not None and answer.usage.total_tokens == 18
    assert answer.model_extra is not None
    assert answer.model_extra["coterie"]["experts"] == ["first"]
    assert answer.model_extra["coterie"]["cost_usd"] == (11 * 1 + 7 * 2) / 1e6


def test_a_stream_has_one_id_one_model_and_its_usage_at_the_end(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "first")) as running:
        chunks = list(
            running.openai.chat.completions.create(
                model="auto",
                messages=[{"role": "user", "content": "hi"}],
                stream=True,
                stream_options={"include_usage": True},
            )
        )
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "hello from first"
    assert {c.id for c in chunks} == {"chatcmpl-up"}
    assert {c.model for c in chunks} == {"first"}
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].choices == [] and chunks[-1].usage is not None and chunks[-1].usage.total_tokens == 18
    assert chunks[-1].model_extra is not None and chunks[-1].model_extra["coterie"]["experts"] == ["first"]


def test_usage_is_always_asked_of_the_upstream_but_shown_only_to_who_wants_it(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "first")) as running:
        lines = running.events("first")
        record = running.get(f"/v1/decisions/{_decision(running.ask('first'))}").json()
    assert upstream.received[0]["stream_options"] == {"include_usage": True}
    assert not any("usage" in line for line in lines)
    assert record["input_tokens"] == 11 and record["output_tokens"] == 7


def _decision(response: object) -> str:
    return str(response.headers["x-coterie-decision"])  # type: ignore[attr-defined]


def test_the_async_client_works_too(serve: Serve, upstream: Upstream) -> None:
    async def ask(url: str) -> tuple[str | None, str]:
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none") as client:
            whole = await client.chat.completions.create(model="auto", messages=[{"role": "user", "content": "hi"}])
            stream = await client.chat.completions.create(
                model="auto", messages=[{"role": "user", "content": "hi"}], stream=True
            )
            return whole.choices[0].message.content, "".join([c.choices[0].delta.content or "" async for c in stream])

    with serve(experts_yaml(upstream, "first")) as running:
        whole, streamed = asyncio.run(ask(running.url))
    assert whole == streamed == "hello from first"


def test_tool_calls_pass_through_unchanged(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "tools", supports=["tools"])) as running:
        messages = [{"role": "user", "content": "What is the weather in Bern?"}]
        whole = running.openai.chat.completions.create(model="auto", messages=messages, tools=TOOLS)  # type: ignore[call-overload]
        stream = running.openai.chat.completions.create(model="auto", messages=messages, tools=TOOLS, stream=True)  # type: ignore[call-overload]
        pieces = [c.choices[0].delta.tool_calls[0] for c in stream if c.choices and c.choices[0].delta.tool_calls]
    assert whole.choices[0].message.tool_calls[0].model_dump() == TOOL_CALL
    assert whole.choices[0].finish_reason == "tool_calls"
    assert pieces[0].id == "call_1" and pieces[0].function.name == "weather"
    assert "".join(piece.function.arguments for piece in pieces) == '{"city": "Bern"}'
    assert upstream.received[0]["tools"] == TOOLS


def test_the_results_of_tool_calls_go_back_to_the_expert_that_made_them(serve: Serve, upstream: Upstream) -> None:
    policies = "auto: {explore: 1.0}"
    upstream.behave["left"] = upstream.behave["right"] = upstream.behave["tools"]
    with serve(experts_yaml(upstream, "left", "right", supports=["tools"], policies=policies)) as running:
        question = {"role": "user", "content": "What is the weather in Bern?"}
        for _ in range(8):
            first = running.post(
                "/v1/chat/completions", {"model": "auto", "messages": [question], "tools": TOOLS}
            ).json()
            messages = [question, first["choices"][0]["message"]]
            messages.append({"role": "tool", "tool_call_id": "call_1", "content": "sunny"})
            after = running.post("/v1/chat/completions", {"model": "auto", "messages": messages, "tools": TOOLS}).json()
            assert after["model"] == first["model"]


def test_what_is_not_ours_reaches_the_expert_and_comes_back_unchanged(serve: Serve, upstream: Upstream) -> None:
    extra = {
        "n": 1,
        "seed": 7,
        "logprobs": True,
        "top_logprobs": 2,
        "stop": ["\n"],
        "user": "u-1",
        "logit_bias": {"50256": -100},
        "an_unknown_field": {"deep": [1, None, 2.5, "ünï"]},
    }
    messages = [
        {"role": "system", "content": "be kind", "name": "boss"},
        {"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "odd", "x": 1}]},
    ]
    body = {"model": "first", "messages": messages, **extra, "coterie": {"tags": {"team": "a"}}}
    with serve(experts_yaml(upstream, "first")) as running:
        answer = running.post("/v1/chat/completions", body).json()
    assert upstream.received == [{"model": "first", "messages": messages, **extra}]
    assert answer["strange_field"] == {"kept": True}
    assert answer["choices"][0]["message"]["strange_message_field"] == [1, 2]


def test_an_experts_system_prompt_and_sampling_hold_where_the_caller_is_silent(
    serve: Serve, upstream: Upstream
) -> None:
    yaml = experts_yaml(upstream, "first", system="You are first.", sampling={"temperature": 0.1, "top_p": 0.5})
    with serve(yaml) as running:
        running.ask("first", temperature=0.9)
        own = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}]
        running.post("/v1/chat/completions", {"model": "first", "messages": own})
    assert upstream.received[0]["temperature"] == 0.9 and upstream.received[0]["top_p"] == 0.5
    assert upstream.received[0]["messages"][0] == {"role": "system", "content": "You are first."}
    assert upstream.received[1]["messages"][0] == {"role": "system", "content": "You are first.\n\nBe brief."}


def test_the_key_goes_to_the_expert_and_nowhere_else(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "first", "deny", api_key_env="UPSTREAM_KEY", retries=0)) as running:
        running.ask("first")
        denied = running.ask("deny")
        pages = [running.get(page).text for page in ("/metrics", "/v1/models", "/ready")]
        record = running.get(f"/v1/decisions/{denied.headers['x-coterie-decision']}").text
        shown = repr(running.gateway.door.pipeline.pool)
    assert upstream.headers[0]["authorization"] == "Bearer sk-secret-123456"
    assert denied.status_code == 502 and denied.json()["error"]["code"] == "expert_denied"
    assert "deny" in denied.json()["error"]["message"]
    for text in (denied.text, record, shown, *pages):
        assert "sk-secret" not in text
