"""What the tests of batches build with: lines, files of them, and a wait for the end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import orjson

from tests.conftest import Json, until

RowsIn = Callable[[Path, str], list[Any]]
ENDED = {"completed", "failed", "expired", "cancelled"}


def line(custom_id: str, text: str = "hi", model: str = "first", **more: Any) -> Json:
    """One line of a batch, as OpenAI's guide shows it; more: into its body."""
    body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
    return {"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": body}


def jsonl(*lines: Json | bytes) -> bytes:
    return b"".join((one if isinstance(one, bytes) else orjson.dumps(one)) + b"\n" for one in lines)


def upload(client: openai.OpenAI, content: bytes, name: str = "requests.jsonl") -> str:
    return client.files.create(file=(name, content), purpose="batch").id


def begin(client: openai.OpenAI, content: bytes, **more: Any) -> str:
    id = upload(client, content)
    return client.batches.create(input_file_id=id, endpoint="/v1/chat/completions", completion_window="24h", **more).id


def ended(client: openai.OpenAI, id: str, seconds: float = 20.0) -> Any:
    """The batch at its end."""
    assert until(lambda: client.batches.retrieve(id).status in ENDED, seconds), client.batches.retrieve(id)
    return client.batches.retrieve(id)


def lines_in(client: openai.OpenAI, file_id: str | None) -> list[Json]:
    """The lines of an output or an error file; none where there is no such file."""
    return [] if file_id is None else parsed(client.files.content(file_id).content)


def parsed(content: bytes) -> list[Json]:
    return [orjson.loads(one) for one in content.splitlines()]


def replayed(folder: Path, questions: int, experts: tuple[str, ...] = ("maths", "words"), **more: Any) -> str:
    """experts.yaml over recorded answers to so many questions, whose tables are written into the folder."""
    with (folder / "answers.jsonl").open("wb") as answers, (folder / "questions.jsonl").open("wb") as texts:
        for number in range(questions):
            texts.write(orjson.dumps({"query_id": f"q{number}", "text": question(number)}) + b"\n")
            for expert in experts:
                row = {"query_id": f"q{number}", "model": expert, "response": f"{expert} says {number}"}
                answers.write(orjson.dumps(row) + b"\n")
    extra = "".join(f", {key}: {orjson.dumps(value).decode()}" for key, value in more.items())
    ability = {expert: {"default": 0.5 + 0.1 * place} for place, expert in enumerate(experts)}
    return "\n".join(
        [
            "version: 1",
            f"defaults: {{provider: replay, responses: answers.jsonl, questions: questions.jsonl{extra}}}",
            "experts:",
            *(
                f"  - {{name: {expert}, model: {expert}, abilities: {orjson.dumps(ability[expert]).decode()},"
                f" price: {{input_per_mtok: 1, output_per_mtok: 2}}}}"
                for expert in experts
            ),
        ]
    )


def question(number: int) -> str:
    subjects = ("What is the derivative of x to the power", "Who was king in the year", "Write a loop that counts to")
    return f"{subjects[number % 3]} {number}?"


def asked(questions: int, model: str = "auto") -> bytes:
    """A batch of so many recorded questions."""
    return jsonl(*(line(f"c{number}", question(number), model) for number in range(questions)))
