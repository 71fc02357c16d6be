import json

import numpy as np
import pytest

from routers.base import Estimator
from routers.errors import ArtifactError
from routers.state import State, dump, restore


class Scale(Estimator):
    def __init__(self, by: float = 1.0) -> None:
        self.by = by


class Blend(Estimator):
    def __init__(self, first: Scale, names: tuple[str, ...] = (), width: int | None = None) -> None:
        self.first = first
        self.names = names
        self.width = width


KINDS = {"Scale": Scale, "Blend": Blend}


def blend():
    """Estimators as a parameter, as a learned attribute, and in a tuple of them."""
    one, other = Scale(2.0), Scale(3.0)
    one.weights_, other.weights_ = np.arange(3, dtype=np.float32), np.array([[np.nan, 1.0]])
    made = Blend(one, ("a", "b"))
    made.members_, made.best_, made.mean_, made.name_ = (one, other), other, np.float64(0.25), "ours"
    return made


def through_json(state):
    return State(state.arrays, json.loads(json.dumps(state.facts)))


def test_nested_estimators_come_back_as_they_were():
    again = restore(through_json(dump(blend())), KINDS)
    assert (type(again), again.names, again.width) == (Blend, ("a", "b"), None)
    assert (again.first.by, again.best_.by) == (2.0, 3.0)
    assert (again.mean_, again.name_) == (0.25, "ours")
    assert [type(member) for member in again.members_] == [Scale, Scale]
    assert np.array_equal(again.members_[1].weights_, [[np.nan, 1.0]], equal_nan=True)
    assert again.first.weights_.dtype == np.float32


def test_every_array_has_a_path_of_its_own():
    assert sorted(dump(blend()).arrays) == [
        "best_/weights_",
        "first/weights_",
        "members_/0/weights_",
        "members_/1/weights_",
    ]


def test_what_is_not_learned_is_not_written():
    scale = Scale()
    scale.cache = object()
    assert dump(scale).facts["learned"] == {}


def test_an_unknown_kind_is_refused_by_name():
    with pytest.raises(ArtifactError, match="no router is called 'Blend'; known are Scale"):
        restore(dump(blend()), {"Scale": Scale})


def test_an_unknown_kind_within_is_refused_too():
    with pytest.raises(ArtifactError, match="no router is called 'Scale'; known are Blend"):
        restore(dump(blend()), {"Blend": Blend})


def test_a_missing_array_is_refused_by_its_path():
    state = dump(blend())
    arrays = {path: array for path, array in state.arrays.items() if path != "members_/1/weights_"}
    with pytest.raises(ArtifactError, match="members_/1/weights_"):
        restore(State(arrays, state.facts), KINDS)


@pytest.mark.parametrize("fact", ["kind", "params", "learned"])
def test_a_missing_fact_is_refused_by_its_name(fact):
    state = dump(blend())
    facts = {name: value for name, value in state.facts.items() if name != fact}
    with pytest.raises(ArtifactError, match=f"'{fact}' is missing"):
        restore(State(state.arrays, facts), KINDS)


@pytest.mark.parametrize("learned", [{"a": 1}, {1}, b"bytes", lambda: None])
def test_what_cannot_be_kept_is_refused_where_it_stands(learned):
    made = blend()
    made.members_[1].extra_ = learned
    with pytest.raises(TypeError, match=r"members_/1/extra_ is a \w+: only arrays"):
        dump(made)
