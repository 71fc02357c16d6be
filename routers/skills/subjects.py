"""The subject labels of public tables as skills: "ori_mmlu-business_ethics" is business ethics.

Knows labels only. The level stays in the name: high school physics and college physics are two skills.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from routers.categories import category_of
from routers.skills.vocabulary import Skill

ABBREVIATED = {
    "scibench-atkins": "physical chemistry",
    "scibench-chemmc": "quantum chemistry",
    "scibench-quan": "quantum chemistry",
    "scibench-matter": "physical chemistry",
    "scibench-thermo": "thermodynamics",
    "scibench-class": "classical mechanics",
    "scibench-fund": "university physics",
    "scibench-diff": "differential equations",
    "scibench-stat": "statistics",
    "theoremQA-EECS": "computer engineering",
    "theoremQA-Math": "applying theorems",
}
"""What cannot be read out of the label itself."""
SAYS_NOTHING = frozenset({"", "miscellaneous", "other", "test", "train", "dev"})
"""Labels that name no subject."""


def subject_name(label: str) -> str:
    """The label in lower-case words; "" where it names no subject."""
    if label in ABBREVIATED:
        return ABBREVIATED[label]
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label.rsplit("-", 1)[-1])
    name = words.replace("_", " ").strip().lower()
    return "" if name in SAYS_NOTHING else name


def subject_skills(subjects: Sequence[str], categories: Sequence[str]) -> tuple[Skill, ...]:
    """A skill for each subject, by name, in the category that most of its questions are of."""
    found: dict[str, Counter[str]] = {}
    labels: dict[str, set[str]] = {}
    for label, category in zip(subjects, categories, strict=True):
        if name := subject_name(label):
            found.setdefault(name, Counter())[category_of(category)] += 1
            labels.setdefault(name, set()).add(label)
    return tuple(
        Skill(name, max(sorted(found[name]), key=found[name].__getitem__), (), tuple(sorted(labels[name])))
        for name in sorted(found)
    )
