import numpy as np
import pytest
from sklearn.base import clone

from routers.base import Prediction, Router


class MeanRouter(Router):
    """Every expert's own mean, whatever the query."""

    def __init__(self, spread: float = 0.1) -> None:
        self.spread = spread

    def _fit(self, X, Y):
        self.means_ = np.nanmean(Y, axis=0)

    def predict(self, X):
        n, m = X.shape[0], len(self.means_)
        return Prediction(np.tile(self.means_, (n, 1)), np.full((n, m), self.spread), np.ones(n), ("",) * n, ("",) * n)


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
