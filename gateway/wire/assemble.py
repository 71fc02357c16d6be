"""From the chunks of a stream back to the whole completion, for callers who did not want a stream."""

from __future__ import annotations

from typing import Any

from gateway.types import Json

JOINED = ("content", "reasoning_content", "refusal")
HEAD = ("id", "created", "system_fingerprint")


class Assembly:
    """Collects chunks; `completion` is what the expert would have sent without `stream`."""

    def __init__(self) -> None:
        self._head: Json = {}
        self._rest: Json = {}
        self._choices: dict[int, Json] = {}

    async def hear(self, chunk: Json) -> None:
        """One more chunk."""
        self._head = self._head or {key: chunk[key] for key in HEAD if key in chunk}
        known = {"choices", "object", "model", *HEAD}
        self._rest.update((key, value) for key, value in chunk.items() if key not in known and value is not None)
        for part in chunk.get("choices") or ():
            index = part.get("index", 0)
            fresh = {"index": index, "message": {"role": "assistant", "content": None}, "finish_reason": None}
            _extend(self._choices.setdefault(index, fresh), part)

    def completion(self, model: str) -> Json:
        """The whole of it."""
        choices = [self._choices[index] for index in sorted(self._choices)]
        return {**self._head, "object": "chat.completion", "model": model, "choices": choices, **self._rest}


def _extend(choice: Json, part: Json) -> None:
    if part.get("finish_reason") is not None:
        choice["finish_reason"] = part["finish_reason"]
    for kind, tokens in (part.get("logprobs") or {}).items():
        have = choice.setdefault("logprobs", {}).setdefault(kind, [])
        have.extend(tokens or ())
    for key, value in (part.get("delta") or {}).items():
        _extend_message(choice["message"], key, value)


def _extend_message(message: Json, key: str, value: Any) -> None:
    if key in JOINED and isinstance(value, str):
        message[key] = (message.get(key) or "") + value
    elif key == "tool_calls":
        for call in value or ():
            _extend_call(message.setdefault("tool_calls", []), call)
    elif value is not None:
        message[key] = value


def _extend_call(calls: list[Json], part: Json) -> None:
    """Tool calls come in pieces: the head with id and name first, then the arguments bit by bit."""
    index = part.get("index", len(calls))
    while len(calls) <= index:
        calls.append({"type": "function", "function": {"name": "", "arguments": ""}})
    call, function = calls[index], part.get("function") or {}
    call.update((key, value) for key, value in part.items() if key not in {"index", "function"} and value is not None)
    for key, value in function.items():
        call["function"][key] = call["function"].get(key, "") + (value or "")
