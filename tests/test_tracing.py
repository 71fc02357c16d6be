"""Traces: the tree of one request, what its spans say and what they never say, and that they cost nothing when off."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Sampler
from opentelemetry.trace import SpanKind, StatusCode

from gateway.clients.transport import PyqwestTransport
from gateway.tracing.provider import Tracing, tracing_for
from tests.conftest import Serve, beside, experts_yaml, until
from tests.upstream import Upstream

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
INCOMING = {"traceparent": f"00-{TRACE}-{PARENT}-01"}


class Spans:
    """What a gateway made with `tracing` has ended, by name."""

    def __init__(self, sampler: Sampler | None = None) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(sampler=sampler)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracing = Tracing(provider)

    @property
    def all(self) -> Sequence[ReadableSpan]:
        return self._exporter.get_finished_spans()

    def one(self, name: str) -> ReadableSpan:
        [span] = [span for span in self.all if span.name == name]
        return span

    def parent(self, name: str) -> str:
        """The name of the span that this one is under."""
        parent = self.one(name).parent
        assert parent is not None
        [above] = [span.name for span in self.all if span.context.span_id == parent.span_id]
        return above


def said(span: ReadableSpan, **expected: object) -> None:
    """Each of these stands in the span, dots written as double underscores."""
    attributes = span.attributes or {}
    for name, value in expected.items():
        assert attributes.get(name.replace("__", ".")) == value, (name, dict(attributes))


def test_the_spans_of_a_request_are_a_tree(serve: Serve, upstream: Upstream) -> None:
    spans = Spans()
    with serve(experts_yaml(upstream, "first"), tracing=spans.tracing) as running:
        response = running.ask("auto")
    assert {span.name for span in spans.all} == {
        "POST /v1/chat/completions", "decide", "strategy single", "chat first",
    }  # fmt: skip
    assert spans.parent("chat first") == "strategy single"
    assert spans.parent("strategy single") == spans.parent("decide") == "POST /v1/chat/completions"
    request, call = spans.one("POST /v1/chat/completions"), spans.one("chat first")
    assert (request.kind, call.kind) == (SpanKind.SERVER, SpanKind.CLIENT)
    assert request.parent is None and request.status.status_code is StatusCode.UNSET
    decision_id = response.json()["coterie"]["decision_id"]
    said(request, http__response__status_code=200, coterie__decision_id=decision_id, coterie__calls=1)
    said(spans.one("decide"), coterie__router="blend", coterie__strategy="single", coterie__experts=("first",))


def test_a_call_says_what_the_conventions_ask_for(serve: Serve, upstream: Upstream) -> None:
    spans = Spans()
    priced = experts_yaml(upstream, "first", price={"output_per_mtok": 1000})
    with serve(priced, tracing=spans.tracing) as running:
        body = running.ask("auto", max_tokens=9).json()
    call = spans.one("chat first")
    said(call, gen_ai__operation__name="chat", gen_ai__provider__name="openai", gen_ai__request__model="first")
    said(call, gen_ai__request__max_tokens=9, gen_ai__response__finish_reasons=("stop",))
    said(call, gen_ai__usage__input_tokens=body["usage"]["prompt_tokens"])
    said(call, gen_ai__usage__output_tokens=body["usage"]["completion_tokens"])
    said(call, server__address="127.0.0.1", coterie__role="answer", coterie__retries=0)
    said(call, coterie__cost_usd=body["usage"]["completion_tokens"] / 1000)


def test_every_call_of_a_strategy_that_asks_several_is_under_it(serve: Serve, upstream: Upstream) -> None:
    spans = Spans()
    with serve(experts_yaml(upstream, "first", "second"), tracing=spans.tracing) as running:
        assert running.ask("auto:vote", "2 + 2 = ? A) 3 B) 4").status_code == 200
    strategy = spans.one("strategy vote").context.span_id
    calls = [span for span in spans.all if span.name.startswith("chat ")]
    assert {span.name for span in calls} == {"chat first", "chat second"}
    assert all(span.parent is not None and span.parent.span_id == strategy for span in calls)
    assert len({sent["traceparent"] for sent in upstream.headers}) == len(calls) == 2


@pytest.mark.parametrize("stream", [False, True])
def test_the_trace_goes_on_from_the_caller_to_the_expert(serve: Serve, upstream: Upstream, stream: bool) -> None:
    spans = Spans()
    with serve(experts_yaml(upstream, "first"), tracing=spans.tracing) as running:
        body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}], "stream": stream}
        running.post("/v1/chat/completions", body, headers={**INCOMING, "tracestate": "vendor=secret"})
        assert until(lambda: len(spans.all) == 4)
    request, call = spans.one("POST /v1/chat/completions"), spans.one("chat first")
    assert request.parent is not None and f"{request.parent.span_id:016x}" == PARENT
    assert {f"{span.context.trace_id:032x}" for span in spans.all} == {TRACE}
    [sent] = upstream.headers
    assert sent["traceparent"].startswith(f"00-{TRACE}-{call.context.span_id:016x}-0")
    assert "tracestate" not in sent


@pytest.mark.parametrize("given", ["", "nonsense", "00-0-0-00", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "\xff" * 50])
def test_a_broken_traceparent_begins_a_trace_of_its_own(serve: Serve, upstream: Upstream, given: str) -> None:
    spans = Spans()
    with serve(experts_yaml(upstream, "first"), tracing=spans.tracing) as running:
        body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}
        response = running.post("/v1/chat/completions", body, headers={b"traceparent": given.encode("latin-1")})
    assert response.status_code == 200
    assert spans.one("POST /v1/chat/completions").parent is None


def test_a_failed_call_says_how_it_failed_and_the_next_one_that_it_did_not(serve: Serve, upstream: Upstream) -> None:
    spans = Spans()
    fallback = experts_yaml(upstream, "fail", "first", retries=1, policies="auto: {thrift: 0}")
    with serve(fallback, tracing=spans.tracing) as running:
        codes = [running.ask("fail").status_code, running.ask("auto").status_code]
    assert codes == [502, 200]
    calls = [span for span in spans.all if span.name == "chat fail"]
    assert calls and all(span.status.status_code is StatusCode.ERROR for span in calls)
    said(calls[0], error__type="expert_failed", coterie__retries=1)
    named, routed = [span for span in spans.all if span.name.startswith("POST")]
    assert named.status.status_code is StatusCode.ERROR and routed.status.status_code is StatusCode.UNSET
    assert named.attributes and named.attributes["http.response.status_code"] == 502


def test_a_request_that_is_refused_has_a_span_that_says_so(serve: Serve, upstream: Upstream) -> None:
    spans = Spans()
    with serve(experts_yaml(upstream, "first"), tracing=spans.tracing) as running:
        assert running.ask("nobody").status_code == 404
    said(spans.one("decide"), error__type="model_not_found")
    said(spans.one("POST /v1/chat/completions"), http__response__status_code=404)


def test_a_caller_who_leaves_ends_every_span_as_that(serve: Serve, upstream: Upstream) -> None:
    import httpx2

    spans = Spans()
    with serve(experts_yaml(upstream, "hang"), tracing=spans.tracing) as running:
        with pytest.raises(httpx2.TimeoutException):
            body = {"model": "hang", "messages": [{"role": "user", "content": "hi"}]}
            httpx2.post(f"{running.url}/v1/chat/completions", json=body, timeout=0.5)
        assert until(lambda: len(spans.all) == 4)
    said(spans.one("chat hang"), error__type="client_left")
    said(spans.one("strategy single"), error__type="client_left")


def test_no_word_of_prompt_answer_or_key_stands_in_a_span(serve: Serve, upstream: Upstream) -> None:
    spans = Spans()
    with serve(experts_yaml(upstream, "first", "refuse", api_key_env="UPSTREAM_KEY"), tracing=spans.tracing) as running:
        running.ask("first", "the magic word is xyzzy")
        running.ask("refuse", "the magic word is xyzzy")
    text = "\n".join(span.to_json() for span in spans.all)
    assert "chat first" in text
    for secret in ("xyzzy", "hello from", "sk-secret", "max_tokens is too large"):
        assert secret not in text


def test_requests_beside_each_other_have_traces_of_their_own(serve: Serve, upstream: Upstream) -> None:
    spans = Spans()
    with serve(experts_yaml(upstream, "held", "first"), tracing=spans.tracing) as running:
        with beside(lambda: running.ask("held")) as one:
            assert until(lambda: upstream.asked("held") == 1)
            running.ask("first")
            upstream.go.set()
            assert one.result().status_code == 200
    calls = {name: spans.one(f"chat {name}").context.trace_id for name in ("held", "first")}
    assert calls["held"] != calls["first"]


def test_what_the_sampler_leaves_out_is_not_exported_and_experts_hear_so(serve: Serve, upstream: Upstream) -> None:
    spans = Spans(ALWAYS_OFF)
    with serve(experts_yaml(upstream, "first"), tracing=spans.tracing) as running:
        assert running.ask("auto").status_code == 200
    assert not spans.all
    assert int(upstream.headers[0]["traceparent"].rsplit("-", 1)[1], 16) & 1 == 0


def test_off_nothing_is_wrapped_and_nothing_sent(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "first")) as running:
        running.post(
            "/v1/chat/completions", {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}, headers=INCOMING
        )
        pipeline = running.gateway.door.pipeline
    assert type(pipeline).__name__ == "Pipeline"
    assert "traceparent" not in upstream.headers[0]


WITHOUT = """
import sys, logging
sys.modules["opentelemetry.sdk"] = sys.modules["opentelemetry.exporter"] = None  # as if not installed
import gateway.cli.serve
from gateway.tracing.provider import tracing_for
logging.basicConfig(format="%(message)s")
assert tracing_for({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}) is None
"""


def test_without_the_extra_the_gateway_runs_and_says_what_to_install() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], timeout=60, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "there will be no traces: pip install 'coterie[otel]'" in done.stderr


@pytest.mark.parametrize(
    ("environment", "on"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_the_standard_variables_say_whether(environment: dict[str, str], on: bool) -> None:
    assert (tracing_for(environment) is not None) is on


def test_the_transport_is_the_plain_one_without_tracing(serve: Serve, upstream: Upstream) -> None:
    from gateway.clients.build import Transports

    assert isinstance(Transports().within(1.0), PyqwestTransport)
