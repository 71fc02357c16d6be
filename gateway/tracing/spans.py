"""One span that says how it ended: well, or by which class of error. Messages are left out: they may quote a prompt."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gateway.errors import Cancelled, GatewayError

if TYPE_CHECKING:
    from opentelemetry.trace import Span, SpanKind, Tracer
    from opentelemetry.util.types import AttributeValue

Value = str | bool | int | float | Sequence[str] | None
Attributes = Mapping[str, Value]


@contextmanager
def spanning(tracer: Tracer, name: str, attributes: Attributes, kind: SpanKind | None = None) -> Iterator[Span]:
    """The span is the parent of all that begin inside, also in tasks that begin there."""
    from opentelemetry.trace import SpanKind

    with tracer.start_as_current_span(
        name,
        kind=kind or SpanKind.INTERNAL,
        attributes=known(attributes),
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield span
        except GatewayError as error:
            failed(span, error.code)
            raise
        except asyncio.CancelledError:
            failed(span, Cancelled.code)
            raise
        except Exception as problem:
            failed(span, type(problem).__name__)
            raise


def failed(span: Span, kind: str) -> None:
    """The span ended in this class of error."""
    from opentelemetry.trace import StatusCode

    span.set_attribute("error.type", kind)
    span.set_status(StatusCode.ERROR)


def known(attributes: Attributes) -> dict[str, AttributeValue]:
    """Without those of which nothing is known."""
    return {name: value for name, value in attributes.items() if value is not None}
