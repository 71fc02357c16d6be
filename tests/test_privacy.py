"""What a caller says stays between him and the expert: not in logs, not in the record, unless the operator keeps it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from gateway.clients.upstream_errors import LONGEST_MESSAGE, repeatable
from tests.conftest import Running, Serve, experts_yaml, until
from tests.upstream import Upstream

SAID = "my-very-private-words"
MODELS = ("first", "refuse", "too-long", "deny", "fail", "garbage", "die-mid-stream")


def ask_everything(running: Running) -> None:
    """Whole and streamed, with every way to fail, and requests that are refused outright."""
    for model in MODELS:
        running.ask(model, SAID)
        running.ask(model, SAID, stream=True)
    running.ask("nobody", SAID)
    running.ask("first", SAID, n="many")
    running.ask("first", SAID, coterie={"tags": {"query_id": "q1"}})
    running.post("/v1/chat/completions", f'{{"messages": [{{"content": "{SAID}"'.encode())


def files_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("records.db*"))


def test_no_word_of_a_prompt_is_logged_or_recorded(
    serve: Serve,
    upstream: Upstream,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    with serve(experts_yaml(upstream, *MODELS, retries=0)) as running:
        ask_everything(running)
    out, err = capfd.readouterr()
    assert SAID not in out + err + caplog.text
    assert err.count('"event":"answered"') >= 2 * len(MODELS) + 1
    stored = files_in(tmp_path)
    assert b"dec_" in stored and SAID.encode() not in stored


def test_texts_are_kept_where_the_operator_says_so(serve: Serve, upstream: Upstream, tmp_path: Path) -> None:
    with serve(experts_yaml(upstream, "first"), keep_texts_days=1) as running:
        running.ask("first", SAID)
        assert until(lambda: running.gateway.door.recorder.written == 1)
    stored = files_in(tmp_path)
    assert SAID.encode() in stored and b"hello from first" in stored


def test_an_error_that_quotes_the_prompt_reaches_the_caller_and_nobody_else(
    serve: Serve, upstream: Upstream, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async def quote(x: object) -> None:
        await x.reply(400, {"error": {"message": f"bad words: {SAID}", "code": "moderation"}})  # type: ignore[attr-defined]

    upstream.behave["quote"] = quote
    with serve(experts_yaml(upstream, "quote", "fail", retries=0)) as running:
        refused = running.ask("quote", SAID)
        both = running.ask("auto", SAID)
    assert SAID in refused.json()["error"]["message"] and SAID in both.json()["error"]["message"]
    assert SAID not in capfd.readouterr().err
    assert SAID.encode() not in files_in(tmp_path)


def test_a_key_at_the_place_where_a_long_message_is_cut_shows_no_part_of_itself() -> None:
    key = "sk-" + "k" * 40
    for before in range(LONGEST_MESSAGE - len(key), LONGEST_MESSAGE):
        assert "kk" not in repeatable("x" * before + key + "y" * 100, key)
