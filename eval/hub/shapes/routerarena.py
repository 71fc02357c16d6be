"""RouterArena (Lu et al., arXiv 2510.00202): questions of 44 categories in 9 domains; only a tenth has answers."""

from __future__ import annotations

from eval.hub.rows import Asked, Raw, lettered


def question(row: Raw, number: int) -> Asked:
    choices = tuple(map(str, row.get("Options") or ()))
    context = (row.get("Context") or "").strip()
    gold = row.get("Answer")
    return Asked(
        query_id=f"routerarena/{row['Global Index']}",
        text=f"{context}\n\n{row['Question']}" if context else row["Question"],
        category=row.get("Domain") or "unknown",
        benchmark=row.get("Dataset name") or "routerarena",
        answer_type="mcq" if choices else "short_text",
        gold=None if gold in (None, "") else _letter(str(gold), choices),
        choices=choices or None,
        subcategory=row.get("Category"),
        difficulty=row.get("Difficulty"),
    )


def _letter(gold: str, choices: tuple[str, ...]) -> str:
    """Of an option that is given by its words; anything else as it is."""
    return lettered(choices.index(gold)) if gold in choices else gold
