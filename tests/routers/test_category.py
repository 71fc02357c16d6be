import numpy as np
import pytest

from routers.abilities import Ability, Rate
from routers.catalog import KINDS
from routers.categories import CATEGORIES
from routers.category import CategoryRouter
from routers.state import dump, restore

FIELDS = ("law", "math", "poetry")
LAW, MATH, POETRY = np.eye(3)
DOUBT = np.full(3, 1 / 3)


@pytest.fixture
def router():
    """Two experts whose abilities are known beforehand; nobody knows law."""
    abilities = {
        "mathematician": Ability(Rate(0.4, 0.01), {"math": Rate(0.9, 0.01)}),
        "poet": Ability(Rate(0.4, 0.01), {"poetry": Rate(0.9, 0.01)}),
    }
    return CategoryRouter(FIELDS).with_abilities(abilities)


@pytest.fixture(scope="module")
def measured():
    """A router fitted on clear-cut fields, its rows and outcomes: one expert knows law, the other all but law."""
    fields = np.arange(300) % 3
    rows = np.hstack([np.random.default_rng(0).normal(size=(300, 2)), np.eye(3)[fields]])
    Y = np.column_stack([fields == 0, fields != 0]).astype(float)
    return CategoryRouter(FIELDS).fit(rows, Y, ["lawyer", "other"]), rows, Y


def test_the_specialist_is_expected_to_answer_its_field_best(router):
    prediction = router.predict(np.array([MATH, POETRY]))
    assert prediction.mean == pytest.approx(np.array([[0.9, 0.4], [0.4, 0.9]]))
    assert prediction.labels == ("math", "poetry")


def test_the_reason_is_said_in_words(router):
    prediction = router.predict(np.array([[0.1, 0.7, 0.2]]))
    assert prediction.reasons == ("reads as math (0.70)",)
    assert prediction.confidence == pytest.approx([0.7])


def test_the_chances_are_the_last_columns_of_a_row(router):
    rows = np.array([[5, -7, *LAW], [5, -7, *(0.25 * LAW + 0.75 * MATH)]])
    assert router.chances(rows) == pytest.approx(np.array([[1, 0, 0], [0.25, 0.75, 0]]))


def test_chances_add_up_to_one_whatever_the_row(router):
    rows = np.array([[0.2, 0.2, 0], [-1, 0, 3], [0, 0, 0]])
    assert router.chances(rows) == pytest.approx(np.array([[0.5, 0.5, 0], [0, 0, 1], DOUBT]))


def test_a_perfect_expert_is_not_better_than_perfect():
    rows = np.random.default_rng(0).random((500, 3)).astype(np.float32)
    router = CategoryRouter(FIELDS).with_abilities({"perfect": Ability(Rate(1.0, 0.0))})
    assert router.predict(rows).mean.max() == 1


def test_shapes_are_rows_by_experts(router):
    prediction = router.predict(np.array([LAW, MATH, POETRY, DOUBT]))
    assert prediction.mean.shape == prediction.std.shape == (4, 2)
    assert prediction.confidence.shape == (4,)
    assert len(prediction.labels) == len(prediction.reasons) == 4


def test_no_query_at_all_is_no_row(router):
    assert router.predict(np.empty((0, 3))).mean.shape == (0, 2)


def test_doubt_between_categories_widens_the_estimate(router):
    clear, doubtful = router.predict(np.array([POETRY, DOUBT])).std[:, 1]
    assert clear == pytest.approx(0.01)
    assert doubtful == pytest.approx(np.std([0.9, 0.4, 0.4]), abs=0.001)


def test_a_new_expert_leaves_the_others_as_they_are(router):
    known = dict(zip(router.experts_, router.abilities_, strict=True))
    grown = router.with_abilities({**known, "newcomer": Ability.unknown()})
    rows = np.array([LAW, MATH, DOUBT])
    assert grown.experts_ == ("mathematician", "poet", "newcomer")
    assert np.array_equal(grown.predict(rows).mean[:, :2], router.predict(rows).mean)
    assert router.experts_ == ("mathematician", "poet")


def test_a_router_without_experts_predicts_for_nobody():
    assert CategoryRouter(FIELDS).with_abilities({}).predict(np.array([LAW])).mean.shape == (1, 0)


def test_fitted_abilities_are_those_the_outcomes_show(measured):
    router, rows, Y = measured
    means = router.predict(rows[:3]).mean
    assert np.abs(means - Y[:3]).max() < 0.1


def test_an_expert_that_was_measured_on_one_field_is_not_judged_by_zeros_on_the_others(measured):
    _, rows, Y = measured
    Y = np.where(rows[:, -3:-2] == 1, Y, np.nan)
    assert CategoryRouter(FIELDS).fit(rows, Y, ["lawyer", "other"]).predict(rows).mean[:, 0].min() > 0.9


def test_a_newcomer_is_measured_category_by_category(measured):
    router, rows, Y = measured
    grown = router.add("twin", rows, Y[:, 0])
    assert grown.experts_ == ("lawyer", "other", "twin")
    assert np.array_equal(grown.means_[2], router.means_[0])
    assert np.array_equal(grown.predict(rows).mean[:, 2], grown.predict(rows).mean[:, 0])
    assert np.array_equal(grown.means_[:2], router.means_)


def test_abilities_are_those_that_were_learned(measured):
    router, rows, _ = measured
    lawyer, other = router.abilities_
    assert lawyer.on("law").mean > 0.9 > 0.1 > lawyer.on("math").mean
    assert lawyer.overall.mean == pytest.approx(1 / 3, abs=1e-3)
    again = router.with_abilities({"lawyer": lawyer, "other": other})
    assert np.array_equal(again.predict(rows).std, router.predict(rows).std)


def test_a_selection_has_the_abilities_of_the_selected(measured):
    router, _, _ = measured
    assert router.select({"anyone": "other"}).abilities_ == router.abilities_[1:]


def test_what_is_written_down_is_read_back_with_its_categories(measured):
    router, rows, _ = measured
    again = restore(dump(router), KINDS)
    assert again.categories == FIELDS
    assert again.abilities_ == router.abilities_
    assert again.predict(rows).labels == router.predict(rows).labels


def test_the_categories_are_the_products_own_unless_others_are_given():
    assert CategoryRouter().categories == CATEGORIES
