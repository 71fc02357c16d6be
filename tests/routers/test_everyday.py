"""The gate: what a person would call obvious must be read right, and what nobody could place must be unsure.

The queries in everyday.jsonl are in our own words and no router is trained on them.
"""

import random
import time

import numpy as np
import pytest

from routers.corpus import with_typos
from routers.prompts import seed_prompts, strangers


@pytest.fixture(scope="module", params=["quick", "full"])
def speed(request, reader):
    """Both encoders must pass the gate."""
    return getattr(reader.encoder, request.param)


def read(speed, texts):
    """The top category and its confidence, per text."""
    chances = speed.layout.chances(speed.encode(texts))
    return [speed.layout.categories[top] for top in chances.argmax(axis=1)], chances.max(axis=1)


def unsure(reader, speed, texts):
    """(n,) bool: what goes to the generalist, for want of confidence or because it is like nothing known."""
    rows = speed.encode(texts)
    strange = reader.outliers.flag(rows) if speed is reader.encoder.full else False
    return (speed.layout.chances(rows).max(axis=1) < reader.sure_above) | strange


@pytest.fixture(scope="module")
def obvious(everyday):
    return [query for query in everyday if query.category is not None]


def test_obvious_queries_are_mostly_read_right(reader, speed, obvious):
    tops, confidence = read(speed, [query.text for query in obvious])
    right = np.array([top == query.category for top, query in zip(tops, obvious, strict=True)])
    sure = confidence >= reader.sure_above
    assert right.mean() >= 0.85
    assert sure.mean() >= 0.7
    assert right[sure].mean() >= 0.9


@pytest.mark.parametrize("category", ["conversation", "coding", "writing", "math"])
def test_no_common_kind_of_query_is_neglected(speed, obvious, category):
    tops, _ = read(speed, [query.text for query in obvious if query.category == category])
    assert tops.count(category) / len(tops) >= 0.8


def test_what_nobody_could_place_is_unsure(reader, speed, everyday):
    assert unsure(reader, speed, [query.text for query in everyday if query.category is None]).mean() >= 0.9


@pytest.mark.parametrize("text", ["", "   ", "😀🎉", "asdfgh qwop zxm", "00000000", "\ud800", "\x00\x01", "。" * 500])
def test_a_text_without_known_words_is_unsure(reader, speed, text):
    assert unsure(reader, speed, [text])[0]


def test_a_typo_rarely_flips_the_category(speed, obvious):
    chance = random.Random(0)
    texts = [query.text for query in obvious] * 4
    clean, _ = read(speed, texts)
    spoiled, _ = read(speed, [with_typos(text, 1 + n % 2, chance) for n, text in enumerate(texts)])
    assert np.mean([a == b for a, b in zip(clean, spoiled, strict=True)]) >= 0.8


def test_the_gates_queries_are_not_trained_on(everyday):
    known = {prompt.text.casefold().strip(" .?!") for prompt in seed_prompts()} | set(strangers())
    assert not [query.text for query in everyday if query.text.strip() and query.text.casefold().strip(" .?!") in known]


def test_capitals_do_not_matter(speed, obvious):
    texts = [query.text for query in obvious]
    assert read(speed, texts)[0] == read(speed, [text.upper().lower() for text in texts])[0]


def test_the_quick_encoder_reads_a_short_query_within_a_fraction_of_a_millisecond(reader):
    text = "If a car accelerates from rest at 3 m/s^2 for 10 seconds, how far does it travel? " * 2
    fastest = min(timed(reader.encoder.quick, text) for _ in range(200))
    assert fastest < 0.002  # ten times what it takes when nothing else runs


def timed(speed, text):
    start = time.perf_counter()
    read(speed, [text])
    return time.perf_counter() - start
