"""The first stage: what routers and the gate see of a query. Reads the messages; knows no expert, decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from gateway.form import FREE, form_of
from gateway.types import Features, Json, Query
from gateway.wire.completion import CHARACTERS_PER_TOKEN

TOKENS_PER_MESSAGE = 4
TOKENS_PER_ATTACHMENT = 800
READ_CHARACTERS = 4000
"""As much as a router reads of a query."""
EXPECTED_OUTPUT_TOKENS = 300

ENVELOPES = (
    "system-reminder",
    "system_reminder",
    "environment_details",
    "environment_context",
    "user_instructions",
    "additional_data",
    "attached_files",
    "ide_context",
    "context",
    "tool_result",
    "function_results",
)
"""Tags that agent harnesses wrap around what is not the user's question."""
LONG_TURN = 1200
LONGEST_ASK = 600
STANDS_ALONE = 24
FOLLOW_UP_ROOM = 600
REQUESTS = frozenset(
    """
    add analyse analyze answer calculate can change check classify compare complete compose compute convert correct
    could count create debug define derive describe design determine do does draft edit estimate evaluate examine
    explain extract fill find fix format generate give help how identify implement improve is list make name optimise
    optimize outline paraphrase plan please prove provide refactor rephrase reply respond review rewrite shorten show
    simplify solve sort state suggest sum summarise summarize tell test translate turn use what when where which who
    why write
    """.split()
)
"""How requests begin."""
LONGEST_TURN = 200_000
"""Of a longer turn only head and tail are searched for envelopes, so that the work stays bounded."""
ATTACHMENTS = {
    "image_url": "images",
    "input_image": "images",
    "image": "images",
    "input_audio": "audio",
    "file": "files",
    "input_file": "files",
}


def features_of(query: Query, *, read: bool) -> Features:
    """What can be seen without an encoder; the text to route by only where a router will `read` it."""
    body = query.body
    messages = body["messages"]
    text, truncated = judged_text(messages) if read else ("", False)
    limit, choices = _asked_tokens(body), body.get("n") or 1
    answered = max((n for n, message in enumerate(messages, 1) if message.get("role") == "assistant"), default=0)
    return Features(
        text=text,
        truncated=truncated,
        input_tokens=_input_tokens(body, messages),
        output_tokens=min(limit or EXPECTED_OUTPUT_TOKENS, EXPECTED_OUTPUT_TOKENS) * choices,
        needs=frozenset(_needs(body, messages)),
        max_output_tokens=limit,
        choices=choices,
        prefix_tokens=_input_tokens(body, messages[:answered]) if answered else 0,
        form=form_of(_asked(messages), query.wishes.answer) if read else FREE,
        whole=_whole(body, choices),
    )


def _whole(body: Json, choices: int) -> bool:
    """Whether the answer may hold what cannot be blended: tool calls, a given structure, sound, several choices."""
    response_format = body.get("response_format")
    structured = isinstance(response_format, dict) and response_format.get("type") != "text"
    spoken_aloud = "audio" in (body.get("modalities") or ())
    return bool(body.get("tools") or body.get("functions") or structured or spoken_aloud or choices > 1)


def _asked(messages: Sequence[Json]) -> str:
    """The latest user turn as it was written."""
    return next((spoken(message) for message in reversed(messages) if message.get("role") == "user"), "")


def judged_text(messages: Sequence[Json], room: int = READ_CHARACTERS) -> tuple[str, bool]:
    """The latest user turn first, then earlier ones while there is room; and whether anything was cut.

    Earlier turns get at most a third as much room as the latest has taken, so that they never outvote it, but always
    enough for a short follow-up ("shorter, please") to be understood. System messages and tool results are never read.
    """
    turns = (spoken(message) for message in reversed(messages) if message.get("role") == "user")
    kept: list[str] = []
    truncated = False
    for turn in filter(None, turns):
        if room <= 0:
            break
        asked = ask_in(turn)
        kept.append(head_and_tail(asked, room))
        truncated = truncated or len(asked) > room or len(asked) < len(turn)
        room = _room_left(room, len(asked), latest=len(kept) == 1)
    return "\n".join(kept), truncated


def _room_left(room: int, taken: int, *, latest: bool) -> int:
    if not latest:
        return room - taken - 1
    return min(room - taken - 1, taken // 3 if taken >= STANDS_ALONE else FOLLOW_UP_ROOM)


def ask_in(turn: str) -> str:
    """What a long turn asks, without what was pasted beside it; all of the turn where that cannot be told.

    People put the question before or after what they paste, in a paragraph or on a line of its own.
    """
    if len(turn) < LONG_TURN:
        return turn
    paragraphs = _pieces(turn.replace("\r\n", "\n").replace("\n \n", "\n\n"), "\n\n")
    lines = _pieces(turn, "\n")
    ends = [(paragraphs[0], lines[0]), (paragraphs[-1], lines[-1])]
    asks = [next(filter(is_ask, candidates), "") for candidates in ends]
    return "\n".join(dict.fromkeys(filter(None, asks))) or turn


def _pieces(text: str, between: str) -> list[str]:
    """The parts of a text that hold letters: fences and rules do not."""
    stripped = (piece.strip() for piece in text.split(between))
    return [piece for piece in stripped if any(map(str.isalpha, piece))] or [text]


def is_ask(paragraph: str) -> bool:
    """A short paragraph that ends in a question mark or begins like a request."""
    if len(paragraph) > LONGEST_ASK:
        return False
    first = (paragraph.split(maxsplit=1) or [""])[0].strip(",.:;!").lower()
    return paragraph.endswith("?") or "? " in paragraph or first in REQUESTS


def spoken(message: Json) -> str:
    """The text of a message without what a harness put around it; all of it, where nothing else would be left."""
    text = head_and_tail("\n".join(_texts(message.get("content"))).strip(), LONGEST_TURN)
    if "</" not in text:
        return text
    bare = text
    for tag in ENVELOPES:
        bare = _without(bare, f"<{tag}", f"</{tag}>")
    return bare.strip() or text


def _without(text: str, opening: str, closing: str) -> str:
    kept, position = [], 0
    while (start := text.find(opening, position)) >= 0 and (end := text.find(closing, start)) >= 0:
        kept.append(text[position:start])
        position = end + len(closing)
    return "".join(kept) + text[position:]


def head_and_tail(text: str, room: int) -> str:
    """The text, or its first and last parts with a gap where it is longer than the room."""
    if len(text) <= room:
        return text
    half = max(1, room // 2)
    return f"{text[:half]} … {text[-half:]}"


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for part in content:
            if isinstance(part, dict) and isinstance(part.get("text"), str):
                yield part["text"]


def _input_tokens(body: Json, messages: Sequence[Json]) -> int:
    characters, attachments = 0, 0
    for message in messages:
        content = message.get("content")
        if isinstance(content, str):
            characters += len(content)
        elif content:
            characters += sum(len(text) for text in _texts(content))
            attachments += sum(1 for part in content if part.get("type") in ATTACHMENTS)
        if message.get("tool_calls"):
            characters += len(orjson.dumps(message["tool_calls"]))
    for extra in ("tools", "functions", "response_format"):
        if body.get(extra):
            characters += len(orjson.dumps(body[extra]))
    return characters // CHARACTERS_PER_TOKEN + TOKENS_PER_MESSAGE * len(messages) + TOKENS_PER_ATTACHMENT * attachments


def _asked_tokens(body: Json) -> int | None:
    asked = body.get("max_completion_tokens") or body.get("max_tokens")
    return asked if isinstance(asked, int) and asked > 0 else None


def _needs(body: Json, messages: Sequence[Json]) -> Iterator[str]:
    """What an expert must support to take this query."""
    if body.get("tools") or body.get("functions"):
        yield "tools"
    response_format = body.get("response_format")
    if isinstance(response_format, dict) and response_format.get("type") == "json_schema":
        yield "json_schema"
    if "audio" in (body.get("modalities") or ()):
        yield "audio"
    for message in messages:
        content = message.get("content")
        if isinstance(content, list):
            yield from (ATTACHMENTS[part["type"]] for part in content if part.get("type") in ATTACHMENTS)
