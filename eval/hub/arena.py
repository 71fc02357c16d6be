"""Files that RouterArena's leaderboard takes: whom this gateway would ask, prompt by prompt. Asks no expert.

The prompts are those of RouterArena's own preparation (`router_data.json`: a list of `global index` and
`prompt_formatted`), because a prediction must quote them letter by letter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from gateway.errors import GatewayError
from gateway.pipeline import Pipeline
from gateway.types import Query
from gateway.wire.exchange import new_decision_id
from routers.errors import TableError

INDEX, PROMPT, BARE = "global index", "prompt_formatted", "prompt"


@dataclass(frozen=True, slots=True)
class Prompt:
    """One line of the arena's question set."""

    index: str
    text: str


@dataclass(frozen=True, slots=True)
class Predicted:
    """Whom a prompt would go to, by the model's name in experts.yaml; and every model that could have been asked."""

    choices: Sequence[tuple[Prompt, str]]
    models: Sequence[str]
    prices: Mapping[str, tuple[float, float]]
    """Dollars per million tokens, input and output, by model."""


def read_prompts(path: Path) -> list[Prompt]:
    """TableError, in one line, for a file that is no such list, or has one index twice."""
    try:
        rows = orjson.loads(path.read_bytes())
    except OSError as error:
        raise TableError(f"{path} cannot be read ({error.strerror})") from None
    except orjson.JSONDecodeError as error:
        raise TableError(f"{path} is no JSON ({error})") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TableError(f"{path} must be a list of objects with {INDEX!r} and {PROMPT!r}")
    prompts = [_prompt(row, number, path) for number, row in enumerate(rows)]
    if len({prompt.index for prompt in prompts}) < len(prompts):
        raise TableError(f"{path} has a {INDEX!r} twice")
    return prompts


def _prompt(row: Mapping[str, Any], number: int, path: Path) -> Prompt:
    index, text = row.get(INDEX), row.get(PROMPT) or row.get(BARE)
    if not index or not isinstance(text, str) or not text:
        raise TableError(f"{path}: entry {number} lacks {INDEX!r} or {PROMPT!r}")
    return Prompt(str(index), text)


async def predicted(
    pipeline: Pipeline, prompts: Sequence[Prompt], model: str, progress: Callable[[int], None]
) -> Predicted:
    """What the gateway decides of each prompt, asked for this model. TableError where one cannot be decided."""
    experts = {name: member.expert for name, member in pipeline.pool.members.items()}
    choices = []
    for number, prompt in enumerate(prompts):
        body = {"model": model, "messages": [{"role": "user", "content": prompt.text}]}
        try:
            decided = await pipeline.decide(Query(new_decision_id(), model, body))
        except GatewayError as error:
            raise TableError(f"{prompt.index} cannot be decided: {error}") from None
        choices.append((prompt, experts[decided.plan.experts[0]].model))
        progress(number + 1)
    named = {expert.model: (expert.price.input_per_mtok, expert.price.output_per_mtok) for expert in experts.values()}
    return Predicted(choices, sorted(named), named)


def write_arena(found: Predicted, name: str, folder: Path) -> list[Path]:
    """config/NAME.json, predictions/NAME.json and the prices for cost.json, laid out as the arena has them."""
    config = {"pipeline_params": {"router_name": name, "models": list(found.models)}}
    predictions = [
        {
            INDEX: prompt.index,
            BARE: prompt.text,
            "prediction": model,
            "generated_result": None,
            "cost": None,
            "accuracy": None,
        }
        for prompt, model in found.choices
    ]
    costs = {
        model: {"input_token_price_per_million": price[0], "output_token_price_per_million": price[1]}
        for model, price in found.prices.items()
    }
    targets = {
        folder / "router_inference" / "config" / f"{name}.json": config,
        folder / "router_inference" / "predictions" / f"{name}.json": predictions,
        folder / "model_cost" / f"{name}.json": costs,
    }
    try:
        for path, content in targets.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
    except OSError as error:
        raise TableError(f"{folder} cannot be written ({error.strerror})") from None
    return list(targets)
