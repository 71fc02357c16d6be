"""Endpoints that complete text and take a list of prompts: what waits for the expert goes as one POST.

The messages become prompts by the expert's template; every caller gets its part as a chat completion.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence

import orjson

from gateway.clients.base import Call, Say
from gateway.clients.endpoint import Endpoint
from gateway.clients.openai import check_ended
from gateway.clients.prompt import render
from gateway.clients.transport import Transport
from gateway.experts import Expert
from gateway.types import Json, Reply
from gateway.wire.completion import Tally, read_completion, tokens_in
from gateway.wire.text_completion import chat_logprobs, owner, split_choices, text_of, text_request, usage_shares

ANSWER_TOKENS = 1024
"""Of an answer that nobody bounds: such endpoints otherwise stop after 16. At most a quarter of the context."""

Pass = Callable[[int, Json], Awaitable[None]]


class CompletionsClient:
    """One expert behind `base_url`/completions."""

    def __init__(self, expert: Expert, base_url: str, key: str, transport: Transport) -> None:
        self._expert = expert
        self._endpoint = Endpoint(expert, f"{base_url}/completions", key, transport)

    def kind(self, call: Call) -> Hashable:
        """The same in everything but the messages."""
        rest = {key: value for key, value in call.body.items() if key != "messages"}
        return orjson.dumps(rest, option=orjson.OPT_SORT_KEYS)

    async def ask(self, call: Call) -> Reply:
        if call.hear is None:
            return (await self._whole([call]))[0]
        hear = call.hear
        return (await self._stream([call], [call.tally], lambda _, chunk: hear(chunk)))[0]

    async def ask_all(self, calls: Sequence[Call], say: Say) -> Sequence[Reply]:
        if calls[0].hear is None:
            return await self._whole(calls)

        async def pass_on(place: int, chunk: Json) -> None:
            say(place, chunk)

        return await self._stream(calls, [Tally() for _ in calls], pass_on)

    async def _whole(self, calls: Sequence[Call]) -> list[Reply]:
        answer = await self._endpoint.whole(self._request(calls))
        parts = split_choices(answer, len(calls), _each(calls))
        texts = [sum(tokens_in(len(choice["message"]["content"])) for choice in part) for part in parts]
        usages = usage_shares(answer.get("usage"), [call.prompt_tokens for call in calls], texts)
        head = {**_head(answer), "object": "chat.completion"}
        return [
            read_completion({**head, "choices": part, "usage": usage}, call.prompt_tokens)
            for call, part, usage in zip(calls, parts, usages, strict=True)
        ]

    async def _stream(self, calls: Sequence[Call], tallies: Sequence[Tally], pass_on: Pass) -> list[Reply]:
        parting = Parting(calls, tallies, pass_on)
        done = await self._endpoint.stream(self._request(calls), parting.take, lambda: parting.begun)
        await parting.end()
        for tally in tallies:
            check_ended(tally, done)
        return [tally.reply(call.prompt_tokens) for call, tally in zip(calls, tallies, strict=True)]

    def _request(self, calls: Sequence[Call]) -> Json:
        prompts = [render(call.body["messages"], self._expert.template) for call in calls]
        most = min(ANSWER_TOKENS, self._expert.context // 4)
        return text_request(calls[0].body, prompts, most=most, stop=self._expert.template.stop)


class Parting:
    """Splits the chunks of one stream among its callers. Usage comes for all together, and is split at the end."""

    def __init__(self, calls: Sequence[Call], tallies: Sequence[Tally], pass_on: Pass) -> None:
        self._calls = calls
        self._tallies = tallies
        self._pass_on = pass_on
        self._each = _each(calls)
        self._said: set[tuple[int, int]] = set()
        self._last: Json = {}

    @property
    def begun(self) -> bool:
        return any(tally.begun for tally in self._tallies)

    async def take(self, chunk: Json) -> None:
        """One chunk of the expert's: each of its choices goes to whom it belongs."""
        self._last = {**chunk, "usage": chunk.get("usage") or self._last.get("usage")}
        for choice in chunk.get("choices") or ():
            place, index = owner(choice, len(self._calls), self._each)
            part = {"index": index, "delta": self._delta(choice, (place, index)), "logprobs": None}
            part["logprobs"] = chat_logprobs(choice.get("logprobs"))
            await self._give(place, {"choices": [{**part, "finish_reason": choice.get("finish_reason")}]})

    async def end(self) -> None:
        """Everyone's share of the usage."""
        texts = [tokens_in(sum(map(len, tally.pieces))) for tally in self._tallies]
        shares = usage_shares(self._last.get("usage"), [call.prompt_tokens for call in self._calls], texts)
        for place, usage in enumerate(shares):
            if usage is not None:
                await self._give(place, {"choices": [], "usage": usage})

    def _delta(self, choice: Json, key: tuple[int, int]) -> Json:
        """The space between the prompt and the answer is left out."""
        text = text_of(choice)
        if key in self._said:
            return {"content": text}
        text = text.lstrip()
        if not text:
            return {}
        self._said.add(key)
        return {"role": "assistant", "content": text}

    async def _give(self, place: int, rest: Json) -> None:
        chunk = {**_head(self._last), "object": "chat.completion.chunk", **rest}
        self._tallies[place].add(chunk)
        await self._pass_on(place, chunk)


def _each(calls: Sequence[Call]) -> int:
    return calls[0].body.get("n") or 1


def _head(answer: Json) -> Json:
    return {key: answer[key] for key in ("id", "created", "model", "system_fingerprint") if key in answer}
