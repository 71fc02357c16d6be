"""A vocabulary of skills in words: a hand-written list, a table's subjects, and key phrases of its questions.

Knows no expert and asks no model. Of the questions it keeps phrases of one to three words that many of them share.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from routers.errors import ArtifactError


@dataclass(frozen=True, slots=True)
class Skill:
    """One skill by name; `category` is "" where it belongs to none.

    cues: phrases of one to three words, any of which hints at the skill. subjects: labels of a table that mean it.
    """

    name: str
    category: str = ""
    cues: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()

    def joined(self, other: Self) -> Self:
        """Both, under this one's name."""
        cues = tuple(dict.fromkeys((*self.cues, *other.cues)))
        subjects = tuple(dict.fromkeys((*self.subjects, *other.subjects)))
        return replace(self, category=self.category or other.category, cues=cues, subjects=subjects)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Skills with different names, in the order of the tagger's columns."""

    skills: tuple[Skill, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(skill.name for skill in self.skills)

    @classmethod
    def merged(cls, skills: Iterable[Skill]) -> Self:
        """Skills of the same name become one, in the first one's place."""
        found: dict[str, Skill] = {}
        for skill in skills:
            found[skill.name] = found[skill.name].joined(skill) if skill.name in found else skill
        return cls(tuple(found.values()))

    def subset(self, places: Sequence[int]) -> Self:
        return type(self)(tuple(self.skills[place] for place in places))

    def to_json(self) -> list[dict[str, Any]]:
        return [asdict(skill) for skill in self.skills]

    @classmethod
    def from_json(cls, rows: Sequence[Mapping[str, Any]]) -> Self:
        """ArtifactError where a row is no skill."""
        try:
            return cls(tuple(_skill(row) for row in rows))
        except (KeyError, TypeError) as error:
            raise ArtifactError(f"a skill cannot be read: {error}; write the vocabulary again") from None


def learn_vocabulary(
    texts: Sequence[str],
    categories: Sequence[str],
    subjects: Sequence[str],
    *,
    size: int = 300,
    fewest: int = 15,
) -> Vocabulary:
    """At most `size` skills that `fewest` or more of the questions show; "" where a category or subject is unknown.

    Subjects and the hand-written skills come first, key phrases fill what is left, the same number from each category.
    """
    from routers.skills.general import general_skills
    from routers.skills.labels import weak_labels
    from routers.skills.phrases import key_phrases
    from routers.skills.subjects import subject_skills

    known = Vocabulary.merged((*general_skills(), *subject_skills(subjects, categories)))
    shown = weak_labels(known, texts, subjects).sum(axis=0).A1
    known = known.subset([place for place, count in enumerate(shown) if count >= fewest][:size])
    taken = {cue for skill in known.skills for cue in (skill.name, *skill.cues)}
    phrases = key_phrases(texts, categories, wanted=size - len(known.skills), fewest=fewest, taken=taken)
    return Vocabulary.merged((*known.skills, *(Skill(name, category, (name,)) for name, category in phrases)))


def _skill(row: Mapping[str, Any]) -> Skill:
    return Skill(str(row["name"]), str(row["category"]), tuple(row["cues"]), tuple(row["subjects"]))
