"""Any provider that LiteLLM speaks. The library is imported when the first such expert is built, on a short leash."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any

from gateway.clients.base import Call
from gateway.clients.upstream_errors import BUSY, repeatable
from gateway.errors import (
    ExpertBroken,
    ExpertBusy,
    ExpertDenied,
    ExpertError,
    ExpertFailed,
    ExpertRefused,
    ExpertTimeout,
    ExpertUnreachable,
    StartError,
)
from gateway.experts import Expert
from gateway.settings import keep_litellm_offline
from gateway.types import Reply
from gateway.wire.completion import has_content, read_completion


def load_litellm() -> Any:
    """The library, with everything off that the gateway does itself; it takes seconds and some 100 MB."""
    keep_litellm_offline()
    try:
        library: Any = import_module("litellm")
    except ImportError:
        raise StartError("an expert has provider litellm; install it: pip install 'coterie[litellm]'") from None
    library.telemetry = False
    library.suppress_debug_info = True
    library.num_retries = None
    library.cache = None
    library.drop_params = False
    for hooks in ("callbacks", "input_callback", "success_callback", "failure_callback"):
        setattr(library, hooks, [])
    return library


class LiteLLMClient:
    """One expert through LiteLLM; retries, fallbacks and timeouts are the gateway's."""

    def __init__(self, expert: Expert, key: str, library: Any) -> None:
        self._expert = expert
        self._key = key
        self._library = library

    async def ask(self, call: Call) -> Reply:
        try:
            async with asyncio.timeout(self._expert.first_token_timeout_s if call.hear else None):
                response = await self._library.acompletion(**self._arguments(call))
        except TimeoutError:
            raise ExpertTimeout(f"did not begin to answer within {self._expert.first_token_timeout_s:g} s") from None
        except Exception as error:  # LiteLLM has a tree of its own for each provider; the class is read from its status
            raise self._in_our_words(error) from None
        if call.hear is None:
            return read_completion(response.model_dump(mode="json", exclude_none=True), call.prompt_tokens)
        return await self._listen(call, response)

    def _arguments(self, call: Call) -> dict[str, Any]:
        arguments = {**call.body, "num_retries": 0, "max_retries": 0, "caching": False, "no-log": True}
        if self._key:
            arguments["api_key"] = self._key
        if self._expert.base_url:
            arguments["base_url"] = self._expert.base_url
        if self._expert.headers:
            arguments["extra_headers"] = self._expert.headers
        return arguments

    async def _listen(self, call: Call, response: Any) -> Reply:
        assert call.hear is not None
        try:
            async for chunk in self._chunks(response):
                body = chunk.model_dump(mode="json", exclude_none=True)
                if body.get("usage") and not has_content(body):
                    body["choices"] = []
                call.tally.add(body)
                await call.hear(body)
        finally:
            await response.aclose()
        if not call.tally.complete:
            raise ExpertBroken("ended its stream without saying that it was done")
        return call.tally.reply(call.prompt_tokens)

    async def _chunks(self, response: Any) -> AsyncIterator[Any]:
        iterator = aiter(response)
        while True:
            try:
                async with asyncio.timeout(self._expert.between_tokens_timeout_s):
                    chunk = await anext(iterator, None)
            except TimeoutError:
                raise ExpertTimeout(f"sent nothing for {self._expert.between_tokens_timeout_s:g} s") from None
            except Exception as error:
                raise self._in_our_words(error) from None
            if chunk is None:
                return
            yield chunk

    def _in_our_words(self, error: Exception) -> ExpertError:
        message = repeatable(str(error), self._key)
        return _classes(getattr(error, "status_code", None), type(error).__name__, message)


def _classes(status: int | None, name: str, message: str) -> ExpertError:
    """LiteLLM's exceptions carry the HTTP status they stand for; a few are told by their name."""
    if "ContextWindow" in name:
        return ExpertRefused(f"refused: {message}", code="context_length_exceeded")
    if status in {401, 403}:
        return ExpertDenied("does not take our key; check its api_key_env")
    if status in BUSY:
        return ExpertBusy(f"is busy: {message}")
    if status in {408, 504} or "Timeout" in name:
        return ExpertTimeout(f"ran out of time: {message}")
    if "APIConnection" in name or isinstance(status, type(None)):
        return ExpertUnreachable(f"cannot be reached: {message}")
    if status == 404:
        return ExpertBroken(f"is not what its model says: {message}")
    return ExpertRefused(f"refused: {message}", status=status) if status < 500 else ExpertFailed(f"failed: {message}")
