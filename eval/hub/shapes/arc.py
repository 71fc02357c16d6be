"""ARC (Clark et al., arXiv 1803.05457): science questions; options carry labels of their own, some of them numbers."""

from __future__ import annotations

from collections.abc import Sequence

from eval.hub.rows import Asked, Converted, Raw, lettered, part_of


def convert(rows: Sequence[Raw], path: str) -> Converted:
    benchmark = (part_of(path) or "arc").lower()
    return Converted(tuple(_question(row, benchmark) for row in rows))


def _question(row: Raw, benchmark: str) -> Asked:
    labels = list(row["choices"]["label"])
    right = row.get("answerKey")
    return Asked(
        query_id=f"{benchmark}/{row['id']}",
        text=row["question"],
        category="science",
        benchmark=benchmark,
        answer_type="mcq",
        gold=lettered(labels.index(right)) if right in labels else None,
        choices=tuple(row["choices"]["text"]),
    )
