"""What every router of the catalog keeps, whatever it learns: a new one has only to be named there."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from routers.catalog import KINDS, ROUTERS
from routers.categories import CATEGORIES
from routers.state import State, dump, restore

EMBEDDED = 8
WIDTH = EMBEDDED + len(CATEGORIES)
EXPERTS = ("left", "right", "steady", "poor")
BLIND = {"constant", "random"}
"""They read no query."""

every_router = pytest.mark.parametrize("name", ROUTERS)
learning_router = pytest.mark.parametrize("name", [name for name in ROUTERS if name != "random"])
reading_router = pytest.mark.parametrize("name", [name for name in ROUTERS if name not in BLIND])


def world(n=240, seed=0, missing=0.1):
    """Two kinds of queries, and a specialist for each of them.

    Rows are made as an encoder makes them: the kinds differ in an embedding, and in category chances at the end.
    """
    chance = np.random.default_rng(seed)
    kind = np.arange(n) % 2
    X = chance.normal(0, 0.3, (n, WIDTH)).astype(np.float32)
    X[np.arange(n), kind] += 2
    X[:, EMBEDDED:] = chance.dirichlet(np.full(len(CATEGORIES), 0.1), n) / 2
    X[np.arange(n), EMBEDDED + kind] += 0.5
    quality = np.array([[0.95, 0.1, 0.6, 0.05], [0.1, 0.95, 0.6, 0.05]])[kind]
    Y = (chance.random(quality.shape) < quality).astype(float)
    Y[chance.random(Y.shape) < missing] = np.nan
    return X, Y


@pytest.fixture(scope="module")
def fitted():
    X, Y = world()
    return {name: make().fit(X, Y, EXPERTS) for name, make in ROUTERS.items()}


def written_params(router):
    """Its hyperparameters, in a form in which estimators among them can be compared."""
    return dump(router).facts["params"]


@every_router
def test_fit_returns_the_router_itself(name):
    router = ROUTERS[name]()
    assert router.fit(*world(), EXPERTS) is router
    assert router.experts_ == EXPERTS


@every_router
@pytest.mark.parametrize("rows", [0, 1, 7])
def test_a_prediction_is_rows_by_experts_in_its_bounds(fitted, name, rows):
    prediction = fitted[name].predict(world(60, seed=1)[0][:rows])
    assert prediction.mean.shape == prediction.std.shape == (rows, 4)
    assert ((prediction.mean >= 0) & (prediction.mean <= 1)).all()
    assert ((prediction.std >= 0) & np.isfinite(prediction.std)).all()
    assert prediction.confidence.shape == (rows,)
    assert len(prediction.labels) == len(prediction.reasons) == rows
    assert all(prediction.reasons)


@reading_router
def test_each_kind_of_query_goes_to_its_specialist(fitted, name):
    X, _ = world(100, seed=2)
    assert (fitted[name].predict(X).mean.argmax(axis=1) == np.arange(100) % 2).mean() > 0.9


@learning_router
def test_who_is_worse_everywhere_is_expected_to_be(fitted, name):
    means = fitted[name].predict(world(100, seed=2)[0]).mean.mean(axis=0)
    assert means[3] < 0.25 < means[2]


@learning_router
def test_a_missing_score_is_not_a_zero(name):
    X, Y = world()
    Y[:, 2] = np.where(np.random.default_rng(3).random(len(Y)) < 0.7, np.nan, 1.0)
    means = ROUTERS[name]().fit(X, Y).predict(X).mean[:, 2]
    assert means.min() > 0.7
    assert means.mean() > 0.9


@every_router
def test_a_batch_says_what_its_rows_say_one_by_one(fitted, name):
    X, _ = world(20, seed=4)
    whole, single = fitted[name].predict(X), [fitted[name].predict(row[None]) for row in X]
    assert np.allclose(whole.mean, np.concatenate([one.mean for one in single]), atol=1e-5)
    assert np.allclose(whole.std, np.concatenate([one.std for one in single]), atol=1e-5)


@every_router
def test_the_same_data_and_seed_give_the_same_router(fitted, name):
    X, Y = world()
    again = ROUTERS[name]().fit(X, Y, EXPERTS)
    assert np.array_equal(again.predict(X).mean, fitted[name].predict(X).mean)


@every_router
def test_fitting_changes_neither_rows_nor_outcomes(name):
    X, Y = world()
    ROUTERS[name]().fit(X, Y).predict(X)
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip((X, Y), world(), strict=True))


@every_router
def test_scikit_learn_can_clone_it(fitted, name):
    copy = clone(fitted[name])
    assert not hasattr(copy, "experts_")
    assert written_params(copy) == written_params(ROUTERS[name]())
    assert copy.set_params(**copy.get_params()) is copy


@every_router
def test_a_grid_search_runs_over_it(name):
    router = ROUTERS[name]()
    X, Y = world(80)
    numbers = [param for param, default in router.get_params().items() if type(default) in (int, float)]
    grid = {param: [router.get_params()[param], router.get_params()[param] + 1] for param in numbers[:1]}
    found = GridSearchCV(router, grid, cv=2, error_score="raise").fit(X, Y)
    assert -1 < found.best_score_ < 0


@every_router
def test_a_selection_keeps_its_columns_and_renames_them(fitted, name):
    X, _ = world(30, seed=5)
    some = fitted[name].select({"east": "right", "west": "left"})
    assert some.experts_ == ("east", "west")
    assert np.allclose(some.predict(X).mean, fitted[name].predict(X).mean[:, [1, 0]], atol=1e-6)
    assert np.allclose(some.predict(X).std, fitted[name].predict(X).std[:, [1, 0]], atol=1e-6)
    assert fitted[name].experts_ == EXPERTS


@every_router
def test_an_expert_it_does_not_know_cannot_be_selected(fitted, name):
    with pytest.raises(ValueError, match="not fitted on nobody"):
        fitted[name].select(["left", "nobody"])


@every_router
def test_a_newcomer_leaves_the_others_as_they_are(fitted, name):
    X, Y = world(60, seed=6)
    before = fitted[name].predict(X)
    grown = fitted[name].add("newcomer", X, Y[:, 0])
    assert grown.experts_ == (*EXPERTS, "newcomer")
    for array, axis in fitted[name].columns.items():
        others = np.take(getattr(grown, array), range(4), axis=axis)
        assert np.array_equal(others, getattr(fitted[name], array), equal_nan=True)
    assert np.allclose(grown.predict(X).mean[:, :4], before.mean, atol=1e-6)
    assert np.array_equal(fitted[name].predict(X).mean, before.mean)


@learning_router
def test_a_twin_is_predicted_like_its_twin(fitted, name):
    X, Y = world()
    means = fitted[name].add("twin", X, Y[:, 0]).predict(X).mean
    assert np.abs(means[:, 4] - means[:, 0]).mean() < 0.06


@reading_router
def test_a_newcomer_measured_elsewhere_and_little_is_placed_well(fitted, name):
    X, Y = world(60, seed=7)
    grown = fitted[name].add("newcomer", X, Y[:, 1])
    means = grown.predict(world(100, seed=8)[0]).mean[:, 4]
    assert means[1::2].mean() > means[::2].mean() + 0.1


@learning_router
def test_an_expert_measured_anew_replaces_what_was_known_of_it(fitted, name):
    X, Y = world(60, seed=6)
    anew = fitted[name].add("left", X, np.ones(len(X)))
    assert sorted(anew.experts_) == sorted(EXPERTS)
    assert anew.select(["left"]).predict(X).mean.mean() > 0.85


@every_router
def test_what_is_written_down_is_read_back_the_same(fitted, name, tmp_path):
    X, _ = world(30, seed=9)
    state = dump(fitted[name])
    np.savez(tmp_path / "arrays.npz", allow_pickle=False, **state.arrays)
    with np.load(tmp_path / "arrays.npz", allow_pickle=False) as stored:
        again = restore(State(dict(stored), json.loads(json.dumps(state.facts))), KINDS)
    assert type(again) is type(fitted[name])
    assert again.experts_ == EXPERTS
    assert written_params(again) == written_params(fitted[name])
    assert np.array_equal(again.predict(X).mean, fitted[name].predict(X).mean)
    assert np.array_equal(again.predict(X).std, fitted[name].predict(X).std)


SERVE = """
import json, sys
import numpy as np
from routers.catalog import KINDS
from routers.state import State, restore
width = int(sys.argv[1])
for path in sys.argv[2:]:
    arrays = dict(np.load(path + ".npz"))
    restore(State(arrays, json.load(open(path + ".json"))), KINDS).predict(np.ones((2, width), dtype=np.float32))
print(sorted({"sklearn", "pyarrow", "torch"} & set(sys.modules)))
"""


def test_predicting_loads_no_training_library(fitted, tmp_path):
    for name, router in fitted.items():
        state = dump(router)
        np.savez(tmp_path / f"{name}.npz", allow_pickle=False, **state.arrays)
        (tmp_path / f"{name}.json").write_text(json.dumps(state.facts))
    paths = [str(tmp_path / name) for name in fitted]
    found = subprocess.run([sys.executable, "-c", SERVE, str(WIDTH), *paths], capture_output=True, text=True)
    assert (found.stdout.strip(), found.stderr) == ("[]", "")


@every_router
def test_ten_rows_suffice(name):
    X, Y = world(10, missing=0)
    assert np.isfinite(ROUTERS[name]().fit(X, Y).predict(X).mean).all()


@learning_router
@pytest.mark.parametrize("score", [0.0, 0.5, 1.0])
def test_scores_that_are_all_equal_are_expected_again(name, score):
    X, _ = world(40)
    mean = ROUTERS[name]().fit(X, np.full((40, 2), score)).predict(X).mean
    assert np.abs(mean - score).max() < 0.1


@every_router
def test_a_row_of_zeros_is_a_query_like_another(name):
    X, Y = world(60)
    X[:2] = 0
    prediction = ROUTERS[name]().fit(X, Y).predict(np.zeros((1, WIDTH), dtype=np.float32))
    assert np.isfinite(prediction.mean).all()
    assert np.isfinite(prediction.std).all()


@every_router
def test_rows_that_are_all_the_same_are_enough(name):
    _, Y = world(30)
    assert np.isfinite(ROUTERS[name]().fit(np.ones((30, WIDTH)), Y).predict(np.ones((1, WIDTH))).mean).all()


@every_router
def test_graded_scores_are_learned_like_any(name):
    X, _ = world(80)
    Y = np.random.default_rng(0).random((80, 3))
    assert ROUTERS[name]().fit(X, Y).predict(X).mean.shape == (80, 3)


@every_router
@pytest.mark.parametrize(
    ("Y", "experts", "words"),
    [
        (np.zeros((4, 3)), ["a", "b"], r"\(4, 3\); 4 queries and 2 experts"),
        (np.zeros((3, 2)), ["a", "b"], r"\(3, 2\); 4 queries and 2 experts"),
        (np.zeros(4), ["a", "b"], r"shape \(4,\)"),
        (np.zeros((4, 2)), ["a", "a"], "named twice: a, a"),
        (np.full((4, 2), 1.5), ["a", "b"], "1.5 to 1.5"),
        (np.full((4, 2), -0.5), ["a", "b"], "-0.5 to -0.5"),
        (np.full((4, 2), np.nan), ["a", "b"], "no outcome at all for a, b"),
    ],
)
def test_outcomes_that_make_no_sense_are_refused_with_the_numbers(name, Y, experts, words):
    with pytest.raises(ValueError, match=words):
        ROUTERS[name]().fit(np.ones((4, WIDTH)), Y, experts)


@every_router
def test_a_newcomer_that_was_never_measured_is_refused(fitted, name):
    with pytest.raises(ValueError, match="no outcome at all for ghost"):
        fitted[name].add("ghost", np.ones((3, WIDTH)), np.full(3, np.nan))


ROWS = arrays.arrays(np.float32, (3, WIDTH), elements=st.floats(-100, 100, width=32))


@every_router
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_no_row_whatever_leads_out_of_bounds(fitted, name, rows):
    prediction = fitted[name].predict(rows)
    assert ((prediction.mean >= 0) & (prediction.mean <= 1)).all()
    assert ((prediction.std >= 0) & np.isfinite(prediction.std)).all()
