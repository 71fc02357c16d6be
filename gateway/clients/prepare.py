"""What an expert is sent: the caller's request with what experts.yaml says about the expert. Knows no client."""

from __future__ import annotations

from gateway.errors import TooDear
from gateway.experts import Expert
from gateway.types import Consultation, Features, Json

CAPS = ("max_completion_tokens", "max_tokens")
"""How requests bound the length of an answer; the newer name first."""
FEWEST_TOKENS = 16
"""An answer shorter than this is hardly one, so that much must be affordable."""
ROUNDING = 1e-6
"""Of a token: what is affordable to the last one shall not be lost to floating point."""


def prepare(expert: Expert, asked: Consultation) -> Json:
    """The request as this expert gets it: its model name, system prompt and sampling; always with usage.

    TooDear where the dollars left do not pay for even a short answer.
    """
    body = asked.query.body
    prepared = {**expert.sampling, **body, "model": expert.model}
    if expert.system:
        prepared["messages"] = _with_system(expert.system, body["messages"])
    if asked.hear is None and prepared.get("stream"):
        prepared.pop("stream")
        prepared.pop("stream_options", None)
    elif asked.hear is not None:
        prepared["stream"] = True
        prepared["stream_options"] = {**(body.get("stream_options") or {}), "include_usage": True}
    most = None if asked.usd is None else _affordable(expert, asked.usd, asked.features)
    return prepared if most is None else _bounded(prepared, most, expert.name)


def least_usd(expert: Expert, features: Features) -> float:
    """What the shortest answer costs that `prepare` lets an expert be asked for."""
    own = next((expert.sampling[key] for key in CAPS if isinstance(expert.sampling.get(key), int)), FEWEST_TOKENS)
    most = own if features.max_output_tokens is None else features.max_output_tokens
    return expert.price.of(features.input_tokens, min(FEWEST_TOKENS, most) * features.choices)


def _with_system(system: str, messages: list[Json]) -> list[Json]:
    """The expert's prompt first; the caller's own system message, where there is one, follows in the same message."""
    first = messages[0]
    if first.get("role") in {"system", "developer"} and isinstance(first.get("content"), str):
        return [{**first, "content": f"{system}\n\n{first['content']}"}, *messages[1:]]
    return [{"role": "system", "content": system}, *messages]


def _affordable(expert: Expert, usd: float, features: Features) -> int | None:
    """Tokens that each choice may have for so many dollars; None where its tokens cost nothing."""
    price = expert.price
    if price.output_per_mtok == 0:
        return None
    left = usd - price.of(features.input_tokens, 0)
    return int(left / price.of(0, 1) / features.choices + ROUNDING)


def _bounded(body: Json, most: int, expert: str) -> Json:
    """The body with no answer longer than this."""
    given = next((key for key in CAPS if isinstance(body.get(key), int)), CAPS[-1])
    if isinstance(body.get(given), int) and body[given] <= most:
        return body
    if most < FEWEST_TOKENS:
        raise TooDear(f"what is left of max_cost_usd does not pay for an answer of {expert}")
    return {**body, given: most}
