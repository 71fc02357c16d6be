"""Weighing the answers of several experts, and foretelling what one more would add."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routers.catalog import KINDS
from routers.files import read
from routers.files import write as write_estimator
from routers.fusion.cases import OPEN, Cases
from routers.fusion.evidence import NOT_ASKED, NOTHING, NOWHERE, Evidence
from routers.fusion.fuser import Fuser
from routers.fusion.voices import Voices
from routers.training.fusing import in_turn, scores_of_fuser, train_fuser

NAMES = ("good", "fair", "copy of fair", "weak", "favours the first")
SKILL = np.array([0.75, 0.6, 0.6, 0.35, 0.5])
OPTIONS = 5


def recorded(n, seed):
    """Five experts: a copy that repeats another's answers, and one that names the first option when it is unsure."""
    chance = np.random.default_rng(seed)
    ease = chance.normal(size=(n, 1))
    odds = np.log(SKILL / (1 - SKILL)) + ease
    right = chance.random((n, 5)) < 1 / (1 + np.exp(-odds))
    truth = chance.integers(OPTIONS, size=(n, 1))
    wrong = (truth + chance.integers(1, OPTIONS, size=(n, 5))) % OPTIONS
    said = np.where(right, truth, wrong)
    said[:, 2] = said[:, 1]
    said[:, 4] = np.where(right[:, 4], truth[:, 0], 0)
    said[chance.random((n, 5)) < 0.05] = NOTHING
    predicted = 1 / (1 + np.exp(-(np.log(SKILL / (1 - SKILL)) + 0.7 * ease)))
    cases = Cases(predicted, said, np.tile(np.arange(OPTIONS), (n, 1)), np.full(n, OPTIONS))
    return cases, (said == truth).astype(float)


@pytest.fixture(scope="module")
def fuser():
    cases, scores = recorded(1000, 0)
    return Fuser(members=1).fit(cases, scores, NAMES)


def evidence(said, chances=SKILL, options=OPTIONS, places=()):
    return Evidence(np.array(chances), np.full(len(chances), 0.1), np.array(said), options, places)


def views(fuser):
    return fuser.for_experts(NAMES), fuser.for_experts([None] * 5), Fuser.generic().for_experts(NAMES)


said_by_five = st.lists(st.integers(NOT_ASKED, 3), min_size=5, max_size=5).map(
    lambda said: [sorted({s for s in said if s >= 0}).index(s) if s >= 0 else s for s in said]
)
chances_of_five = st.lists(st.floats(0, 1), min_size=5, max_size=5)


@settings(max_examples=40, deadline=None)
@given(said=said_by_five, chances=chances_of_five, options=st.sampled_from([None, 2, 4, 10]))
def test_the_chances_of_the_answers_and_of_none_of_them_sum_to_one(fuser, said, chances, options):
    for view in views(fuser):
        posterior = view.posterior(evidence(said, chances, options))
        assert len(posterior.answers) == max([*said, NOTHING]) + 1
        assert posterior.answers.sum() + posterior.unseen == pytest.approx(1)
        assert (posterior.answers >= 0).all() and posterior.unseen >= 0


@settings(max_examples=30, deadline=None)
@given(said=said_by_five, chances=chances_of_five, order=st.permutations(range(4)))
def test_it_does_not_matter_which_code_an_answer_has(fuser, said, chances, order):
    known = max([*said, NOTHING]) + 1
    codes = [code for code in order if code < known]
    renamed = [codes[s] if s >= 0 else s for s in said]
    for view in views(fuser):
        before, after = (view.posterior(evidence(one, chances)) for one in (said, renamed))
        assert after.answers[codes] == pytest.approx(before.answers)
        gains = [view.gains(evidence(one, chances)) for one in (said, renamed)]
        asked = np.array(said) != NOT_ASKED
        assert (gains[0][asked] == -np.inf).all() and np.isfinite(gains[0][~asked]).all()
        best = np.sort(before.answers)[::-1]
        if known < 2 or best[0] - best[1] > 1e-6:
            assert gains[1][~asked] == pytest.approx(gains[0][~asked])


def test_before_anybody_is_asked_a_call_is_worth_the_experts_chance(fuser):
    for view in views(fuser):
        blank = Evidence.blank(SKILL, np.full(5, 0.1), OPTIONS)
        assert view.gains(blank) == pytest.approx(SKILL)
        assert view.posterior(blank).best is None and view.posterior(blank).top == 0
        silent = blank.heard(0, NOTHING)
        assert view.gains(silent)[1:] == pytest.approx(SKILL[1:])


def test_who_may_not_be_asked_is_not_asked(fuser):
    chances = [0.7, np.nan, 0.6, np.nan, 0.5]
    for view in views(fuser):
        assert (view.gains(evidence([NOT_ASKED] * 5, chances))[[1, 3]] == -np.inf).all()
        assert view.recruit(evidence([NOT_ASKED] * 5, chances), 4).tolist() == [0, 2, 4]


def test_agreement_makes_surer_and_dissent_less_so(fuser):
    for view in views(fuser):
        alone = view.posterior(evidence([0, -2, -2, -2, -2])).top
        agreed = view.posterior(evidence([0, 0, -2, -2, -2])).top
        contested = view.posterior(evidence([0, 1, -2, -2, -2])).top
        assert contested < alone < agreed


def test_a_copy_of_another_expert_counts_less_than_a_stranger(fuser):
    known, strangers, _ = views(fuser)
    said = evidence([0, 1, 1, -2, -2])
    assert known.posterior(said).answers[1] < strangers.posterior(said).answers[1]
    assert known.posterior(said).best == 0


def test_an_expert_that_favours_the_first_option_is_believed_less_there(fuser):
    view = fuser.for_experts(NAMES)
    first, third = (evidence([-2, -2, -2, -2, 0], places=(place,)) for place in (0, 2))
    assert view.posterior(first).top < 0.6 < view.posterior(third).top


def test_asking_a_copy_gains_less_than_asking_somebody_as_good(fuser):
    gains = fuser.for_experts(NAMES).gains(evidence([1, 0, -2, -2, -2], [0.6] * 5))
    assert gains[2] < gains[4]


def test_the_chances_are_calibrated_on_questions_it_has_not_seen(fuser):
    cases, scores = recorded(1500, 1)
    view = fuser.for_experts(NAMES)
    for number in (1, 2, 3, 5):
        asked = np.random.default_rng(number).permuted(np.arange(5) < number + np.zeros((1500, 1)), axis=1)
        chances = view.weigh(cases.hearing(cases.said, asked))[:, :-1]
        best = chances.argmax(axis=1)
        hits = ((scores > 0.5) & (cases.said == best[:, None])).any(axis=1) & (chances.max(axis=1) > 0)
        assert chances.max(axis=1).mean() == pytest.approx(hits.mean(), abs=0.04)


def test_a_trained_fuser_answers_better_than_bayes_rule_and_than_the_best_expert(fuser):
    cases, scores = recorded(1500, 1)
    learned, plain = (
        scores_of_fuser(one.for_experts(NAMES), cases, cases.chance, scores)["fuser_5_best_accuracy"]
        for one in (fuser, Fuser.generic())
    )
    assert learned > plain
    assert learned > scores.mean(axis=0).max() + 0.02


def test_asking_in_turn_stops_where_calls_gain_little(fuser):
    cases, _ = recorded(300, 2)
    view = fuser.for_experts(NAMES)
    calls = [in_turn(view, cases, least).sum(axis=1).mean() for least in (0.05, 0.01, -1.0)]
    assert 1 <= calls[0] < calls[1] < calls[2] == 5


def test_experts_that_were_never_seen_are_known_by_their_chances(fuser):
    view = fuser.for_experts(["unheard", None])
    posterior = view.posterior(evidence([0, 1], [0.9, 0.3]))
    assert posterior.answers[0] > posterior.answers[1]


def test_fewer_experts_of_the_same_fuser_say_the_same_of_their_answers(fuser):
    small = fuser.for_experts(NAMES[:2]).posterior(evidence([0, 1], SKILL[:2]))
    large = fuser.for_experts(NAMES).posterior(evidence([0, 1, -2, -2, -2], [*SKILL[:2], *[np.nan] * 3]))
    assert small.answers == pytest.approx(large.answers)


def test_one_that_knows_nobody_weighs_any_pool():
    cases, scores = recorded(600, 0)
    anybody = Fuser(known=False, members=1).fit(cases, scores, NAMES)
    assert anybody.experts_ == ()
    view = anybody.for_experts([None] * 30)
    said = np.full(30, NOT_ASKED)
    said[:3] = 0
    assert view.posterior(Evidence(np.full(30, 0.5), np.full(30, 0.1), said, 4)).top > 0.5


def test_answers_that_are_given_later_keep_their_place():
    said = Evidence.blank(np.array([0.5, 0.5, 0.5]), np.zeros(3), 4).heard(1, 0, 3).heard(0, NOTHING).heard(2, 1, 0)
    assert said.places == (3, 0) and said.answers == 2
    assert said.heard(0, 2).places == (3, 0, NOWHERE)


def test_voices_nobody_has_heard_take_the_chance_at_its_word():
    cases = Cases.of(evidence([0, NOTHING, -2, -2, -2]))
    logits = Voices.neutral().among(np.full(5, -1)).logits(cases)
    assert logits[0] == pytest.approx(np.log(SKILL / (1 - SKILL)))


def test_open_questions_have_many_wrong_answers(fuser):
    for view in views(fuser):
        few, many = (view.posterior(evidence([0, 0, -2, -2, -2], options=options)).top for options in (2, None))
        assert few < many
    assert Cases.of(evidence([0] * 5, options=None)).options == OPEN


def test_the_same_questions_and_seed_make_the_same_fuser(fuser):
    cases, scores = recorded(1000, 0)
    again = Fuser(members=1).fit(cases, scores, NAMES)
    said = evidence([0, 1, 1, NOTHING, -2])
    answers, others = (one.for_experts(NAMES).posterior(said).answers for one in (fuser, again))
    assert (answers == others).all()


def test_too_few_answers_make_no_fuser():
    cases, scores = recorded(100, 0)
    assert train_fuser(cases, cases.chance, scores, NAMES, 0) is None


def test_what_is_written_down_says_the_same_again(fuser, tmp_path):
    write_estimator(fuser, tmp_path, "fuser")
    kept = read(tmp_path, "fuser", KINDS)
    said = evidence([0, 1, 1, NOTHING, -2])
    before, after = (one.for_experts(NAMES) for one in (fuser, kept))
    assert (after.posterior(said).answers == before.posterior(said).answers).all()
    assert (after.gains(said) == before.gains(said)).all()
