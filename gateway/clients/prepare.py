"""What an expert is sent: the caller's request with what experts.yaml says about the expert. Knows no client."""

from __future__ import annotations

from gateway.experts import Expert
from gateway.types import Json


def prepare(expert: Expert, body: Json) -> Json:
    """The caller's request as this expert gets it: its model name, system prompt and sampling; always with usage."""
    prepared = {**expert.sampling, **body, "model": expert.model}
    if expert.system:
        prepared["messages"] = _with_system(expert.system, body["messages"])
    if body.get("stream") is True:
        prepared["stream_options"] = {**(body.get("stream_options") or {}), "include_usage": True}
    return prepared


def _with_system(system: str, messages: list[Json]) -> list[Json]:
    """The expert's prompt first; the caller's own system message, where there is one, follows in the same message."""
    first = messages[0]
    if first.get("role") in {"system", "developer"} and isinstance(first.get("content"), str):
        return [{**first, "content": f"{system}\n\n{first['content']}"}, *messages[1:]]
    return [{"role": "system", "content": system}, *messages]
