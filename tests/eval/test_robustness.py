"""Which choices stay when questions are asked otherwise: what a variant changes, and what is said of it."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.robustness.paraphrases import read_paraphrases
from eval.robustness.report import lines, sheet
from eval.robustness.run import robustness_of
from eval.robustness.typos import neighbours, with_typos
from eval.robustness.variants import ORDERS, RATES, TYPED, variants_of
from eval.robustness.wording import RULES, contracted, lower_case, repunctuated
from eval.routing.means import Resampling
from eval.routing.report import as_json
from eval.routing.run import evaluate
from routers.errors import TableError
from tests.eval.conftest import Believing

FEW = Resampling(200, seed=0)
LETTERS = "The quick brown fox jumps over the lazy dog 1234567890 (x + y) = 42."


class Forgiving(Believing):
    """Reads a category from any text: law, unless the word math stands in it as it should."""

    def encode(self, texts):
        self.texts += texts
        return np.array([["math" in text.lower()] for text in texts], dtype=np.float32)


@pytest.fixture
def forgiving(suite):
    return Forgiving(suite.routers, suite.kinds)


def kinds(found):
    return {one.kind: one for one in found.routers[0].found}


def test_a_finger_hits_the_keys_beside_its_own():
    keys = neighbours()
    assert set(keys["a"]) == {"q", "s", "z"} and set(keys["g"]) >= {"f", "h"} and "p" not in keys["q"]
    assert all(key in keys[other] for key in keys for other in keys[key])


@given(st.text(max_size=60), st.integers(0, 50))
def test_typos_touch_letters_alone_and_always_change_something(text, seed):
    found = with_typos(text, 0.05, random.Random(seed), surely=True)
    letters = [c for c in text if c.isascii() and c.isalpha()]
    assert (found != text) == bool(letters)
    assert [c for c in found if not c.isalpha()] == [c for c in text if not c.isalpha()]


def test_as_many_letters_are_mistyped_as_the_rate_says():
    mistyped = [with_typos("k", 0.25, random.Random(n), surely=False) != "k" for n in range(4000)]
    assert np.mean(mistyped) == pytest.approx(0.25, abs=0.02)
    assert with_typos(LETTERS, 0.0, random.Random(0), surely=False) == LETTERS


def test_the_same_seed_makes_the_same_slips():
    first, again, other = (with_typos(LETTERS, 0.1, random.Random(n), surely=True) for n in (1, 1, 2))
    assert first == again != other


def test_rewording_leaves_symbols_numbers_and_short_names_alone():
    assert lower_case("What does DNA do in Paris? \\Delta x of NaCl in Au") == (
        "what does DNA do in paris? \\Delta x of NaCl in Au"
    )
    assert repunctuated("Why?") == "Why" and repunctuated("Because") == "Because." and repunctuated("?") == "?"
    assert contracted("Do not say what is known.") == "Don't say what's known."
    assert contracted("It isn't so") == "It is not so" and contracted("Nothing here") == "Nothing here"


@given(st.text(max_size=80))
def test_no_rule_touches_a_digit(text):
    for rule in RULES.values():
        assert [c for c in rule(text) if c.isdigit()] == [c for c in text if c.isdigit()]


def test_a_variant_keeps_every_option_under_a_new_letter(table):
    asked = replace(table, choices=(("one", "two", "three"), *table.choices[1:]))
    found = list(variants_of(asked, [0], {"q0": ("law, in other words",)}, seed=0))
    orders = [one for one in found if one.kind == "order of options"]
    assert 1 <= len(orders) <= ORDERS
    assert all(sorted(line[3:] for line in one.text.splitlines()[1:]) == ["one", "three", "two"] for one in orders)
    assert [one.text for one in found if one.kind == "paraphrase"] == ["law, in other words\nA. one\nB. two\nC. three"]
    assert sum(one.family == "typos" for one in found) == len(RATES) * TYPED
    plain = "law 0\nA. one\nB. two\nC. three"
    assert all(one.text != plain for one in found)


def test_a_router_that_reads_through_typos_is_steadier_than_one_that_stumbles(trial, forgiving):
    found = robustness_of(trial, forgiving, forgiving, 40, FEW, {})
    steady = kinds(found)
    assert (found.questions, found.routers[0].router) == (40, "skills")
    assert steady["wording"].unchanged.value == 1.0 and steady["wording"].gain.value == 0.0
    assert 0.5 < steady["typos"].unchanged.value < 1.0
    low, high = steady["typos"].unchanged.interval
    assert low < steady["typos"].unchanged.value < high
    assert steady["typos"].gain.value < 0  # a question of math that is taken for law goes to the weak expert


def test_a_paraphrase_that_turns_the_choice_counts_against_the_router(trial, forgiving):
    asked = {"q1": ("law, really", "math, still"), "q3": ("math again",)}
    found = kinds(robustness_of(trial, forgiving, forgiving, 40, FEW, asked))["paraphrase"]
    assert (found.variants, found.questions) == (3, 2)
    assert found.unchanged.value == pytest.approx((0.5 + 1) / 2)
    assert found.gain.value == pytest.approx((-0.5 + 0) / 2)


def test_no_more_questions_are_asked_than_there_are_and_the_same_seed_asks_the_same(trial, forgiving):
    first, again = (robustness_of(trial, forgiving, forgiving, 7, FEW, {}) for _ in range(2))
    assert first.questions == 7 and first.routers[0].found == again.routers[0].found
    assert robustness_of(trial, forgiving, forgiving, 999, FEW, {}).questions == 40


def test_a_decision_is_timed_on_the_suite_that_remembers_nothing(trial, forgiving, suite):
    bare = Forgiving(suite.routers, suite.kinds)
    found = robustness_of(trial, forgiving, bare, 5, FEW, {})
    assert len(bare.texts) == 5 and found.routers[0].decision_ms > 0 and 0 < found.routers[0].latency <= 1


def test_without_a_trained_router_there_is_nobody_to_ask_again(trial, suite):
    baselines = replace(suite, routers={"constant": suite.routers["constant"]}, kinds={"constant": "baseline"})
    with pytest.raises(TableError, match="give their folder as --artifact"):
        robustness_of(trial, baselines, baselines, 5, FEW, {})


def test_paraphrases_are_read_by_query_id_and_strange_ones_refused(write):
    rows = [{"query_id": "q1", "text": "so"}, {"query_id": "q1", "text": "or so"}, {"query_id": "x", "text": "y"}]
    assert read_paraphrases(write("other", rows), ["q1", "q2"]) == {"q1": ("so", "or so")}
    with pytest.raises(TableError, match="no paraphrase of these questions; its query_ids are"):
        read_paraphrases(write("strange", rows[2:]), ["q1"])
    with pytest.raises(TableError, match="lacks the column text"):
        read_paraphrases(write("bare", [{"query_id": "q1"}]), ["q1"])


def test_the_report_has_both_families_in_words_and_each_kind_in_json(trial, forgiving):
    found = robustness_of(trial, forgiving, forgiving, 40, FEW, {})
    [said] = lines(found)
    assert "skills: of its choices on 40 questions stay" in said and "under typos" in said and "in other words" in said
    assert [one[0] for one in sheet(found).rows] == ["skills under typos", "skills in other words"]
    evaluation = replace(evaluate(trial, forgiving, FEW), robustness=found)
    [router] = as_json(evaluation)["robustness"]["routers"]
    assert {"typos", "wording", "thanks", "typos in 3% of the letters"} <= {one["kind"] for one in router["found"]}
