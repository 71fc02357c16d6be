"""The skill router: counts, the weakest link, calibrated quality, newcomers by profile, and recruiting."""

import json
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone

from routers.errors import ArtifactError
from routers.skills.competency import QualityMap, fit_quality, global_competency
from routers.skills.profile import SkillProfile
from routers.skills.rates import Counts, count, difficulties, posterior
from routers.skills.recruit import recruit_best, recruit_drawn, recruiting_weights
from routers.skills.regions import RegionTagger
from routers.skills.router import SkillRouter
from routers.skills.suitability import suitability, weakest
from routers.skills.tagger import SkillTagger
from routers.skills.tags import Tags
from routers.state import dump, restore

EXPERTS = ("algebraist", "optician", "amateur")
SKILLS = ("algebra", "optics")
KINDS = {kind.__name__: kind for kind in (SkillRouter, SkillTagger, RegionTagger)}


def world(n=900, seed=0, missing=0.1):
    """Queries that ask for algebra, optics or both; whoever lacks one of the skills fails at both together."""
    chance = np.random.default_rng(seed)
    labels = np.array([[1, 0], [0, 1], [1, 0], [0, 1], [1, 0], [0, 1], [1, 1]])[np.arange(n) % 7]
    X = np.concatenate([2.0 * labels, np.zeros((n, 2))], axis=1) + chance.normal(0, 0.3, (n, 4))
    rates = np.array([[0.9, 0.2], [0.2, 0.9], [0.5, 0.5]])
    quality = np.where(labels[:, None, :] == 1, rates, 1).min(axis=2)
    Y = (chance.random(quality.shape) < quality).astype(float)
    Y[chance.random(Y.shape) < missing] = np.nan
    return X.astype(np.float32), Y, labels


@pytest.fixture(scope="module")
def tagger():
    X, _, labels = world()
    return SkillTagger(keep=8 / 7, most=2).fit(X, labels, SKILLS)


@pytest.fixture(scope="module")
def router(tagger):
    X, Y, _ = world()
    return SkillRouter(tagger).fit(X, Y, EXPERTS)


def tags(*strengths):
    """Tags of queries that say how strongly they ask for skills 0, 1, ...; the strongest first."""
    given = np.array(strengths, dtype=float)
    places = np.argsort(-given, axis=1, kind="stable")
    return Tags(places, np.take_along_axis(given, places, axis=1))


def test_the_specialist_is_expected_to_do_its_skill_best(router):
    X, _, labels = world(300, seed=1)
    best = router.predict(X).mean.argmax(axis=1)
    alone = labels.sum(axis=1) == 1
    assert (best[alone] == labels[alone].argmax(axis=1)).mean() > 0.95


def test_a_query_is_read_in_words_and_its_weakest_skill_is_named(router):
    X = world(7, seed=1)[0]
    prediction = router.predict(np.array([X[0], X[6]]))
    assert prediction.skills[0] == ("algebra",) and set(prediction.skills[1]) == set(SKILLS)
    assert prediction.reasons[0] == "asks for algebra"
    assert " and " in prediction.reasons[1] and "; weakest there: " in prediction.reasons[1]


def test_expected_quality_is_calibrated(router):
    X, Y, _ = world(1500, seed=2)
    mean = router.predict(X).mean
    assert abs(np.nanmean(Y - mean)) < 0.04
    high = mean > 0.7
    assert abs(np.nanmean((Y - mean)[high])) < 0.1


def test_few_answers_leave_the_estimate_wide(tagger):
    X, Y, _ = world()
    many = SkillRouter(tagger).fit(X, Y, EXPERTS).predict(X[:5]).std
    few = SkillRouter(tagger).fit(X[:28], Y[:28], EXPERTS).predict(X[:5]).std
    assert (few > many).all()


def test_an_answer_not_measured_counts_neither_right_nor_wrong(tagger):
    X, Y, _ = world(missing=0)
    Y[300:, 0] = np.nan
    thin = SkillRouter(tagger).fit(X, Y, EXPERTS)
    assert thin.overall_[0].sum() == 300
    assert np.allclose(thin.right_[0] + thin.wrong_[0], tagger.tags(X[:300]).matrix(2).sum(axis=0).A1)


def test_without_a_vocabulary_regions_stand_in_for_skills():
    X, Y, _ = world()
    router = SkillRouter(regions=6).fit(X, Y, EXPERTS)
    prediction = router.predict(X[:3])
    assert prediction.mean.argmax(axis=1)[:2].tolist() == [0, 1]
    assert all(name.startswith("region ") for name in prediction.skills[0])


def test_a_tagger_that_was_not_fitted_is_refused():
    X, Y, _ = world(30)
    with pytest.raises(ValueError, match="SkillTagger given to the router is not fitted"):
        SkillRouter(SkillTagger()).fit(X, Y, EXPERTS)


def test_sparse_rows_are_read_too():
    from scipy.sparse import csr_matrix

    X, Y, _ = world(200)
    dense, sparse = (SkillRouter(regions=4).fit(rows, Y).predict(rows).mean for rows in (X, csr_matrix(X)))
    assert np.allclose(dense, sparse, atol=1e-4)


def test_a_newcomer_leaves_the_others_as_they_are_bit_for_bit(router):
    X, Y, _ = world(90, seed=3, missing=0)
    grown = router.add("newcomer", X, Y[:, 1])
    assert grown.experts_ == (*EXPERTS, "newcomer")
    before, after = router.predict(X), grown.predict(X)
    assert np.array_equal(before.mean, after.mean[:, :3]) and np.array_equal(before.std, after.std[:, :3])


def test_a_newcomer_may_come_with_its_counts_written_by_hand(router):
    profile = SkillProfile.from_json({"overall": [50, 50], "skills": {"optics": [48, 2]}})
    grown = router.with_profile("lens", profile)
    X = world(3, seed=1)[0]
    assert grown.experts_[-1] == "lens" and grown.predict(X).mean[1, 3] > 0.7
    assert np.array_equal(grown.predict(X).mean[:, :3], router.predict(X).mean)


def test_a_profile_gives_the_expert_that_it_was_taken_from(router):
    X = world(30, seed=4)[0]
    written = json.dumps(router.profiles()["optician"].to_json())
    copied = router.with_profile("copy", SkillProfile.from_json(json.loads(written))).predict(X).mean
    assert np.allclose(copied[:, 3], copied[:, 1], atol=1e-3)


def test_a_profile_with_a_strange_skill_is_refused(router):
    with pytest.raises(ValueError, match="does not know: juggling"):
        router.with_profile("x", SkillProfile.from_json({"overall": [1, 1], "skills": {"juggling": [1, 0]}}))


@pytest.mark.parametrize(
    "row", [{}, {"overall": [1], "skills": {}}, {"overall": [1, 1], "skills": {"algebra": [-1, 0]}}]
)
def test_what_is_no_profile_is_refused_in_one_line(row):
    with pytest.raises(ArtifactError, match="a skill profile cannot be read"):
        SkillProfile.from_json(row)


@pytest.mark.parametrize("given", [True, False])
def test_a_router_comes_back_from_its_state(router, given):
    X, Y, _ = world(100, seed=5)
    whole = router if given else SkillRouter(regions=4).fit(X, Y, EXPERTS)
    again = restore(dump(whole), KINDS)
    assert np.array_equal(again.predict(X).mean, whole.predict(X).mean)
    assert again.predict(X).reasons == whole.predict(X).reasons


def test_a_clone_keeps_the_tagger_and_forgets_the_rest(router):
    copy = clone(router)
    assert copy.tagger is router.tagger and not hasattr(copy, "rates_")


def test_sharpness_leads_from_the_mean_to_the_weakest_skill():
    rates, asked = np.array([[0.2, 0.8]]), tags([0.5, 0.5])
    found = [float(suitability(asked, rates, sharpness)[0, 0]) for sharpness in (0, 2, 20, 500)]
    assert found[0] == pytest.approx(0.5) and found == sorted(found, reverse=True)
    assert found[-1] == pytest.approx(0.2, abs=0.01)


def test_a_skill_that_is_not_asked_for_changes_nothing():
    asked = tags([0.9, 0.0])
    same = [suitability(asked, np.array([[0.7, other]]), 5.0)[0, 0] for other in (0.01, 0.99)]
    assert same == pytest.approx([0.7, 0.7])
    assert weakest(asked, np.array([[0.7, 0.1]])).tolist() == [0]


def test_a_sparse_skill_backs_off_to_the_overall_rate_and_then_to_its_neighbours():
    counts = Counts(np.array([[90.0, 0, 0]]), np.array([[10.0, 0, 0]]), np.array([[50.0, 50.0]]))
    near = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 0]])
    means, errors = posterior(counts, np.zeros(3), near, prior=20)
    assert means[0, 0] > means[0, 1] > means[0, 2] == pytest.approx(0.5)
    assert errors[0, 0] < errors[0, 1]


def test_a_skill_that_everybody_fails_is_hard_for_a_newcomer_as_well():
    asked = tags(*[[1.0, 0.0]] * 50, *[[0.0, 1.0]] * 50)
    counts = count(asked, np.repeat([[1.0, 1.0], [0.0, 0.0]], 50, axis=0), 2)
    easy, hard = difficulties(counts, prior=20)
    assert easy > 0 > hard
    stranger = Counts(np.zeros((1, 2)), np.zeros((1, 2)), np.array([[5.0, 5.0]]))
    means, _ = posterior(stranger, np.array([easy, hard]), np.zeros((2, 2)), prior=20)
    assert means[0, 0] > 0.6 and means[0, 1] < 0.4


def test_the_quality_map_never_falls_with_suitability_or_competency():
    chance = np.random.default_rng(0)
    L = chance.uniform(0.1, 0.9, (400, 2))
    backwards = fit_quality(L, np.array([0.4, 0.6]), (chance.random(L.shape) > L).astype(float))
    assert backwards.suitability == 0 and backwards.competency >= 0
    rising = fit_quality(L, np.array([0.4, 0.6]), (chance.random(L.shape) < L).astype(float))
    assert rising.suitability == pytest.approx(1, abs=0.2)


def test_without_outcomes_to_speak_of_suitability_is_the_quality():
    assert QualityMap().quality(np.array([[0.3]]), np.array([0.9]))[0, 0] == pytest.approx(0.3)


def test_competency_is_a_power_and_not_a_softmax():
    assert global_competency([1.0, 2.0]).tolist() == pytest.approx([0.2, 0.8])
    assert global_competency([-3.0, -3.0]).tolist() == [0.5, 0.5]
    assert global_competency([0.0, 0.0]).tolist() == [0.5, 0.5]


def test_nobody_without_suitability_is_recruited_unless_all_are():
    assert recruiting_weights([0.0, 1.0, 1.0], [1.0, 1.0, 2.0]).tolist() == pytest.approx([0, 0.2, 0.8])
    assert recruiting_weights([-2.0, -1.0], [1.0, 1.0]).tolist() == pytest.approx([1 / 3, 2 / 3])


def test_the_best_are_recruited_once_each():
    assert recruit_best(np.array([0.2, 0.5, 0.0, 0.3]), 3) == {1: 1, 3: 1, 0: 1}
    assert recruit_best(np.array([0.0, 1.0]), 2) == {1: 1}


def test_a_draw_is_seeded_counts_repeats_and_follows_the_weights():
    weights = np.array([0.1, 0.9])
    assert recruit_drawn(weights, 3, seed=1) == recruit_drawn(weights, 3, seed=1)
    drawn = recruit_drawn(weights, 4000, seed=0)
    assert sum(drawn.values()) == 4000 and abs(drawn[1] / 4000 - 0.9) < 0.03
    assert sorted(recruit_drawn(weights, 3, seed=0, replace=False).items()) == [(0, 1), (1, 1)]


def test_a_router_recruits_by_name(router):
    X = world(3, seed=1)[0]
    best, second, _ = router.recruit(X, 1)
    assert (best, second) == ({"algebraist": 1}, {"optician": 1})
    assert [sum(calls.values()) for calls in router.recruit(X, 5, seed=7)] == [5, 5, 5]
    assert router.recruit(X, 5, seed=7) == router.recruit(X, 5, seed=7)


def test_serving_imports_no_scikit_learn():
    code = (
        "import sys; import routers.skills.router, routers.skills.tagger, routers.skills.annotate;"
        "print([m for m in sys.modules if m.split('.')[0] in ('sklearn', 'pyarrow', 'torch')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
