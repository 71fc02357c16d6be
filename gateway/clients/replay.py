"""Recorded answers in place of an expert: for evaluation, load tests and demonstrations. Asks nobody."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from gateway.clients.base import Call
from gateway.errors import ConfigError, ExpertRefused
from gateway.experts import Expert
from gateway.features import judged_text
from gateway.types import Json, Reply
from gateway.wire.completion import read_completion, tokens_in
from routers.errors import TableError
from routers.table import read_rows

PIECE_CHARACTERS = 24


def load_recorded(expert: Expert, folder: Path) -> Mapping[str, str]:
    """This expert's recorded answers, by query id and by question text where the questions are given.

    The table has the columns query_id and model, and the answer as response, or as pred.
    """
    assert expert.responses is not None
    try:
        rows = read_rows(folder / expert.responses, ("query_id", "model"))
        recorded = {str(row["query_id"]): _answer(row) for row in rows if row["model"] == expert.model}
        texts = read_rows(folder / expert.questions, ("query_id", "text")) if expert.questions else []
    except TableError as error:
        raise ConfigError(f"experts.yaml: {expert.name}: {error}") from None
    if not recorded:
        raise ConfigError(f"experts.yaml: {expert.name}: {expert.responses} holds no answer of model {expert.model!r}")
    by_text = {
        str(row["text"]).strip(): recorded[str(row["query_id"])] for row in texts if str(row["query_id"]) in recorded
    }
    return {**by_text, **recorded}


def _answer(row: Json) -> str:
    answer = row.get("response", row.get("pred"))
    return "" if answer is None else str(answer)


class ReplayClient:
    """One expert's recorded answers. What was never recorded is an error, never an empty answer."""

    def __init__(self, expert: Expert, recorded: Mapping[str, str]) -> None:
        self._expert = expert
        self._recorded = recorded

    async def ask(self, call: Call) -> Reply:
        question = call.query_id or judged_text(call.body["messages"][-1:])[0].strip()
        answer = self._recorded.get(question, "")
        if not answer:
            raise ExpertRefused("has no recorded answer to this question", code="not_recorded")
        usage = _usage(call.prompt_tokens, tokens_in(len(answer)))
        if call.hear is not None:
            for chunk in self._chunks(answer, usage):
                call.tally.add(chunk)
                await call.hear(chunk)
        return read_completion(self._completion(answer, usage), call.prompt_tokens)

    def _head(self, kind: str) -> Json:
        return {"id": "chatcmpl-replay", "object": kind, "created": int(time.time()), "model": self._expert.model}

    def _completion(self, answer: str, usage: Json) -> Json:
        message = {"role": "assistant", "content": answer}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return {**self._head("chat.completion"), "choices": [choice], "usage": usage}

    def _chunks(self, answer: str, usage: Json) -> Iterator[Json]:
        head = self._head("chat.completion.chunk")
        for start in range(0, len(answer), PIECE_CHARACTERS):
            delta = {"role": "assistant", "content": answer[start : start + PIECE_CHARACTERS]}
            yield {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        yield {**head, "choices": [], "usage": usage}


def _usage(prompt: int, written: int) -> Json:
    return {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}
