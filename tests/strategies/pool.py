"""A pool of scripted experts whose abilities are declared, for the tests of strategies."""

from __future__ import annotations

from typing import Any

import orjson

from tests.upstream import Upstream

QUESTION = "Which gas do plants take up?\nA. oxygen\nB. nitrogen\nC. carbon dioxide\nD. helium"


def pool_yaml(upstream: Upstream, policy: dict[str, Any] | None = None, **abilities: float) -> str:
    """Experts named after behaviours of the upstream, each this good at everything; equal prices."""
    price = {"input_per_mtok": 1.0, "output_per_mtok": 2.0}
    lines = ["version: 1", f"defaults: {{provider: openai, base_url: '{upstream.url}', retries: 0}}", "experts:"]
    for name, ability in abilities.items():
        entry = {"name": name, "model": name, "abilities": {"default": ability}, "price": price}
        lines.append(f"  - {orjson.dumps(entry).decode()}")
    given = {"router": "category", "thrift": 0.0, **(policy or {})}
    return "\n".join([*lines, "policies:", f"  auto: {orjson.dumps(given).decode()}", ""])
