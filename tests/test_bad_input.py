"""Requests that are wrong in any way: one clear error in OpenAI's shape, and the next request is answered."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import orjson
import pytest

from tests.conftest import Json, Running, Serve, beside, error_of, experts_yaml, gateway_in, metric, until, unused_tls
from tests.upstream import Office, Upstream

CHAT = "/v1/chat/completions"
HI: list[Json] = [{"role": "user", "content": "hi"}]
DEEP = b"[" * 100_000 + b"]" * 100_000


def chat(**more: Any) -> Json:
    return {"model": "first", "messages": HI, **more}


def message(**more: Any) -> Json:
    return chat(messages=[{**HI[0], **more}])


def holding(raw: bytes) -> bytes:
    """A request that is right but for an unknown field that holds this."""
    return orjson.dumps(chat(x=0)).removesuffix(b"0}") + raw + b"}"


@pytest.fixture(scope="module")
def open_gateway(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    yaml = experts_yaml(office, "first", "second", supports=["tools", "images", "json_schema"])
    with gateway_in(tmp_path_factory.mktemp("bad"), yaml, max_body_bytes=1_000_000, body_timeout_s=0.4) as running:
        yield running


@pytest.fixture
def gateway(open_gateway: Running, upstream: Upstream) -> Iterator[Running]:
    """One for all tests here; it answers after each of them."""
    yield open_gateway
    response = open_gateway.ask("first")
    assert (response.status_code, response.json()["model"]) == (200, "first")
    assert metric(open_gateway, "coterie_in_work") == 0


def raw(running: Running, *pieces: bytes, every_s: float = 0.0, wait_s: float = 3.0) -> bytes:
    """What comes back for these bytes, until the other side closes or falls silent."""
    host, port = running.url.removeprefix("http://").split(":")
    heard = b""
    with socket.create_connection((host, int(port)), timeout=wait_s) as line:
        line.settimeout(wait_s)
        try:
            for piece in pieces:
                line.sendall(piece)
                time.sleep(every_s)
            while piece := line.recv(65536):
                heard += piece
        except (TimeoutError, ConnectionError):
            pass
    return heard


def head(*lines: str, length: int | None = None, version: str = "1.1") -> bytes:
    """The head of a POST of a chat completion, with these header lines, after which the connection closes."""
    fixed = ["host: x", "connection: close"] + ([] if length is None else [f"content-length: {length}"])
    return "\r\n".join([f"POST {CHAT} HTTP/{version}", *fixed, *lines, "", ""]).encode("latin-1")


def parsed(heard: bytes) -> tuple[int, Json]:
    """Status and error of a raw response."""
    top, _, body = heard.partition(b"\r\n\r\n")
    assert b"content-type: application/json" in top
    said = orjson.loads(body)
    assert set(said) == {"error"} and set(said["error"]) == {"message", "type", "param", "code"}
    return int(top.split(b" ", 2)[1]), said["error"]


NOT_JSON = {
    "nothing": b"",
    "a word": b"hello",
    "half of it": b'{"model": "first", "mess',
    "two documents": b"{}{}",
    "invalid UTF-8": b'{"model": "\xff"}',
    "a lone surrogate": rb'{"model":"first","messages":[{"role":"user","content":"\ud800"}]}',
    "half an escape": rb'{"model":"first","messages":[{"role":"user","content":"\u12"}]}',
    "not a number": holding(b"NaN"),
    "infinity": holding(b"Infinity"),
    "a number beyond all": holding(b"9" * 400),
    "a raw line break": holding(b'"a\nb"'),
    "brackets without end": b"[" * 100_000,
    "brackets all the way down": holding(DEEP),
    "braces all the way down": holding(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "UTF-16": '{"model": "first"}'.encode("utf-16"),
}


@pytest.mark.parametrize("case", NOT_JSON)
@pytest.mark.parametrize("path", [CHAT, "/v1/route", "/v1/feedback"])
def test_what_is_not_json(gateway: Running, path: str, case: str) -> None:
    response = gateway.post(path, NOT_JSON[case])
    said = error_of(response)
    assert response.status_code == 400
    assert (said["type"], said["param"], said["code"]) == ("invalid_request_error", None, "invalid_request")
    assert said["message"].startswith("The body is not valid JSON: ") and len(said["message"]) < 200


@pytest.mark.parametrize("body", [b"[]", b'"hi"', b"5", b"null", b"true", b"[{}]"])
@pytest.mark.parametrize("path", [CHAT, "/v1/route", "/v1/feedback"])
def test_json_that_is_no_object(gateway: Running, path: str, body: bytes) -> None:
    response = gateway.post(path, body)
    assert response.status_code == 400 and error_of(response)["message"].startswith("The body must be a JSON object")


@pytest.mark.parametrize(("levels", "status"), [(240, 200), (260, 400), (1000, 400)])
def test_what_is_nested_too_deeply_to_be_passed_on_is_refused(gateway: Running, levels: int, status: int) -> None:
    response = gateway.post(CHAT, holding(b"[" * levels + b"]" * levels))
    assert response.status_code == status
    assert status == 200 or error_of(response)["message"] == "The body is nested more than 250 levels deep."


WRONG: list[tuple[Json, str]] = [
    ({}, "model"),
    ({"messages": HI}, "model"),
    ({"model": "first"}, "messages"),
    (chat(model=5), "model"),
    (chat(model=None), "model"),
    (chat(model=""), "model"),
    (chat(model="x" * 257), "model"),
    (chat(messages=[]), "messages"),
    (chat(messages=None), "messages"),
    (chat(messages={}), "messages"),
    (chat(messages="hi"), "messages"),
    (chat(messages=[5]), "messages.0"),
    (chat(messages=[*HI, {}]), "messages.1.role"),
    (chat(messages=[{"role": ""}]), "messages.0.role"),
    (chat(messages=[{"role": 5}]), "messages.0.role"),
    (message(content=5), "messages.0.content"),
    (message(content={}), "messages.0.content"),
    (message(content=[5]), "messages.0.content"),
    (message(content=[{}]), "messages.0.content"),
    (message(content=[{"type": 5}]), "messages.0.content"),
    (message(content=[{"type": "text", "text": 5}]), "messages.0.content"),
    (message(tool_calls={}), "messages.0.tool_calls"),
    (message(tool_calls=[5]), "messages.0.tool_calls.0"),
    (chat(stream="yes"), "stream"),
    (chat(stream=1), "stream"),
    (chat(stream_options=[]), "stream_options"),
    (chat(stream_options={"include_usage": "yes"}), "stream_options.include_usage"),
    (chat(n=0), "n"),
    (chat(n=129), "n"),
    (chat(n=1.5), "n"),
    (chat(n=True), "n"),
    (chat(n="1"), "n"),
    (chat(max_tokens=-1), "max_tokens"),
    (chat(max_tokens="5"), "max_tokens"),
    (chat(max_tokens=1e30), "max_tokens"),
    (chat(max_completion_tokens=1.5), "max_completion_tokens"),
    (chat(tools={}), "tools"),
    (chat(tools=[5]), "tools.0"),
    (chat(functions="f"), "functions"),
    (chat(response_format="json"), "response_format"),
    (chat(response_format={}), "response_format.type"),
    (chat(modalities="audio"), "modalities"),
    (chat(modalities=[1]), "modalities.0"),
    (chat(coterie=5), "coterie"),
    (chat(coterie=[]), "coterie"),
]


@pytest.mark.parametrize(("body", "param"), WRONG, ids=lambda case: str(case)[-60:])
def test_a_field_of_the_wrong_kind_is_named(gateway: Running, upstream: Upstream, body: Json, param: str) -> None:
    asked, shown = gateway.post(CHAT, body), gateway.post("/v1/route", body)
    for response in (asked, shown):
        said = error_of(response)
        assert (response.status_code, said["param"], said["code"]) == (400, param, "invalid_request")
        assert said["message"].startswith(f"{param}: ") and len(said["message"]) < 200
    assert upstream.received == []


STRANGE: list[Json] = [
    chat(messages=[{"role": "user", "content": "a\x00b\x1f\u2028"}]),
    chat(messages=[{"role": "user", "content": ""}]),
    chat(messages=[{"role": "user"}]),
    chat(messages=[{"role": "user", "content": []}]),
    chat(messages=[{"role": "a role nobody knows", "content": "hi"}]),
    chat(messages=[{"role": "tool", "tool_call_id": {"odd": 1}, "content": "x"}]),
    chat(messages=[{"role": "tool", "content": "x"}]),
    chat(messages=[{"role": "user", "content": [{"type": "unheard_of"}, {"type": "text", "text": None}]}]),
    chat(stream=None, n=None, max_tokens=None, tools=None, response_format=None, modalities=None),
    chat(max_tokens=2**63, seed=2**64 - 1, temperature=-1e308),
    chat(max_tokens=0, n=128, tools=[], functions=[], modalities=[]),
    chat(**{"": 1, "\x00": 2, "ключ": 3, "x" * 1000: 4}),
]


@pytest.mark.parametrize("body", STRANGE, ids=lambda body: str(body)[-60:])
def test_what_is_only_strange_is_passed_on(gateway: Running, upstream: Upstream, body: Json) -> None:
    asked, routed = gateway.post(CHAT, body), gateway.post(CHAT, {**body, "model": "auto"})
    assert (asked.status_code, routed.status_code) == (200, 200)
    assert upstream.received[0] == body


def test_the_last_of_equal_keys_counts(gateway: Running, upstream: Upstream) -> None:
    response = gateway.post(CHAT, b'{"model":"nobody",' + orjson.dumps(chat())[1:])
    assert response.status_code == 200 and upstream.received == [chat()]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("frist", "first"),
        ("First", "first"),
        ("auto:cheep", "auto:cheap"),
        ("secnd", "second"),
        ("coterie/vote", "auto:vote"),
    ],
)
def test_an_unknown_model_is_answered_with_the_nearest_names(gateway: Running, name: str, near: str) -> None:
    for response in (gateway.ask(name), gateway.ask(name, stream=True), gateway.post("/v1/route", chat(model=name))):
        said = error_of(response)
        assert (response.status_code, said["code"], said["param"]) == (404, "model_not_found", "model")
        assert f"'{name}' does not exist" in said["message"] and near in said["message"].split("Did you mean")[1]
    looked_up = gateway.get(f"/v1/models/{name}")
    assert looked_up.status_code == 404 and near in error_of(looked_up)["message"]


def test_prompts_without_packs_are_refused_with_what_they_need(gateway: Running) -> None:
    said = error_of(gateway.ask("auto:prompts"))
    assert said["code"] == "model_not_found" and "names `packs`" in said["message"]


@pytest.mark.parametrize("name", ["\x00", "а" * 256, "../../etc/passwd", "{}", "%s%n", "auto:", ":auto"])
def test_a_model_with_a_name_like_nothing(gateway: Running, name: str) -> None:
    response = gateway.ask(name)
    assert (response.status_code, error_of(response)["code"]) == (404, "model_not_found")


WISHES = [
    ({"thirft": 1}, "coterie.thirft", "Did you mean 'thrift'?"),
    ({"": 1}, "coterie.", "Allowed: thrift, max_cost_usd"),
    ({"thrift": 1.1}, "coterie.thrift", "less than or equal to 1"),
    ({"thrift": "0.5"}, "coterie.thrift", "valid number"),
    ({"max_calls": 0}, "coterie.max_calls", "greater than 0"),
    ({"max_calls": 1.5}, "coterie.max_calls", "valid integer"),
    ({"max_cost_usd": -1}, "coterie.max_cost_usd", "greater than or equal to 0"),
    ({"deadline_s": 0}, "coterie.deadline_s", "greater than 0"),
    ({"experts": []}, "coterie.experts", "at least 1 item"),
    ({"experts": "first"}, "coterie.experts", "valid list"),
    ({"experts": [1]}, "coterie.experts.0", "valid string"),
    ({"experts": ["frist"]}, "coterie.experts", "Allowed: first, second"),
    ({"strategy": "vot"}, "coterie.strategy", "Allowed: "),
    ({"router": "x"}, "coterie.router", "Allowed: blend"),
    ({"retrieve": "maybe"}, "coterie.retrieve", "'auto', 'never' or 'always'"),
    ({"session": ""}, "coterie.session", "at least 1 character"),
    ({"session": "x" * 257}, "coterie.session", "at most 256 characters"),
    ({"tags": {"a": 1}}, "coterie.tags.a", "valid string"),
    ({"tags": {"a": "x" * 129}}, "coterie.tags.a", "at most 128 characters"),
    ({"tags": {str(n): "" for n in range(17)}}, "coterie.tags", "at most 16 items"),
    ({"explain": "yes"}, "coterie.explain", "valid boolean"),
]


@pytest.mark.parametrize(("wishes", "param", "words"), WISHES)
def test_a_wish_that_is_none_is_named(
    gateway: Running, upstream: Upstream, wishes: Json, param: str, words: str
) -> None:
    response = gateway.ask("auto", coterie=wishes)
    said = error_of(response)
    assert response.status_code == 400 and said["code"] == "invalid_request"
    assert words in said["message"] and said["message"].startswith(f"{param}: ")
    assert upstream.received == []
    assert said["param"] == param


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("x-coterie-thirft", "1", "Allowed: x-coterie-thrift, "),
        ("x-coterie-decision", "dec_1", "unknown header"),
        ("x-coterie-thrift", "cheap", "must be a number"),
        ("x-coterie-thrift", "1e999", "must be a number"),
        ("x-coterie-thrift", "2", "less than or equal to 1"),
        ("x-coterie-max-calls", "0", "greater than 0"),
        ("x-coterie-experts", ",", "at least 1 item"),
        ("x-coterie-experts", "nobody", "Allowed: first, second"),
        ("x-coterie-tags", "[1]", "valid dictionary"),
        ("x-coterie-tags", "team=a", "must be a JSON object"),
        ("x-coterie-explain", "perhaps", "valid boolean"),
        ("x-coterie-strategy", "", "Allowed: "),
    ],
)
def test_a_header_of_ours_that_is_none_is_named(gateway: Running, name: str, value: str, words: str) -> None:
    response = gateway.post(CHAT, chat(model="auto"), headers={name: value})
    assert response.status_code == 400 and words in error_of(response)["message"]


def test_headers_wish_what_the_body_would_and_the_body_goes_first(gateway: Running) -> None:
    headers = {"X-Coterie-Experts": "first, second", "x-coterie-explain": "true", "x-coterie-max-calls": "2"}
    routed = gateway.post("/v1/route", chat(model="auto", coterie={"experts": ["second"]}), headers=headers).json()
    assert routed["plan"]["experts"] == ["second"] and routed["plan"]["limits"]["calls"] == 2


def test_a_body_over_the_limit_is_refused_however_it_comes(gateway: Running) -> None:
    large = b"x" * 1_000_001
    said = gateway.post(CHAT, large)
    chunks = httpx2.post(gateway.url + CHAT, content=iter([large[:500_000]] * 3), verify=unused_tls(), timeout=10)
    shown = gateway.post("/v1/route", large)
    for response in (said, chunks, shown):
        assert (response.status_code, error_of(response)["code"]) == (413, "body_too_large")
        assert "1000000 bytes" in error_of(response)["message"]
    assert gateway.post(CHAT, b" " * (1_000_000 - len(orjson.dumps(chat()))) + orjson.dumps(chat())).status_code == 200


def test_fifty_megabytes_are_too_much_where_nothing_else_is_said(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "first")) as running:
        response = running.post(CHAT, b"x" * 50_000_000)
        assert running.ask("first").status_code == 200
    assert (response.status_code, error_of(response)["code"]) == (413, "body_too_large")


def test_a_prompt_longer_than_every_context(gateway: Running, upstream: Upstream) -> None:
    for model in ("auto", "first"):
        response = gateway.ask(model, "word " * 10_000)
        said = error_of(response)
        assert (response.status_code, said["code"]) == (400, "context_length_exceeded")
        assert "context of 8192" in said["message"] and "first" in said["message"]
    assert upstream.received == []


def test_ten_thousand_messages(gateway: Running) -> None:
    response = gateway.post(CHAT, chat(messages=HI * 10_000))
    said = error_of(response)
    assert (response.status_code, said["param"]) == (400, "messages")
    assert said["message"] == "messages: 10000 messages; at most 2048 are taken"


def test_a_body_that_comes_a_byte_at_a_time(gateway: Running) -> None:
    begun = time.monotonic()
    heard = raw(gateway, head(length=1000), *[b"{"] * 3, every_s=0.1)
    status, said = parsed(heard)
    assert (status, said["code"]) == (408, "request_timeout") and "0.4 s" in said["message"]
    assert b"connection: close" in heard and time.monotonic() - begun < 2


def test_a_caller_who_hangs_up_in_the_middle_of_the_body(gateway: Running, upstream: Upstream) -> None:
    host, port = gateway.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(head(length=1000) + b'{"model"')
        assert until(lambda: metric(gateway, "coterie_in_work") == 1)
    assert until(lambda: metric(gateway, "coterie_in_work") == 0, 0.3)
    assert upstream.received == []


BODY = orjson.dumps(chat())
NOT_HTTP = {
    "a line break in a header": head("x-a: a\nb", length=len(BODY)) + BODY,
    "a control character in a header": head("x-a: a\x01b", length=len(BODY)) + BODY,
    "a NUL in a header": head("x-a: a\x00b", length=len(BODY)) + BODY,
    "a folded header": head("x-a: a\r\n b", length=len(BODY)) + BODY,
    "a header without a colon": head("nonsense", length=len(BODY)) + BODY,
    "two lengths": head("content-length: 3", length=len(BODY)) + BODY,
    "a negative length": head(length=-5) + BODY,
    "a length and chunks": head("transfer-encoding: chunked", length=len(BODY)) + b"0\r\n\r\n",
    "chunks that are none": head("transfer-encoding: chunked") + b"zz\r\n" + BODY,
    "chunks that break off in nonsense": head("transfer-encoding: chunked") + b'5\r\n{"mod\r\nzz\r\n',
    "a greeting in TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a method nobody knows": b"BREW /pot HTTP/1.1\r\nhost: x\r\n\r\n",
    "HTTP/2 without asking": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("case", NOT_HTTP)
def test_what_is_not_http_is_told_so_in_the_same_shape(gateway: Running, case: str) -> None:
    status, said = parsed(raw(gateway, NOT_HTTP[case]))
    assert (status, said["type"], said["code"]) == (400, "invalid_request_error", "invalid_http")


FINE = {
    "HTTP/1.0": head(length=len(BODY), version="1.0") + BODY,
    "no host": head(length=len(BODY)).replace(b"host: x\r\n", b"") + BODY,
    "chunks": head("transfer-encoding: chunked") + b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY),
    "an absolute address": head(length=len(BODY)).replace(CHAT.encode(), b"http://h" + CHAT.encode()) + BODY,
    "a question mark": head(length=len(BODY)).replace(CHAT.encode(), CHAT.encode() + b"?a=b&c=%00") + BODY,
    "letters of Latin-1": head("x-coterie-session: \xfc\xff", length=len(BODY)) + BODY,
    "a strange request id": head('x-request-id: a b"c', length=len(BODY)) + BODY,
    "keys sent twice": head("authorization: a", "authorization: b", length=len(BODY)) + BODY,
}


@pytest.mark.parametrize("case", FINE)
def test_what_is_only_unusual_http_is_answered(gateway: Running, case: str) -> None:
    heard = raw(gateway, FINE[case])
    assert heard.startswith(b"HTTP/1.1 200 OK\r\n") and b'"hello from first"' in heard
    assert b'a b"c' not in heard


def test_requests_sent_without_waiting_are_answered_in_turn(gateway: Running) -> None:
    keep = head(length=len(BODY)).replace(b"connection: close\r\n", b"") + BODY
    bad = head(length=2).replace(b"connection: close\r\n", b"") + b"[]"
    heard = raw(gateway, keep + bad + head(length=len(BODY)) + BODY)
    statuses = [int(part[:3]) for part in heard.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [200, 400, 200]


def test_a_caller_who_waits_to_be_asked_for_the_body(gateway: Running) -> None:
    heard = raw(gateway, head("expect: 100-continue", length=len(BODY)), BODY, every_s=0.1)
    assert heard.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


def test_a_caller_who_offers_http2_is_answered_as_before(gateway: Running) -> None:
    offer = head("upgrade: h2c", "http2-settings: AAMAAABkAAQAAP__", length=len(BODY))
    heard = raw(gateway, offer.replace(b"connection: close", b"connection: Upgrade, HTTP2-Settings, close") + BODY)
    assert heard.startswith(b"HTTP/1.1 200 OK\r\n")


def test_an_address_without_end_is_refused(gateway: Running) -> None:
    status, said = parsed(raw(gateway, b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n"))
    assert (status, said["code"]) == (431, "headers_too_large")


@pytest.mark.parametrize("last", [1, 2, 3])
def test_a_head_may_come_in_pieces(gateway: Running, last: int) -> None:
    body = orjson.dumps(chat(messages=[{"role": "user", "content": "x"}], x="x" * 100_000))
    whole = head(length=len(body))
    assert raw(gateway, whole[:-last], whole[-last:] + body, every_s=0.05).startswith(b"HTTP/1.1 200 OK\r\n")


def test_an_offer_of_http2_may_come_in_pieces(gateway: Running) -> None:
    offer = head("upgrade: h2c", length=len(BODY)).replace(b"connection: close", b"connection: Upgrade, close")
    assert raw(gateway, offer[:-9], offer[-9:] + BODY, every_s=0.05).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("last", [1, 2, 3])
def test_a_head_that_follows_a_request_may_come_in_pieces(gateway: Running, last: int) -> None:
    closing = head(length=len(BODY))
    keep = closing.replace(b"connection: close\r\n", b"") + BODY
    heard = raw(gateway, keep + closing[:-last], closing[-last:] + BODY, every_s=0.05, wait_s=1)
    assert [part[:3] for part in heard.split(b"HTTP/1.1 ")[1:]] == [b"200", b"200"]


def test_who_speaks_tls_to_a_plain_port_is_told_at_once(gateway: Running) -> None:
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 32
    assert parsed(raw(gateway, hello, wait_s=1))[0] == 400


@pytest.mark.xfail(strict=True, reason="uvicorn sends chunks to callers of HTTP/1.0, who do not know them")
def test_a_stream_in_http_1_0_is_not_chunked(gateway: Running) -> None:
    body = orjson.dumps(chat(stream=True))
    heard = raw(gateway, head(length=len(body), version="1.0") + body)
    assert b"\r\n\r\ndata: " in heard and b"transfer-encoding" not in heard


def test_headers_without_end_are_refused(gateway: Running) -> None:
    """The refusal may be lost where the connection is closed before all was sent; then nothing is heard."""
    endless = head("x-a: " + "a" * 2_000_000, length=len(BODY)) + BODY
    heard = [answer for answer in (raw(gateway, endless) for _ in range(5)) if answer]
    assert heard and all(parsed(answer)[0] == 431 for answer in heard)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", CHAT, 405, "method_not_allowed"),
        ("PUT", CHAT, 405, "method_not_allowed"),
        ("DELETE", CHAT, 405, "method_not_allowed"),
        ("POST", "/v1/models", 405, "method_not_allowed"),
        ("GET", "/v1/feedback", 405, "method_not_allowed"),
        ("GET", "/nope", 404, "not_found"),
        ("POST", "/v1/completions", 404, "not_found"),
        ("GET", "//v1/models", 404, "not_found"),
        ("GET", "/%00", 404, "not_found"),
        ("GET", "/v1/models/nope", 404, "model_not_found"),
        ("GET", "/v1/models/%00%ff", 404, "model_not_found"),
        ("GET", "/v1/decisions/dec_nope", 404, "not_found"),
        ("GET", "/v1/decisions/%00%ff", 404, "not_found"),
        ("GET", "/v1/decisions/" + "x" * 5000, 404, "not_found"),
    ],
)
def test_paths_and_methods_that_are_not_there(gateway: Running, method: str, path: str, status: int, code: str) -> None:
    response = httpx2.request(method, gateway.url + path, verify=unused_tls())
    assert (response.status_code, error_of(response)["code"]) == (status, code)
    assert response.headers["x-request-id"]


FEEDBACK: list[tuple[Json, int, str]] = [
    ({}, 400, "decision_id"),
    ({"decision_id": ""}, 400, "decision_id"),
    ({"decision_id": 5, "score": 1}, 400, "decision_id"),
    ({"decision_id": "d"}, 400, "score"),
    ({"decision_id": "d", "score": 2}, 400, "score"),
    ({"decision_id": "d", "score": "1"}, 400, "score"),
    ({"decision_id": "d", "verdict": "meh"}, 400, "verdict"),
    ({"decision_id": "d", "score": 1, "coment": "x"}, 400, "coment"),
    ({"decision_id": "d", "score": 1, "comment": "x" * 10_001}, 400, "comment"),
    ({"decision_id": "d", "score": 1}, 404, "id"),
    ({"decision_id": "\x00", "score": 1}, 404, "id"),
]


@pytest.mark.parametrize(("body", "status", "param"), FEEDBACK)
def test_feedback_that_is_wrong(gateway: Running, body: Json, status: int, param: str) -> None:
    response = gateway.post("/v1/feedback", body)
    assert (response.status_code, error_of(response)["param"]) == (status, param)


@pytest.mark.parametrize("comment", ["", "\x00 gone", "ünï 😀", "'; DROP TABLE feedback; --"])
def test_feedback_takes_any_comment(gateway: Running, comment: str) -> None:
    id = gateway.ask("first").headers["x-coterie-decision"]
    for opinion in ({"score": 1}, {"score": 0.5, "verdict": "good"}, {"verdict": "bad"}):
        given = gateway.post("/v1/feedback", {"decision_id": id, "comment": comment, **opinion})
        assert given.status_code == 200 and given.json()["decision_id"] == id


def test_many_wrong_requests_at_once_leave_no_trace(gateway: Running) -> None:
    statuses: list[int] = []

    def badger() -> None:
        for body in (b"", b"[]", chat(n=0), chat(model="nope"), chat()):
            statuses.append(gateway.post(CHAT, body).status_code)

    threads = [threading.Thread(target=badger) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 8 + [400] * 24 + [404] * 8


KEYS = "acme:key-of-acme-1,umbrella:key-of-umbrella"
ACME, UMBRELLA = ({"authorization": f"Bearer {key}"} for key in ("key-of-acme-1", "key-of-umbrella"))
ADMIN = {"authorization": "Bearer admin-key-123"}


@pytest.fixture(scope="module")
def locked(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A gateway that asks for keys."""
    yaml = experts_yaml(office, "first", "second")
    folder = tmp_path_factory.mktemp("locked")
    with gateway_in(folder, yaml, api_keys=KEYS, admin_key="admin-key-123") as running:
        yield running


CALLS = [
    ("POST", CHAT, chat()),
    ("POST", CHAT, chat(stream=True)),
    ("POST", "/v1/route", chat()),
    ("POST", "/v1/feedback", {"decision_id": "d", "score": 1}),
    ("GET", "/v1/models", None),
    ("GET", "/v1/models/first", None),
    ("GET", "/v1/decisions/d", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_without_the_right_key_nothing_is_told(
    locked: Running, upstream: Upstream, method: str, path: str, body: Json | None
) -> None:
    for headers in ({}, {"authorization": "Bearer wrong-key"}, {"authorization": "key-of-acme-1"}, ADMIN):
        content = None if body is None else orjson.dumps(body)
        response = httpx2.request(method, locked.url + path, content=content, headers=headers, verify=unused_tls())
        said = error_of(response)
        assert (response.status_code, said["type"], said["code"]) == (401, "authentication_error", "invalid_api_key")
        assert "wrong-key" not in response.text and "Authorization: Bearer" in said["message"]
    assert upstream.received == []


def test_after_a_refusal_the_connection_is_of_further_use(locked: Running, upstream: Upstream) -> None:
    keep = head(length=200_000).replace(b"connection: close\r\n", b"") + b"x" * 200_000
    heard = raw(locked, keep + head("authorization: Bearer key-of-acme-1", length=len(BODY)) + BODY)
    assert [part[:3] for part in heard.split(b"HTTP/1.1 ")[1:]] == [b"401", b"200"]


@pytest.mark.parametrize("headers", [ACME, {"x-api-key": "key-of-acme-1"}])
def test_the_right_key_opens(locked: Running, upstream: Upstream, headers: dict[str, str]) -> None:
    assert locked.post(CHAT, chat(), headers=headers).status_code == 200
    assert locked.get("/v1/models", headers=headers).status_code == 200
    assert all("key-of-acme" not in str(sent) for sent in upstream.headers)


def test_no_tenant_sees_or_judges_the_decisions_of_another(locked: Running, upstream: Upstream) -> None:
    id = locked.post(CHAT, chat(), headers=ACME).headers["x-coterie-decision"]
    opinion = {"decision_id": id, "score": 1}
    assert locked.get(f"/v1/decisions/{id}", headers=ACME).json()["tenant"] == "acme"
    assert locked.post("/v1/feedback", opinion, headers=ACME).status_code == 200
    others = locked.get(f"/v1/decisions/{id}", headers=UMBRELLA)
    unknown = locked.get("/v1/decisions/dec_0000", headers=UMBRELLA)
    assert (others.status_code, unknown.status_code) == (404, 404)
    assert error_of(others)["message"].replace(id, "") == error_of(unknown)["message"].replace("dec_0000", "")
    assert locked.post("/v1/feedback", opinion, headers=UMBRELLA).status_code == 404
    assert until(lambda: metric(locked, "coterie_records_waiting") == 0)
    assert locked.get(f"/v1/decisions/{id}", headers=UMBRELLA).status_code == 404
    assert locked.get(f"/v1/decisions/{id}", headers=ACME).status_code == 200


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
def test_who_watches_over_the_gateway_needs_no_key(locked: Running, path: str) -> None:
    assert locked.get(path).status_code == 200


def test_reloading_needs_the_admin_key(locked: Running, gateway: Running) -> None:
    for headers in ({}, ACME, {"authorization": "Bearer admin-key-124"}):
        refused = locked.post("/admin/reload", headers=headers)
        assert (refused.status_code, error_of(refused)["code"]) == (401, "invalid_api_key")
    assert locked.post("/admin/reload", headers=ADMIN).json()["status"] == "reloaded"
    without = gateway.post("/admin/reload", headers=ADMIN)
    assert (without.status_code, error_of(without)["code"]) == (403, "forbidden")
    assert "COTERIE_ADMIN_KEY" in error_of(without)["message"]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("version: 1\nexperts: [\n", ":3: not YAML"),
        ("version: 1\nexperts:\n  - {name: a, provider: openai, modl: x}\n", ":3: experts[0].modl: unknown key"),
        ("version: 1\nexperts:\n  - {name: a, provider: litellm, model: x, api_key_env: NOT_SET}\n", "NOT_SET"),
    ],
)
def test_a_broken_configuration_changes_nothing(serve: Serve, upstream: Upstream, broken: str, words: str) -> None:
    with serve(experts_yaml(upstream, "first"), admin_key="admin-key-123") as running:
        file = running.gateway.settings.config
        file.write_text(broken)
        refused = running.post("/admin/reload", headers=ADMIN)
        assert refused.status_code == 400
        assert words in error_of(refused)["message"] and "the old one stays" in error_of(refused)["message"]
        assert running.get("/ready").json()["configuration"] == 1
        assert running.ask("first").status_code == 200
        file.write_text(experts_yaml(upstream, "first", "third"))
        assert running.post("/admin/reload", headers=ADMIN).json() == {"status": "reloaded", "configuration": 2}
        assert running.ask("third").status_code == 200


@pytest.mark.parametrize("stream", [False, True])
def test_what_runs_while_the_configuration_changes_comes_to_its_end(
    serve: Serve, upstream: Upstream, stream: bool
) -> None:
    with serve(experts_yaml(upstream, "held", retries=0), admin_key="admin-key-123", keepalive_s=0.05) as running:
        with beside(lambda: running.ask("held", stream=stream)) as answer:
            assert until(lambda: upstream.asked("held") == 1)
            running.gateway.settings.config.write_text(experts_yaml(upstream, "third"))
            assert running.post("/admin/reload", headers=ADMIN).json()["configuration"] == 2
            assert running.ask("third").status_code == 200
            assert running.ask("held").status_code == 404
            upstream.go.set()
            response = answer.result()
        assert response.status_code == 200 and "hello" in response.text
        assert not stream or response.text.endswith("data: [DONE]\n\n")
        record = running.get(f"/v1/decisions/{response.headers['x-coterie-decision']}").json()
        assert (record["status"], record["served"]) == ("ok", "held")
