"""Chat completions over `/v1/completions`: one request for several, and its answer as one chat completion for each.

Knows both shapes; sends nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.errors import ExpertBroken
from gateway.types import Json
from gateway.wire.completion import read_usage

CHAT_ONLY = frozenset(
    "messages max_completion_tokens logprobs top_logprobs tools tool_choice parallel_tool_calls functions function_call"
    " modalities audio prediction reasoning_effort verbosity web_search_options store metadata".split()
)


def text_request(chat: Json, prompts: Sequence[str], *, most: int, stop: Sequence[str]) -> Json:
    """The request for all prompts at once. `most` tokens and `stop` hold where the chat request sets none."""
    body = {key: value for key, value in chat.items() if key not in CHAT_ONLY}
    if body.get("max_tokens") is None:
        body["max_tokens"] = chat.get("max_completion_tokens") or most
    if not body.get("stop") and stop:
        body["stop"] = list(stop)
    if chat.get("logprobs"):
        body["logprobs"] = chat.get("top_logprobs") or 0
    return {**body, "prompt": list(prompts)}


def split_choices(answer: Any, prompts: int, each: int) -> list[list[Json]]:
    """The choices of each prompt, as a chat completion has them; ExpertBroken where any is missing."""
    choices = answer.get("choices") if isinstance(answer, dict) else None
    parts: list[list[Json]] = [[] for _ in range(prompts)]
    for choice in choices if isinstance(choices, list) else ():
        place, rest = owner(choice, prompts, each)
        parts[place].append(_chat_choice(choice, rest))
    if any(len(part) != each for part in parts):
        raise ExpertBroken(f"was asked for {each} answers to each of {prompts} prompts and gave others")
    return parts


def owner(choice: Any, prompts: int, each: int) -> tuple[int, int]:
    """Which prompt a choice answers, and which of that prompt's choices it is."""
    index = choice.get("index") if isinstance(choice, dict) else None
    if not isinstance(index, int) or not 0 <= index < prompts * each:
        raise ExpertBroken("sent a choice whose index is that of no prompt")
    return divmod(index, each)


def text_of(choice: Json) -> str:
    """What a choice says, or adds."""
    text = choice.get("text")
    if not isinstance(text, str):
        raise ExpertBroken("sent a choice without text")
    return text


def chat_logprobs(logprobs: Any) -> Json | None:
    """Log probabilities as chat completions have them; None where there are none."""
    if not isinstance(logprobs, dict) or not isinstance(logprobs.get("tokens"), list):
        return None
    tokens, values = logprobs["tokens"], logprobs.get("token_logprobs") or []
    tops = logprobs.get("top_logprobs") or [{}] * len(tokens)
    if not len(tokens) == len(values) == len(tops):
        raise ExpertBroken("sent log probabilities of another length than its tokens")
    return {
        "content": [
            {**_token(token, value), "top_logprobs": [_token(*pair) for pair in (top or {}).items()]}
            for token, value, top in zip(tokens, values, tops, strict=True)
        ]
    }


def usage_shares(usage: Any, prompts: Sequence[int], texts: Sequence[int]) -> list[Json | None]:
    """One usage for each caller, which add up to the whole: by the estimated length of prompts, and of texts."""
    counted = read_usage(usage)
    if counted is None:
        return [None] * len(prompts)
    pairs = zip(shares(counted.input_tokens, prompts), shares(counted.output_tokens, texts), strict=True)
    return [{"prompt_tokens": a, "completion_tokens": b, "total_tokens": a + b} for a, b in pairs]


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """The total in whole parts as near as can be to the weights; what is left over goes to the largest remainders."""
    whole = sum(weights)
    if not whole:
        weights, whole = [1] * len(weights), len(weights)
    parts = [total * weight // whole for weight in weights]
    by_rest = sorted(range(len(weights)), key=lambda place: -(total * weights[place] % whole))
    for place in by_rest[: total - sum(parts)]:
        parts[place] += 1
    return parts


def _chat_choice(choice: Json, index: int) -> Json:
    message = {"role": "assistant", "content": text_of(choice).lstrip()}
    return {
        "index": index,
        "message": message,
        "logprobs": chat_logprobs(choice.get("logprobs")),
        "finish_reason": choice.get("finish_reason"),
    }


def _token(token: Any, value: Any) -> Json:
    return {"token": token, "logprob": value, "bytes": list(token.encode()) if isinstance(token, str) else None}
