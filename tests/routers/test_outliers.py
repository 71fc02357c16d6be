import numpy as np
import pytest
from sklearn.base import clone

from routers.outliers import FAR, UNDECIDED, Outliers, generalist
from routers.state import dump, restore

CENTRES = np.array([[4.0, 0, 0, 0], [0, 4, 0, 0], [0, 0, 4, 0]])
EVEN = np.full(3, 1 / 3)


def rows(points, chances):
    """As an encoder lays them out: an embedding, one column of something else, category probabilities."""
    return np.column_stack([points, np.full(len(points), 99.0), chances])


def known(n, seed):
    """Points about the three centres, two columns of four moving together, each read with more or less certainty."""
    chance = np.random.default_rng(seed)
    at = np.arange(n) % 3
    noise = chance.standard_normal((n, 4)) * [1, 1, 1, 0.2]
    top = chance.uniform(0.7, 0.98, (n, 1))
    chances = np.where(np.arange(3) == at[:, None], top, (1 - top) / 2)
    return rows(CENTRES[at] + noise, chances)


def strange(n, seed, *, far=True, undecided=True):
    chance = np.random.default_rng(seed)
    points = CENTRES[np.zeros(n, dtype=int)] + chance.standard_normal((n, 4)) * [1, 1, 1, 0.2]
    points[:, 3] += 3.0 if far else 0.0
    return rows(points, np.tile(EVEN if undecided else [0.9, 0.05, 0.05], (n, 1)))


@pytest.fixture(scope="module")
def outliers():
    return Outliers(width=4, categories=3).fit(known(600, 0)).calibrate(known(400, 1), strange(60, 2))


def test_the_wanted_share_of_known_rows_is_accepted(outliers):
    assert 0.95 <= 1 - outliers.flag(known(400, 1)).mean() < 1
    assert 1 - outliers.flag(known(2000, 5)).mean() == pytest.approx(0.95, abs=0.05)


def test_the_limits_keep_their_share_however_the_rejections_are_split():
    sure = Outliers(width=4, categories=3, accept=0.8).fit(known(300, 0))
    for strangers in (strange(50, 3, far=False), strange(50, 3, undecided=False)):
        assert sure.calibrate(known(200, 1), strangers).flag(known(200, 1)).mean() <= 0.2


def test_what_lies_far_off_is_flagged_even_where_its_category_looks_certain(outliers):
    certain = strange(50, 4, undecided=False)
    assert outliers.flag(certain).all()
    assert set(outliers.reasons(certain)) == {FAR}


def test_far_is_far_along_a_direction_in_which_known_rows_hardly_vary(outliers):
    wide, narrow = known(300, 6), known(300, 6)
    wide[:, 0] += 1.5
    narrow[:, 3] += 1.5
    assert outliers.flag(wide).mean() < 0.5 < outliers.flag(narrow).mean()


def test_what_could_be_anything_is_flagged_where_known_rows_are_not(outliers):
    near = strange(50, 4, far=False)
    assert outliers.flag(near).mean() > 0.9
    assert UNDECIDED in outliers.reasons(near)


def test_a_flag_is_a_score_above_one_and_has_a_reason(outliers):
    X = np.vstack([known(200, 7), strange(50, 8)])
    assert (outliers.flag(X) == (outliers.score(X) > 1)).all()
    assert [bool(reason) for reason in outliers.reasons(X)] == outliers.flag(X).tolist()


def test_distance_is_in_units_of_the_spread_within_a_category(outliers):
    X = known(3000, 9)
    within = (X[:, :4] - CENTRES[np.arange(3000) % 3]) @ outliers.whitening_
    assert np.cov(within.T)[:3, :3] == pytest.approx(np.eye(3), abs=0.15)


def test_without_calibration_nothing_is_flagged():
    assert not Outliers(width=4, categories=3).fit(known(300, 0)).flag(strange(20, 1)).any()


def test_it_is_the_same_after_it_was_written_down(outliers):
    X = np.vstack([known(50, 7), strange(50, 8)])
    again = restore(dump(outliers), {"Outliers": Outliers})
    assert (again.score(X) == outliers.score(X)).all()
    assert clone(outliers).get_params() == {"width": 4, "categories": 3, "accept": 0.95}


def test_rows_too_narrow_are_refused_with_the_numbers():
    with pytest.raises(ValueError, match="X has 8 columns; 7 embedding columns and 3"):
        Outliers(width=7, categories=3).fit(known(30, 0))


def test_the_generalist_is_who_is_surely_good_and_not_who_was_lucky_once():
    chance = np.random.default_rng(0)
    Y = np.column_stack([chance.random(300) < 0.7, chance.random(300) < 0.5, np.full(300, np.nan)]).astype(float)
    Y[0, 2] = 1.0
    assert generalist(Y) == 0


def test_an_expert_measured_on_few_queries_is_missing_the_others_and_not_wrong_on_them():
    Y = np.full((400, 2), np.nan)
    Y[:, 0] = np.arange(400) % 2
    Y[:200, 1] = np.arange(200) % 4 > 0
    assert generalist(Y) == 1
