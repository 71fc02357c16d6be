"""Where spans go. OpenTelemetry's own environment variables say whether and where, and its SDK sends them.

Off unless an endpoint is named. Spans wait in a bounded queue and a thread sends them, so that a collector that is away
costs spans and no request.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

log = logging.getLogger("coterie.tracing")

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
NAME = "coterie"


class Tracing:
    """What traced parts are made with."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self.tracer: Tracer = provider.get_tracer(NAME)

    async def close(self) -> None:
        """Send what waits."""
        await asyncio.to_thread(self._provider.shutdown)


def tracing_for(environment: Mapping[str, str]) -> Tracing | None:
    """None where tracing is off, or cannot be on because the extra is not installed; the log says so."""
    if not wanted(environment):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        log.warning("there will be no traces: pip install 'coterie[otel]', or unset OTEL_EXPORTER_OTLP_ENDPOINT")
        return None
    named = "OTEL_SERVICE_NAME" in environment or "service.name=" in environment.get("OTEL_RESOURCE_ATTRIBUTES", "")
    provider = TracerProvider(resource=Resource.create(None if named else {"service.name": NAME}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider)


def wanted(environment: Mapping[str, str]) -> bool:
    """Whether an endpoint is named, and tracing not switched off beside it."""
    off = (
        environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or environment.get("OTEL_TRACES_EXPORTER") == "none"
    )
    return not off and any(environment.get(name) for name in ENDPOINTS)
