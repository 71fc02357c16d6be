"""What an endpoint's error means to us. Knows status codes and OpenAI's error codes; never passes a key on."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from gateway.clients.transport import Headers
from gateway.errors import (
    ExpertBroken,
    ExpertBusy,
    ExpertDenied,
    ExpertError,
    ExpertFailed,
    ExpertRefused,
    ExpertTimeout,
)

REFUSALS = {400, 409, 413, 415, 422}
BUSY = {429, 503, 529}
LONGEST_MESSAGE = 500
CONTEXT_WORDS = ("context length", "context_length", "context size", "context window", "maximum context", "n_ctx")


def error_from(status: int, headers: Headers, body: bytes, key: str) -> ExpertError:
    """The error that an HTTP response other than 200 stands for."""
    message, code = _said(body, key)
    if status in {401, 403}:
        return ExpertDenied(f"does not take our key (HTTP {status}); check its api_key_env")
    if status in {404, 405}:
        return ExpertBroken(f"is not what its base_url and model say (HTTP {status}): {message}")
    if status in REFUSALS:
        return _refused(status, message, code)
    if status in BUSY:
        return ExpertBusy(f"is busy (HTTP {status}): {message}", retry_after_s=retry_after(headers))
    if status in {408, 504}:
        return ExpertTimeout(f"ran out of time itself (HTTP {status}): {message}")
    return ExpertFailed(f"failed (HTTP {status}): {message}")


def error_in_stream(error: Any, key: str) -> ExpertError:
    """The error that stands in a body that began as a success."""
    message, code = _said(orjson.dumps({"error": error}), key)
    if _speaks_of_context(message, code):
        return _refused(400, message, code)
    if code in {"429", "rate_limit_exceeded", "503"}:
        return ExpertBusy(f"is busy: {message}")
    return ExpertFailed(f"failed while answering: {message}")


def retry_after(headers: Headers) -> float | None:
    """Seconds until the endpoint wants to be asked again; None where it does not say."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None


def _refused(status: int, message: str, code: str) -> ExpertRefused:
    if _speaks_of_context(message, code):
        return ExpertRefused(f"refused: {message}", status=400, code="context_length_exceeded")
    return ExpertRefused(f"refused: {message}", status=status, code=code or None)


def _speaks_of_context(message: str, code: str) -> bool:
    return code == "context_length_exceeded" or any(word in message.lower() for word in CONTEXT_WORDS)


def _said(body: bytes, key: str) -> tuple[str, str]:
    """Message and code of an error body, whatever it is, without our key in it."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        said = body.decode("utf-8", "replace")
    error = said.get("error", said) if isinstance(said, dict) else said
    message, code = (error.get("message"), error.get("code")) if isinstance(error, dict) else (error, None)
    text = message if isinstance(message, str) else orjson.dumps(error).decode()
    return repeatable(text, key), str(code) if code is not None else ""


def repeatable(text: str, key: str) -> str:
    """Somebody else's words as we may pass them on: without our key, on one line, and not too many."""
    hidden = text.replace(key, "***") if key else text
    return " ".join(hidden.split())[:LONGEST_MESSAGE] or "no reason given"
