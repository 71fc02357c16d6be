"""GSM8K (Cobbe et al., arXiv 2110.14168): grade-school word problems; the answer follows `####`."""

from __future__ import annotations

from collections.abc import Sequence

from eval.hub.rows import Asked, Converted, Raw

MARK = "####"


def convert(rows: Sequence[Raw], path: str) -> Converted:
    """The rows have no ids: their place in the file tells them apart."""
    split = path.rsplit("/", 1)[-1].split("-", 1)[0]
    return Converted(tuple(_question(row, f"gsm8k/{split}/{number}") for number, row in enumerate(rows)))


def _question(row: Raw, query_id: str) -> Asked:
    gold = row["answer"].rsplit(MARK, 1)[-1].strip().replace(",", "")
    return Asked(query_id, row["question"], "math", "gsm8k", "numeric", gold)
