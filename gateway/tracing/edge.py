"""The two edges of a trace: the caller's `traceparent` comes in with a request, ours goes out with each call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.clients.transport import MOST_BYTES, Arrival, Transport, Whole
from gateway.tracing.provider import Tracing
from gateway.tracing.spans import failed, spanning

if TYPE_CHECKING:
    from opentelemetry.context import Context


class TracedApp:
    """An ASGI application, each of whose POSTs has a span of its own, under the caller's where it sent one.

    What is only looked at (health, metrics, lists) leaves no trace.
    """

    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self._app = app
        self._tracer = tracing.tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        posted = scope["type"] == "http" and scope["method"] == "POST"
        await (self._traced if posted else self._app)(scope, receive, send)

    async def _traced(self, scope: Scope, receive: Receive, send: Send) -> None:
        from opentelemetry import context
        from opentelemetry.trace import SpanKind

        token = context.attach(_parent(scope))
        said = {"http.request.method": scope["method"], "url.path": scope["path"]}
        try:
            with spanning(self._tracer, f"{scope['method']} {scope['path']}", said, SpanKind.SERVER) as span:

                async def noting(message: Message) -> None:
                    if message["type"] == "http.response.start":
                        span.set_attribute("http.response.status_code", message["status"])
                        if message["status"] >= 500:
                            failed(span, str(message["status"]))
                    await send(message)

                await self._app(scope, receive, noting)
        finally:
            context.detach(token)


class TracedTransport:
    """A transport that tells whoever is asked which span it is asked in."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def get(self, url: str, headers: Mapping[str, str]) -> Whole:
        return await self._transport.get(url, _marked(headers))

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, most: int = MOST_BYTES) -> Whole:
        return await self._transport.post(url, _marked(headers), body, most)

    async def open(self, url: str, headers: Mapping[str, str], body: bytes) -> Arrival:
        return await self._transport.open(url, _marked(headers), body)


def _parent(scope: Scope) -> Context:
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    sent = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return TraceContextTextMapPropagator().extract(sent, Context())


def _marked(headers: Mapping[str, str]) -> Mapping[str, str]:
    """With the span and no more of the caller's trace: its state is for its own tools, not for experts."""
    from opentelemetry.trace import get_current_span

    span = get_current_span().get_span_context()
    if not span.is_valid:
        return headers
    return {**headers, "traceparent": f"00-{span.trace_id:032x}-{span.span_id:016x}-{int(span.trace_flags):02x}"}
