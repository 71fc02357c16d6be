import numpy as np
import pytest
from sklearn.base import clone

from routers.base import Prediction, Router
from routers.growth import grown


class MeanRouter(Router):
    """Every expert's own mean, whatever the query."""

    columns = {"means_": 0}

    def __init__(self, spread: float = 0.1) -> None:
        self.spread = spread

    def _fit(self, X, Y):
        self.means_ = np.nanmean(Y, axis=0)

    def _added(self, X, y):
        return grown(self, means_=y.mean())

    def predict(self, X):
        n, m = X.shape[0], len(self.means_)
        return Prediction.plain(np.tile(self.means_, (n, 1)), np.full((n, m), self.spread), "its mean")


def test_a_missing_cell_is_missing_and_not_a_zero():
    Y = np.array([[1.0, np.nan], [1.0, 0.5], [np.nan, 0.5]])
    prediction = MeanRouter().fit(np.zeros((3, 2)), Y, ["a", "b"]).predict(np.zeros((1, 2)))
    assert prediction.mean.tolist() == [[1.0, 0.5]]


def test_fit_remembers_the_experts_in_their_order():
    assert MeanRouter().fit(np.zeros((1, 2)), np.array([[1, 0]]), ["b", "a"]).experts_ == ("b", "a")


@pytest.mark.parametrize(
    ("Y", "experts", "words"),
    [
        (np.zeros((2, 2)), ["a", "b"], "shape"),
        (np.zeros((1, 2)), ["a", "a"], "twice"),
        (np.array([[0.5, np.nan]]), ["a", "b"], "no outcome at all for b"),
        (np.array([[0.5, 1.5]]), ["a", "b"], "0.5 to 1.5"),
    ],
)
def test_outcomes_that_make_no_sense_are_refused_with_the_numbers(Y, experts, words):
    with pytest.raises(ValueError, match=words):
        MeanRouter().fit(np.zeros((1, 3)), Y, experts)


def test_scikit_learn_can_clone_a_router_and_set_its_parameters():
    copy = clone(MeanRouter(0.3)).set_params(spread=0.2)
    assert copy.get_params() == {"spread": 0.2}


def test_an_unknown_parameter_is_refused():
    with pytest.raises(ValueError, match="no parameter 'depth'"):
        MeanRouter().set_params(depth=3)


def test_a_plain_prediction_is_sure_of_itself_and_has_no_category():
    prediction = Prediction.plain(np.zeros((2, 1)), np.ones((2, 1)), "because")
    assert prediction.confidence.tolist() == [1, 1]
    assert (prediction.labels, prediction.reasons) == (("", ""), ("because", "because"))


def test_the_score_is_the_brier_score_of_what_was_measured():
    router = MeanRouter().fit(np.zeros((2, 1)), np.array([[1.0, 0.5], [0.0, 0.5]]))
    assert router.score(np.zeros((2, 1)), np.array([[1.0, np.nan], [1.0, 0.5]])) == pytest.approx(-0.5 / 3)


def test_an_expert_is_added_with_what_was_measured_of_it():
    router = MeanRouter().fit(np.zeros((2, 1)), np.zeros((2, 2)), ["a", "b"])
    grown = router.add("c", np.zeros((3, 1)), np.array([1.0, np.nan, 0.5]))
    assert grown.experts_ == ("a", "b", "c")
    assert grown.means_.tolist() == [0, 0, 0.75]
    assert router.experts_ == ("a", "b")


def test_what_has_grown_leaves_what_it_grew_from_as_it_was():
    router = MeanRouter().fit(np.zeros((2, 1)), np.zeros((2, 2)))
    assert grown(router, means_=1.0).means_.tolist() == [0, 0, 1]
    assert router.means_.tolist() == [0, 0]


def test_an_entry_for_each_array_of_a_newcomer_is_needed():
    router = MeanRouter().fit(np.zeros((2, 1)), np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"\['means_'\] have an entry per expert, but \['mean'\] were given"):
        grown(router, mean=1.0)
