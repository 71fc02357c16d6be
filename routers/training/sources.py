"""Where recorded tables come from and under which licence: what a manifest names."""

from __future__ import annotations

from routers.corpus import Corpus
from routers.manifest import Source
from routers.table import Table

PROMPTS = ("coterie prompts", "routers/seeds", "Apache-2.0")
UNSTATED = ("a table of the operator's own", "not stated")
ORIGINS = {
    "mmlu_pro": ("TIGER-AI-Lab/MMLU-Pro @ f418b116, eval_results", "Apache-2.0"),
    "llmrouter": ("ulab-uiuc/LLMRouter @ 4e7a7969", "MIT"),
    "routellm": ("lm-sys/RouteLLM @ 0b64fdaf", "Apache-2.0"),
    "zeroeval": ("WildEval/ZeroEval @ 8c1485ed", "Apache-2.0"),
}


def sources_of(table: Table, corpus: Corpus | None = None) -> tuple[Source, ...]:
    """The table's sources by name, and our own prompts where they were learned from as well."""
    rows = {name: table.sources.count(name) for name in sorted(set(table.sources))}
    origins = [(name, *ORIGINS.get(name, UNSTATED), count) for name, count in rows.items()]
    if corpus is not None:
        origins.append((*PROMPTS, corpus.prompts))
    return tuple(
        Source(name=name, origin=origin, licence=licence, rows=count) for name, origin, licence, count in origins
    )
