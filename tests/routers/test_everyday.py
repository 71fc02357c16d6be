"""The gate: what a person would call obvious must be read right, and what nobody could place must be unsure.

The queries in everyday.jsonl are in our own words and no router is trained on them.
"""

import random
import time

import numpy as np
import pytest

from routers.corpus import with_typos
from routers.prompts import seed_prompts, strangers


def read(bundled, texts):
    """The top category and its confidence, per text."""
    chances = bundled.classifier.predict_proba(bundled.encoder.encode(texts))
    return [bundled.classifier.categories_[top] for top in chances.argmax(axis=1)], chances.max(axis=1)


@pytest.fixture(scope="module")
def obvious(everyday):
    return [query for query in everyday if query.category is not None]


def test_obvious_queries_are_mostly_read_right(bundled, obvious):
    tops, confidence = read(bundled, [query.text for query in obvious])
    right = np.array([top == query.category for top, query in zip(tops, obvious, strict=True)])
    sure = confidence >= bundled.sure_above
    assert right.mean() >= 0.85
    assert sure.mean() >= 0.7
    assert right[sure].mean() >= 0.9


@pytest.mark.parametrize("category", ["conversation", "coding", "writing", "math"])
def test_no_common_kind_of_query_is_neglected(bundled, obvious, category):
    tops, _ = read(bundled, [query.text for query in obvious if query.category == category])
    assert tops.count(category) / len(tops) >= 0.8


def test_what_nobody_could_place_is_unsure(bundled, everyday):
    _, confidence = read(bundled, [query.text for query in everyday if query.category is None])
    assert (confidence < bundled.sure_above).mean() >= 0.9


@pytest.mark.parametrize("text", ["", "   ", "😀🎉", "asdfgh qwop zxm", "00000000", "\ud800", "\x00\x01", "。" * 500])
def test_a_text_without_known_words_is_unsure(bundled, text):
    _, confidence = read(bundled, [text])
    assert confidence[0] < bundled.sure_above


def test_a_typo_rarely_flips_the_category(bundled, obvious):
    chance = random.Random(0)
    texts = [query.text for query in obvious] * 4
    clean, _ = read(bundled, texts)
    spoiled, _ = read(bundled, [with_typos(text, 1 + n % 2, chance) for n, text in enumerate(texts)])
    assert np.mean([a == b for a, b in zip(clean, spoiled, strict=True)]) >= 0.8


def test_the_gates_queries_are_not_trained_on(everyday):
    known = {prompt.text.casefold().strip(" .?!") for prompt in seed_prompts()} | set(strangers())
    assert not [query.text for query in everyday if query.text.strip() and query.text.casefold().strip(" .?!") in known]


def test_capitals_do_not_matter(bundled, obvious):
    texts = [query.text for query in obvious]
    assert read(bundled, texts)[0] == read(bundled, [text.upper().lower() for text in texts])[0]


def test_a_short_query_is_read_within_a_fraction_of_a_millisecond(bundled):
    text = "If a car accelerates from rest at 3 m/s^2 for 10 seconds, how far does it travel? " * 2
    fastest = min(timed(bundled, text) for _ in range(200))
    assert fastest < 0.002  # ten times what it takes when nothing else runs


def timed(bundled, text):
    start = time.perf_counter()
    read(bundled, [text])
    return time.perf_counter() - start
