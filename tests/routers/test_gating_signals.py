"""The signals of the retrieval gate: words, rarity, evidence of a search, SKR's neighbours, Thrust."""

import numpy as np
import pytest

from routers.gating.evidence import SIGNALS, evidence
from routers.gating.gains import Hit
from routers.gating.gold import holds
from routers.gating.neighbours import FEW, Neighbours, margins_of, surplus, votes_of
from routers.gating.rarity import load_rarity
from routers.gating.thrust import CLOSEST, Thrust, ranked, thrust
from routers.gating.words import read_question
from tests.routers.gating import COMMON, RARE, covering, elsewhere


@pytest.fixture(scope="module")
def rarity():
    return load_rarity()


def rarest(rarity, text):
    content = read_question(text).content
    return float(rarity.rare(content, rarity.ranks(content)).max())


def signals(rarity, text, hits):
    question = read_question(text)
    return dict(zip(SIGNALS, evidence(question, rarity.ranks(question.content), hits), strict=True))


def test_words_of_closed_class_carry_nothing():
    assert read_question("Who was the king of England?").content == ("king", "england")


def test_a_question_of_closed_words_alone_keeps_them():
    assert read_question("who are you?").content == ("who", "are", "you")


@pytest.mark.parametrize(
    "text", ["who is the current mayor?", "results of 2026", "what happened this week?", "LATEST news"]
)
def test_what_changes_is_recent(text):
    assert read_question(text).recent


@pytest.mark.parametrize("text", ["who ruled after henry?", "the treaty of 1648", "when did it sink?"])
def test_a_time_is_dated_and_not_recent(text):
    assert read_question(text).dated
    assert not read_question(text).recent


def test_a_question_without_a_time_is_neither():
    question = read_question("how many legs has a spider?")
    assert not question.recent
    assert not question.dated


def test_a_text_in_another_language_is_seen_to_be_one():
    assert read_question("who is the pope?").english
    assert not read_question("wer ist derzeit papst?").english


def test_rarity_needs_no_capitals(rarity):
    assert rarest(rarity, RARE) == rarest(rarity, RARE.title()) == 1.0
    assert rarest(rarity, COMMON) < 0.1


def test_a_famous_name_is_less_rare_than_an_unheard_one(rarity):
    assert rarest(rarity, "abraham lincoln") < rarest(rarity, "warren harding") < rarest(rarity, "ingvar bakkenstad")


def test_a_term_of_science_is_not_as_rare_as_its_pieces_are(rarity):
    assert rarest(rarity, "photosynthesis") < 0.6


def test_a_rare_word_weighs_more(rarity):
    president, bakken = rarity.ranks(("president", "bakkenstad"))
    assert bakken > president + 3


def test_a_good_search_is_better_than_a_strange_one_in_every_signal(rarity):
    good, bad = signals(rarity, RARE, covering(RARE)), signals(rarity, RARE, elsewhere())
    assert all(good[name] >= bad[name] for name in SIGNALS)
    assert good["coverage"] == pytest.approx(1.25)
    assert (good["anchor"], bad["anchor"]) == (0, -1)


def test_a_title_that_names_something_else_as_well_is_no_match(rarity):
    text = "what is the bakkenstad machine?"
    named = signals(rarity, text, [Hit("Bakkenstad machine", "A machine.", 0.5)])["title"]
    other = signals(rarity, text, [Hit("Bakkenstad museum", "A museum.", 0.5)])["title"]
    assert named == pytest.approx(1)
    assert other == 0


def test_plurals_are_found(rarity):
    assert signals(rarity, "how do whales breathe?", [Hit("", "A whale breathes air.", 0.5)])["anchor"] == 0


def test_passages_found_by_words_alone_say_nothing_of_similarity(rarity):
    found = signals(rarity, RARE, [Hit("", "bakkenstad", np.nan), Hit("", "ingvar", np.nan)])
    assert (found["similarity"], found["margin"]) == (0, 0)


def test_a_single_passage_has_no_margin(rarity):
    assert signals(rarity, RARE, [Hit("", "bakkenstad", 0.9)])["margin"] == 0


def test_an_empty_question_and_an_empty_passage_are_evidence_of_nothing(rarity):
    assert np.isfinite(evidence(read_question(""), rarity.ranks(()), [Hit("", "", 0.1)])).all()


def test_gold_is_found_by_its_words_in_title_or_text():
    assert holds(["São Paulo"], [Hit("", "In são  paulo.", 0.5)]) == 1
    assert holds(["Oslo"], [Hit("Oslo", "A city.", 0.5)]) == 1
    assert holds(["Rome"], [Hit("", "Romeo and Juliet.", 0.5)]) == 0


@pytest.mark.parametrize("gold", [[], ["B"], ["yes"], ["42"]])
def test_gold_that_stands_everywhere_says_nothing(gold):
    assert np.isnan(holds(gold, [Hit("", "yes, B is 42", 0.5)]))


def test_votes_are_what_documents_changed():
    assert votes_of(np.array([1.0, -0.5, 0.1, 0.0])).tolist() == [1, -1, 0, 0]
    assert np.isnan(votes_of(np.array([np.nan]))).all()


def test_skr_prior_is_the_surplus_of_the_training_set():
    """The counts of TemporalQA that SKR hard-codes: 47 better, 62 worse, 740 same."""
    votes = np.repeat([1.0, -1.0, 0.0], [47, 62, 740])[None]
    assert surplus(votes)[0] == pytest.approx((47 - 62) / 849)


def test_skr_margin_by_hand():
    """Of the five nearest with a vote three were helped and two harmed; the prior is +0.1 a vote."""
    votes = np.array([[1, 0, -1, 1, 1, 0, -1, 1]], dtype=float)
    margin = margins_of(votes, np.ones(8), np.array([0.1]), 5)
    assert margin[0] == pytest.approx((3 - 2 - 5 * 0.1) / (5 + FEW))


def test_neighbours_that_are_strangers_have_no_say():
    neighbours = Neighbours().fit(np.eye(4), np.array([[1.0, 1.0, 1.0, 0.0]]))
    assert neighbours.margins(np.array([0, 0, 0, 1.0]))[0] == 0


def test_a_question_has_no_part_in_its_own_vote():
    neighbours = Neighbours().fit(np.eye(4), np.array([[1.0, -1.0, 0.0, 0.0]]))
    assert neighbours.margins(np.eye(4)[0])[0] > 0
    assert neighbours.margins(np.eye(4)[0], without=0)[0] == 0


def test_an_expert_that_was_not_asked_has_no_margin():
    neighbours = Neighbours().fit(np.eye(2), np.array([[np.nan, np.nan], [1.0, np.nan]]))
    assert neighbours.margins(np.array([1.0, 0]))[0] == 0


def test_thrust_by_hand():
    """Two clusters at distance 1 and 2 on one line: 3/1·1 towards the one, 8/4·1 towards the other."""
    query, centres = np.array([0.0, 0.0]), np.array([[[1.0, 0.0], [0.0, 2.0]]])
    pushed = thrust(query, centres, np.array([[3.0, 8.0]]))
    assert pushed[0] == pytest.approx(np.hypot(3 / 1, 8 / 4))


def test_opposite_clusters_cancel():
    centres = np.array([[[1.0, 0.0], [-1.0, 0.0]]])
    assert thrust(np.zeros(2), centres, np.array([[5.0, 5.0]]))[0] == pytest.approx(0)


def test_thrust_at_a_centre_is_finite():
    centres = np.array([[[1.0, 0.0]]])
    assert thrust(np.array([1.0 + 1e-9, 0.0]), centres, np.array([[4.0]]))[0] <= 4 / CLOSEST**2


def test_a_query_amid_what_an_expert_knows_ranks_above_one_far_off():
    chance = np.random.default_rng(0)
    centre = np.eye(8)[0]
    known = centre + 0.15 * chance.normal(size=(40, 8))
    strange = -centre + 0.15 * chance.normal(size=(20, 8))
    rows = np.concatenate([known, strange])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    scores = np.repeat([1.0, 0.0], [40, 20])[None]
    learned = Thrust()
    learned.fit(rows, scores, learned.held_out(rows, scores, 5))
    assert learned.percentiles(centre)[0] > 0.6
    assert learned.percentiles(-centre)[0] < 0.4


def test_an_expert_that_knew_too_little_has_no_percentile():
    scores = np.zeros((1, 30))
    learned = Thrust()
    learned.fit(np.eye(30), scores, learned.held_out(np.eye(30), scores, 5))
    assert np.isnan(learned.percentiles(np.eye(30)[0])).all()


def test_percentiles_count_ties_half():
    assert ranked(np.array([2.0]), np.array([[1.0, 2.0, 3.0, 4.0]]))[0] == pytest.approx(1.5 / 4)
