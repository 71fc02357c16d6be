"""The categories queries are sorted into, and how the names other tables use map onto them.

MMLU's subjects go where MMLU-Pro put the questions it took over from them. Knows no model and no text.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

ACADEMIC = (
    "biology",
    "business",
    "chemistry",
    "computer science",
    "economics",
    "engineering",
    "health",
    "history",
    "law",
    "math",
    "other",
    "philosophy",
    "physics",
    "psychology",
)
"""The fourteen of MMLU-Pro."""

CATEGORIES = tuple(sorted((*ACADEMIC, "coding", "conversation", "writing")))

_SUBJECTS = {
    "biology": "college_biology high_school_biology",
    "business": "business_ethics management marketing",
    "chemistry": "college_chemistry high_school_chemistry",
    "computer science": "college_computer_science computer_security high_school_computer_science machine_learning",
    "economics": "econometrics high_school_macroeconomics high_school_microeconomics",
    "engineering": "electrical_engineering",
    "health": "anatomy clinical_knowledge college_medicine human_aging medical_genetics nutrition "
    "professional_medicine virology",
    "history": "high_school_european_history high_school_us_history high_school_world_history prehistory",
    "law": "international_law jurisprudence professional_law",
    "math": "abstract_algebra college_mathematics elementary_mathematics high_school_mathematics "
    "high_school_statistics competition_math math_word_problems",
    "other": "global_facts high_school_geography high_school_government_and_politics human_sexuality miscellaneous "
    "professional_accounting public_relations security_studies sociology us_foreign_policy open_qa",
    "philosophy": "formal_logic logical_fallacies moral_disputes moral_scenarios philosophy world_religions",
    "physics": "astronomy college_physics conceptual_physics high_school_physics",
    "psychology": "high_school_psychology professional_psychology",
    "coding": "code code_reasoning programming",
}

ALIASES = MappingProxyType({name: category for category, names in _SUBJECTS.items() for name in names.split()})
"""Another table's category name -> ours."""


def category_of(name: str) -> str:
    """Our category for a table's category name, or "" where it says nothing about the subject."""
    name = name.strip().lower()
    return name if name in CATEGORIES else ALIASES.get(name.replace(" ", "_"), "")


def nearest(name: str, known: Iterable[str], limit: int = 3) -> str:
    """The closest known names, in words for an error message."""
    from rapidfuzz import process

    found = process.extract(name.lower(), list(known), processor=str.lower, limit=limit)
    return ", ".join(choice for choice, _, _ in found)
