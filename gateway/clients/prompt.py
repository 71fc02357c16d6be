"""From messages to one prompt, for endpoints that complete text. Knows no endpoint."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gateway.experts import Template
from gateway.types import Json

SYSTEM = {"system", "developer"}


def render(messages: Iterable[Json], template: Template) -> str:
    """Each message in its form, and the beginning of an answer. Who is neither system nor assistant is the user."""
    return "".join(_said(message, template) for message in messages) + template.start


def _said(message: Json, template: Template) -> str:
    role = message.get("role")
    form = template.system if role in SYSTEM else template.assistant if role == "assistant" else template.user
    return form.replace("{content}", _text(message.get("content")))


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(
            part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str)
        )
    return content if isinstance(content, str) else ""
