"""RouterBench (Hu et al., arXiv 2403.12031): what eleven models answered, scored and cost."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Sequence

from eval.hub.rows import Answered, Asked, Converted, Raw

COST, REPLY = "|total_cost", "|model_response"
MMLU = "mmlu-"
"""What comes before the subject."""


def convert(rows: Sequence[Raw], path: str) -> Converted:
    """Every column that has a column of costs beside it is a model."""
    if not rows:
        return Converted(())
    models = [name.removesuffix(COST) for name in rows[0] if name.endswith(COST) and name.removesuffix(COST) in rows[0]]
    if not models:
        raise KeyError(f"<model>{COST}")
    return Converted(tuple(map(_question, rows)), tuple(one for row in rows for one in _outcomes(row, models)))


def _question(row: Raw) -> Asked:
    name = row["eval_name"]
    benchmark, subject = ("mmlu", name.removeprefix(MMLU)) if name.startswith(MMLU) else (name, None)
    return Asked(
        query_id=f"routerbench/{row['sample_id']}",
        text="\n\n".join(_turns(row["prompt"])),
        category=benchmark,
        benchmark=benchmark,
        answer_type="free",
        subcategory=subject,
    )


def _outcomes(row: Raw, models: Sequence[str]) -> Iterator[Answered]:
    for model in models:
        score, cost = row[model], row[model + COST]
        if score is None or math.isnan(float(score)):
            continue
        reply = row.get(model + REPLY)
        chars = None if reply is None else sum(map(len, _turns(str(reply))))
        spent = None if cost is None or math.isnan(float(cost)) else float(cost)
        yield Answered(f"routerbench/{row['sample_id']}", model, float(score), chars, spent)


def _turns(written: str) -> list[str]:
    """Prompts and replies are lists as Python prints them, one entry a turn."""
    if written.startswith("["):
        try:
            return [str(turn) for turn in ast.literal_eval(written)]
        except (ValueError, SyntaxError):
            pass
    return [written]
