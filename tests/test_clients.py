"""The clients beside the OpenAI one: LiteLLM, recorded answers, and a model on this machine."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from gateway.models import MODELS, ModelError, fetch
from gateway.models.download import default_cache_dir
from tests.conftest import Serve, experts_yaml, until
from tests.upstream import Upstream

REPLAY = """
version: 1
experts:
  - name: recorded
    provider: replay
    model: some-model
    responses: responses.jsonl
    questions: questions.jsonl
  - {name: live, provider: openai, base_url: 'URL', model: live}
"""

LOCAL = """
version: 1
defaults: {provider: local, model: smollm2-135m-instruct, context: 512, max_concurrency: 4}
experts:
  - {name: plain}
  - {name: pirate, system: You are a pirate., sampling: {temperature: 0, max_tokens: 16}}
"""


def _record(folder: Path) -> None:
    (folder / "responses.jsonl").write_text(
        '{"query_id": "q1", "model": "some-model", "response": "It is the recorded forty-two."}\n'
        '{"query_id": "q2", "model": "another", "response": "Not mine."}\n'
    )
    (folder / "questions.jsonl").write_text(
        '{"query_id": "q1", "text": "What is it?"}\n{"query_id": "q2", "text": "And this?"}\n'
    )


def test_recorded_answers_stand_in_for_an_expert(serve: Serve, upstream: Upstream, tmp_path: Path) -> None:
    _record(tmp_path)
    with serve(REPLAY.replace("URL", upstream.url)) as running:
        by_text = running.ask("recorded", "What is it?").json()
        tagged = running.ask("recorded", "in other words", coterie={"tags": {"query_id": "q1"}}).json()
        lines = running.events("recorded", "What is it?")
    assert by_text["choices"][0]["message"]["content"] == "It is the recorded forty-two."
    assert tagged["choices"][0]["message"]["content"] == "It is the recorded forty-two."
    assert lines[-1] == "data: [DONE]" and len(lines) >= 3


def test_what_was_never_recorded_is_an_error_and_not_an_empty_answer(
    serve: Serve, upstream: Upstream, tmp_path: Path
) -> None:
    _record(tmp_path)
    with serve(REPLAY.replace("URL", upstream.url)) as running:
        for question in ("And this?", "Something else entirely?"):
            missing = running.ask("recorded", question)
            assert missing.status_code == 400 and missing.json()["error"]["code"] == "not_recorded"
            assert question not in missing.text


@pytest.fixture(scope="module")
def local_model() -> None:
    """The small model, fetched once into the user's cache."""
    try:
        fetch(MODELS["smollm2-135m-instruct"], default_cache_dir())
    except ModelError as error:
        pytest.skip(f"the local model cannot be fetched here: {error}")
    if importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("needs the local extra: pip install 'coterie[local]'")


@pytest.mark.usefixtures("local_model")
def test_a_model_on_this_machine_answers_whole_and_streamed(serve: Serve) -> None:
    with serve(LOCAL) as running:
        messages = [{"role": "user", "content": "Say hello."}]
        whole = running.openai.chat.completions.create(
            model="plain", messages=messages, max_tokens=8, temperature=0, logprobs=True, top_logprobs=2, seed=1
        )
        stream = list(
            running.openai.chat.completions.create(
                model="plain", messages=messages, max_tokens=8, temperature=0, seed=1, stream=True
            )
        )
        pirate = running.ask("pirate", "Who are you?").json()
    assert whole.choices[0].message.content == "".join(c.choices[0].delta.content or "" for c in stream if c.choices)
    assert whole.usage is not None and whole.usage.completion_tokens == 8
    assert whole.choices[0].logprobs is not None and len(whole.choices[0].logprobs.content or ()) == 8
    assert whole.choices[0].finish_reason == "length"
    assert pirate["model"] == "pirate" and pirate["usage"]["completion_tokens"] <= 16


@pytest.mark.usefixtures("local_model")
def test_a_prompt_too_long_for_the_local_model_is_the_callers_error(serve: Serve) -> None:
    with serve(LOCAL) as running:
        refused = running.ask("plain", "a b c d e f " * 150)
    assert refused.status_code == 400 and refused.json()["error"]["code"] == "context_length_exceeded"


@pytest.mark.usefixtures("local_model")
def test_who_leaves_a_local_answer_frees_the_model(serve: Serve) -> None:
    import httpx2

    body = {"model": "plain", "messages": [{"role": "user", "content": "Tell a very long story."}], "max_tokens": 400}
    with serve(LOCAL) as running:
        for stream in (True, False):
            with pytest.raises(httpx2.TimeoutException):
                httpx2.post(f"{running.url}/v1/chat/completions", json={**body, "stream": stream}, timeout=0.7)
                if stream:
                    raise httpx2.ReadTimeout("a stream may go on; leaving it is what counts")
            desk = running.gateway.door.pipeline.dispatcher.desks["plain"]
            assert until(lambda desk=desk: desk.lane.busy == 0)  # type: ignore[misc]


@pytest.mark.litellm
@pytest.mark.skipif(importlib.util.find_spec("litellm") is None, reason="needs the litellm extra")
@pytest.mark.filterwarnings("default")
def test_litellm_reaches_its_providers(serve: Serve, upstream: Upstream) -> None:
    yaml = experts_yaml(upstream, "first", "fail", "hang", retries=0, first_token_timeout_s=1.0, timeout_s=5)
    yaml = yaml.replace("provider: openai", "provider: litellm, api_key_env: UPSTREAM_KEY")
    for model in ("first", "fail", "hang"):
        yaml = yaml.replace(f"model: {model}}}", f"model: openai/{model}}}")
    with serve(yaml) as running:
        whole = running.ask("first")
        lines = running.events("first")
        failed = running.ask("fail")
        hung = running.ask("hang", stream=True)
    assert whole.json()["choices"][0]["message"]["content"] == "hello from first"
    assert whole.json()["usage"]["total_tokens"] == 18
    assert lines[-1] == "data: [DONE]"
    assert failed.status_code == 502 and "sk-secret" not in failed.text
    assert upstream.asked("fail") == 1
    assert hung.status_code in {200, 504} and "[DONE]" not in hung.text
    assert until(lambda: "hang" in upstream.gone)
