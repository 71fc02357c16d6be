"""What world.yaml says, checked: the kinds of things of the invented world, and the words to speak of them."""

from __future__ import annotations

from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FactKind(_Part):
    """One thing that is said of every thing of a kind; the meaning of the fields stands at the head of world.yaml."""

    value: str
    head: tuple[str, ...] = Field(min_length=1)
    says: tuple[str, ...] = Field(min_length=1)
    asks: tuple[str, ...] = Field(min_length=1)
    drill: str


class Kind(_Part):
    """Lighthouses, ships, ... `talk`: sentences that say nothing anybody asks for."""

    kind: str
    names: tuple[str, ...] = Field(min_length=1)
    opening: tuple[str, ...] = Field(min_length=1)
    facts: tuple[FactKind, ...] = Field(min_length=1)
    talk: tuple[str, ...] = Field(min_length=1)


class Vocabulary(_Part):
    """The whole file. values: words by what they are the value of. numbers: (least, most)."""

    kinds: tuple[Kind, ...]
    trades: tuple[str, ...]
    seasons: tuple[str, ...]
    weathers: tuple[str, ...]
    talk: tuple[str, ...]
    heads_aside: tuple[str, ...]
    values: dict[str, tuple[str, ...]]
    numbers: dict[str, tuple[int, int]]
    words: dict[str, tuple[str, ...]]


def load_vocabulary() -> Vocabulary:
    """The file that stands beside this one."""
    from ruamel.yaml import YAML

    text = (files("eval.bench.knowledge") / "world.yaml").read_text(encoding="utf-8")
    return Vocabulary.model_validate(YAML(typ="safe", pure=True).load(text))
