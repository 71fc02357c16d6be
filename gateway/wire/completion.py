"""Reading what experts say: OpenAI completions and their chunks. Knows their shape; passes nothing on."""

from __future__ import annotations

from typing import Any

from gateway.errors import ExpertBroken
from gateway.types import Json, Reply, Usage

CHARACTERS_PER_TOKEN = 4
MOST = 2**31
"""More tokens than any call has: a count above it is none, and no database need hold it."""


def tokens_in(characters: int) -> int:
    """An estimate, where nobody counted."""
    return -(-characters // CHARACTERS_PER_TOKEN)


def read_completion(body: Any, prompt_tokens: int) -> Reply:
    """A whole completion; ExpertBroken where it is not one. `prompt_tokens` stands in where usage is missing."""
    choices = body.get("choices") if isinstance(body, dict) else None
    if not isinstance(choices, list) or not choices or not all(isinstance(choice, dict) for choice in choices):
        raise ExpertBroken("answered without choices")
    message = choices[0].get("message")
    if not isinstance(message, dict):
        raise ExpertBroken("answered without a message")
    text = _text(message.get("content"))
    usage = read_usage(body.get("usage")) or Usage(prompt_tokens, tokens_in(len(text)), estimated=True)
    return Reply(body, text, usage, choices[0].get("finish_reason"), _call_ids(message))


def read_usage(usage: Any) -> Usage | None:
    """Token counts as the expert gave them; None where it gave none."""
    if not isinstance(usage, dict):
        return None
    prompt, written = usage.get("prompt_tokens"), usage.get("completion_tokens", 0)
    if not (isinstance(prompt, int) and isinstance(written, int) and 0 <= prompt <= MOST and 0 <= written <= MOST):
        return None
    return Usage(prompt, written)


def has_content(chunk: Json) -> bool:
    """Whether a chunk holds anything that a caller would miss: more than a role, an empty text or a usage."""
    for choice in chunk.get("choices") or ():
        if choice.get("finish_reason") is not None:
            return True
        delta = choice.get("delta") or {}
        if any(value not in (None, "", []) for key, value in delta.items() if key != "role"):
            return True
    return False


def has_words(chunk: Json) -> bool:
    """Whether a chunk holds more than blanks and an end."""
    deltas = (choice.get("delta") or {} for choice in chunk.get("choices") or ())
    said = (value for delta in deltas for key, value in delta.items() if key != "role")
    return any(bool(value.strip() if isinstance(value, str) else value) for value in said)


def _call_ids(message: Json) -> tuple[str, ...]:
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list):
        raise ExpertBroken("sent tool calls that are not a list")
    return tuple(call["id"] for call in calls if isinstance(call, dict) and isinstance(call.get("id"), str))


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        texts = (part.get("text") for part in content if isinstance(part, dict))
        return "".join(text for text in texts if isinstance(text, str))
    return ""


class Tally:
    """Adds up the chunks of a stream: its text, its usage, and whether every choice has come to its end."""

    def __init__(self) -> None:
        self.first: Json = {}
        self.pieces: list[str] = []
        self.call_ids: list[str] = []
        self._begun: set[int] = set()
        self._ended: set[int] = set()
        self.begun = False
        self.finish_reason: str | None = None
        self.usage: Any = None

    def add(self, chunk: Json) -> None:
        """One more chunk; ExpertBroken where it is not one."""
        choices = chunk.get("choices")
        if not isinstance(choices, list):
            raise ExpertBroken("sent a chunk without choices")
        self.first = self.first or chunk
        self.usage = chunk.get("usage") or self.usage
        for choice in choices:
            self._choice(choice)
        self.begun = self.begun or has_content(chunk)

    def _choice(self, choice: Any) -> None:
        if not isinstance(choice, dict) or not isinstance(choice.get("delta", {}), dict | None):
            raise ExpertBroken("sent a chunk with a malformed choice")
        index = choice.get("index") or 0
        if not isinstance(index, int):
            raise ExpertBroken("sent a choice whose index is not a number")
        self._begun.add(index)
        if choice.get("finish_reason") is not None:
            self._ended.add(index)
            self.finish_reason = self.finish_reason or choice["finish_reason"]
        delta = choice.get("delta") or {}
        self.call_ids.extend(_call_ids(delta))
        content = delta.get("content")
        if index == 0 and isinstance(content, str):
            self.pieces.append(content)

    @property
    def complete(self) -> bool:
        """Every choice that began has said why it ended."""
        return self.finish_reason is not None and self._begun == self._ended

    def reply(self, prompt_tokens: int) -> Reply:
        """What the stream added up to so far."""
        text = "".join(self.pieces)
        usage = read_usage(self.usage) or Usage(prompt_tokens, tokens_in(len(text)), estimated=True)
        return Reply({"usage": self.usage} if self.usage else {}, text, usage, self.finish_reason, tuple(self.call_ids))
