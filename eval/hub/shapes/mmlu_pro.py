"""MMLU-Pro (Wang et al., arXiv 2406.01574): up to ten options, fourteen categories."""

from __future__ import annotations

from eval.hub.rows import Asked, Raw


def question(row: Raw, number: int) -> Asked:
    return Asked(
        query_id=f"mmlu_pro/{row['question_id']}",
        text=row["question"],
        category=row["category"],
        benchmark="mmlu_pro",
        answer_type="mcq",
        gold=row["answer"],
        choices=tuple(row["options"]),
        subcategory=row.get("src") or None,
    )
