"""Routers that compare a query with known ones: neighbours and clusters."""

import numpy as np
import pytest

from routers.cluster import ClusterRouter
from routers.nearest import greatest, nearest
from routers.neighbours import NeighboursRouter


def rows(n=200, d=6, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def blobs(n=200):
    """Two directions, and an expert that is always right on the first and always wrong on the second."""
    X = rows(n) / 10
    X[np.arange(n), np.arange(n) % 2] += 1
    return X, (np.arange(n) % 2 == 0).astype(float)[:, None]


# neighbours


def test_a_known_row_is_its_own_nearest_neighbour():
    X = rows(300)
    Y = (np.random.default_rng(0).random((300, 2)) < 0.5).astype(float)
    router = NeighboursRouter(neighbours=1, strength=1e-6).fit(X, Y)
    assert np.allclose(router.predict(X).mean, Y, atol=1e-5)


def test_neighbours_that_were_not_measured_are_passed_over():
    X, Y = blobs()
    Y[::4] = np.nan
    mean = NeighboursRouter(neighbours=40, strength=1e-3).fit(X, Y).predict(X).mean
    assert (mean[::2].min(), mean[1::2].max()) == pytest.approx((1, 0), abs=1e-3)


def test_an_expert_none_of_whose_neighbours_was_measured_is_expected_to_do_as_ever():
    X, Y = blobs()
    Y[::2] = np.nan
    Y[1::4] = 1
    prediction = NeighboursRouter(neighbours=20).fit(X, Y).predict(X[:1])
    assert prediction.mean[0, 0] == pytest.approx(0.5)


def test_fewer_measured_neighbours_are_less_certain():
    X, Y = blobs()
    Y = np.hstack([Y, Y])
    Y[20:, 1] = np.nan
    std = NeighboursRouter().fit(X, Y).predict(X).std.mean(axis=0)
    assert std[1] > 2 * std[0]


def test_a_newcomer_measured_on_the_known_rows_is_as_if_it_had_been_there_from_the_start():
    X = rows(300)
    Y = (np.random.default_rng(0).random((300, 2)) < 0.5).astype(float)
    together = NeighboursRouter(10).fit(X, Y).predict(X)
    added = NeighboursRouter(10).fit(X, Y[:, :1]).add("expert 1", X, Y[:, 1]).predict(X)
    assert np.allclose(added.mean, together.mean)
    assert np.allclose(added.std, together.std)


def test_a_newcomer_of_whom_little_was_measured_is_uncertain():
    X, Y = blobs()
    std = NeighboursRouter().fit(X, Y).add("newcomer", X[:4], Y[:4, 0]).predict(X).std.mean(axis=0)
    assert std[1] > 2 * std[0]


@pytest.mark.parametrize(("n", "count"), [(5, 5), (40, 3), (5000, 1), (5000, 20), (5003, 7)])
def test_the_greatest_are_found_exactly(n, count):
    values = np.random.default_rng(n).normal(size=(4, n)).astype(np.float32)
    found = np.sort(np.take_along_axis(values, greatest(values, count), axis=1), axis=1)
    assert np.array_equal(found, np.sort(values, axis=1)[:, n - count :])


def test_the_greatest_of_equals_are_as_many_as_were_asked_for():
    assert [len(set(places)) for places in greatest(np.zeros((3, 1000)), 4).tolist()] == [4, 4, 4]


def test_every_row_is_in_one_block():
    blocks = list(nearest(rows(1000), rows(5000, seed=1), 3))
    assert len(blocks) > 1
    assert np.concatenate([places for _, places, _ in blocks]).shape == (1000, 3)
    assert np.array_equal(np.concatenate([np.arange(1000)[part] for part, _, _ in blocks]), np.arange(1000))


# cluster


def test_two_blobs_are_two_clusters():
    X, Y = blobs()
    router = ClusterRouter(clusters=2, nearest=1, strength=1).fit(X, Y)
    assert sorted(router.means_[:, 0]) == pytest.approx([0.5 / 101, 100.5 / 101])
    assert np.allclose(router.predict(X).mean, np.where(Y == 1, 100.5 / 101, 0.5 / 101))


def test_between_two_clusters_a_query_belongs_to_both():
    X, Y = blobs()
    router = ClusterRouter(clusters=2, nearest=2, strength=1).fit(X, Y)
    prediction = router.predict(np.array([[1, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0]], dtype=np.float32))
    assert prediction.mean[0, 0] == pytest.approx(0.5, abs=0.15)
    assert prediction.std[0, 0] > 5 * prediction.std[1, 0]


def test_the_nearer_of_two_clusters_counts_for_more():
    X, Y = blobs()
    query = np.array([[1, 0.5, 0, 0, 0, 0]], dtype=np.float32)
    blunt, sharp = (
        ClusterRouter(clusters=2, nearest=2, sharpness=sharpness, strength=1).fit(X, Y).predict(query).mean[0, 0]
        for sharpness in (0, 9)
    )
    assert blunt == pytest.approx(0.5, abs=0.01)
    assert sharp > 0.9


def test_few_rows_make_few_clusters():
    X, Y = blobs(60)
    assert len(ClusterRouter(clusters=64, strength=20).fit(X, Y).centres_) == 3
