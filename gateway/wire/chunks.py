"""A whole completion as the chunks of a stream, for callers who wanted one. The inverse of `assemble`."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.types import Json

HEAD = ("id", "created", "system_fingerprint")


def chunks_of(completion: Json) -> Iterator[Json]:
    """For each choice its message, then why it ended."""
    head = {key: completion[key] for key in HEAD if key in completion} | {"object": "chat.completion.chunk"}
    for choice in completion.get("choices") or ():
        index, message = choice.get("index", 0), choice.get("message") or {}
        delta = {key: value for key, value in message.items() if value is not None}
        said = {"index": index, "delta": delta, "finish_reason": None}
        if choice.get("logprobs") is not None:
            said["logprobs"] = choice["logprobs"]
        yield {**head, "choices": [said]}
        yield {
            **head,
            "choices": [{"index": index, "delta": {}, "finish_reason": choice.get("finish_reason") or "stop"}],
        }
