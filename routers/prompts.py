"""Prompts of our own making: templates filled from slots, plain questions by topic, and texts to be unsure of.

They stand in for what recorded benchmarks lack. Knows no table; the same seed gives the same prompts.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

ASKINGS_PER_TOPIC = 6
TOPICS_PER_FORM = 12
KEYBOARD = "qwertyuiopasdfghjklzxcvbnm"
SYMBOLS = "😀🎉🔥👍😂❤️🤔✨§¤¬~^|¿"
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text and its category; prompts of one `group` share a template or a topic, so they share a split."""

    text: str
    category: str
    group: str


def seed_prompts(seed: int = 0) -> tuple[Prompt, ...]:
    """Several thousand prompts in every category; duplicates are left out."""
    chance = random.Random(seed)
    written = _load("prompts.yaml")
    topics = {category: listed.split("; ") for category, listed in _load("topics.yaml").items()}
    made = [
        *_from_templates(written, chance),
        *_from_topics(written["asking"], topics, chance),
        *_from_forms(_load("forms.yaml"), topics, chance),
    ]
    return tuple({prompt.text: prompt for prompt in made}.values())


def strangers(seed: int = 0, made_up: int = 160) -> tuple[str, ...]:
    """Texts that belong to no category: other languages, keyboard mash, symbols, numbers without a word."""
    chance = random.Random(seed)
    kinds = (_mash, _syllables, _symbols, _digits)
    return (*_load("strangers.yaml"), *(kinds[n % len(kinds)](chance) for n in range(made_up)))


def _from_templates(written: Mapping[str, Any], chance: random.Random) -> Iterator[Prompt]:
    slots = {**written["slots"], **written["more_slots"]}
    for category, templates in written["templates"].items():
        for template in templates:
            for _ in range(template["take"]):
                yield Prompt(_casual(_fill(template["fill"], slots, chance), chance), category, template["fill"])


def _from_topics(asking: list[str], topics: Mapping[str, list[str]], chance: random.Random) -> Iterator[Prompt]:
    """A topic's name is its group, so that whole topics are held out."""
    for category, names in topics.items():
        for topic in names:
            for template in chance.sample(asking, ASKINGS_PER_TOPIC):
                text = _fill(template.replace("{topic}", topic, 1), {"topic": names}, chance)
                yield Prompt(_casual(text, chance), category, topic)


def _from_forms(
    forms: Mapping[str, list[str]], topics: Mapping[str, list[str]], chance: random.Random
) -> Iterator[Prompt]:
    for category, templates in forms.items():
        for form in templates:
            if "{topic}" not in form:
                yield from (Prompt(text, category, form) for text in (form, _casual(form.capitalize(), chance)))
                continue
            for topic in chance.sample(topics[category], TOPICS_PER_FORM):
                yield Prompt(_casual(form.replace("{topic}", topic), chance), category, topic)


def _fill(template: str, slots: Mapping[str, list[str]], chance: random.Random) -> str:
    return _SLOT.sub(lambda slot: str(chance.choice(slots[slot.group(1)])), template)


def _casual(text: str, chance: random.Random) -> str:
    """As people type: now and then without capitals, or without the closing mark."""
    if chance.random() < 0.25:
        text = text.lower()
    return text.rstrip(".?!") if chance.random() < 0.25 else text


def _mash(chance: random.Random) -> str:
    return " ".join(_letters(chance, KEYBOARD, 2, 12) for _ in range(chance.randint(1, 6)))


def _syllables(chance: random.Random) -> str:
    """Words one could pronounce and nobody has met."""
    pairs = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
    return " ".join("".join(chance.choices(pairs, k=chance.randint(2, 4))) for _ in range(chance.randint(2, 8)))


def _symbols(chance: random.Random) -> str:
    return _letters(chance, SYMBOLS, 1, 8)


def _digits(chance: random.Random) -> str:
    return _letters(chance, "0123456789abcdef-", 6, 40)


def _letters(chance: random.Random, alphabet: str, shortest: int, longest: int) -> str:
    return "".join(chance.choices(alphabet, k=chance.randint(shortest, longest)))


def _load(name: str) -> Any:
    from ruamel.yaml import YAML

    return YAML(typ="safe").load((files("routers") / "seeds" / name).read_text(encoding="utf-8"))
