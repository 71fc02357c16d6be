"""Regions of queries, the questions to choose prompts by, and the file that keeps them."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routers.errors import ArtifactError
from routers.packs import Demo, Packs, Region, chosen, clustered, load_packs, prompted, shared_out

DEMO = Demo("2 + 2?", "4")


def rows(*groups, each=30, seed=0):
    """Rows of unit length round these directions."""
    chance = np.random.default_rng(seed)
    centres = np.eye(8)[list(groups)]
    found = np.repeat(centres, each, axis=0) + 0.05 * chance.standard_normal((len(groups) * each, 8))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def region(*centroid, system="Think.", demos=(DEMO,)):
    return Region(centroid, system, demos, 0.75, 8)


def test_as_many_regions_are_found_as_there_are():
    labels, centroids = clustered(rows(0, 1, 2, 3))
    assert centroids.shape == (4, 8)
    assert [len(set(labels[n * 30 : (n + 1) * 30])) for n in range(4)] == [1, 1, 1, 1]
    assert np.linalg.norm(centroids, axis=1) == pytest.approx(1.0)


def test_what_cannot_be_told_apart_is_one_region():
    assert len(clustered(np.tile([1.0, 0.0], (20, 1)))[1]) == 1
    assert len(clustered(rows(0)[:1])[1]) == 1


def test_demonstrations_are_typical_and_never_tried_on():
    found = rows(0, each=20)
    shown, tried = shared_out(found, np.eye(8)[0], demos=3, tried=5)
    assert len(shown) == 3 and len(tried) == 5 and set(shown).isdisjoint(tried)
    near = found @ np.eye(8)[0]
    assert near[shown].min() >= np.sort(near)[-3]


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(0, 5), st.integers(1, 9))
def test_there_is_always_a_question_to_try(count, demos, tried):
    shown, rest = shared_out(rows(0, each=count), np.eye(8)[0], demos, tried)
    assert 1 <= len(rest) <= tried and len(shown) <= demos and set(shown).isdisjoint(rest)


def test_the_best_candidate_is_chosen_and_the_earlier_of_equals():
    assert chosen(np.array([[0.0, 1.0], [1.0, 1.0], [1.0, 1.0]])) == 1
    assert chosen(np.array([[np.nan, np.nan], [0.0, np.nan]])) == 1
    with pytest.raises(ValueError, match="no question was answered"):
        chosen(np.full((2, 3), np.nan))


def test_a_query_goes_to_the_nearest_region():
    packs = Packs("v1", "any", (region(1.0, 0.0), region(0.0, 1.0)))
    assert packs.nearest(np.array([0.1, 0.9])) == 1


def test_the_file_holds_all_of_it(tmp_path):
    packs = Packs("v1", "any", (region(1.0, 0.0), region(0.0, 1.0, system="", demos=())))
    (tmp_path / "packs.json").write_text(json.dumps(packs.to_json()))
    assert load_packs(tmp_path / "packs.json", "v1") == packs


def test_packs_of_another_reader_are_refused_with_both_names(tmp_path):
    (tmp_path / "packs.json").write_text(json.dumps(Packs("v1", "any", (region(1.0),)).to_json()))
    with pytest.raises(ArtifactError, match=r"learned with reader v1, and this one is v2; learn it again"):
        load_packs(tmp_path / "packs.json", "v2")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"reader": "v1", "expert": "x", "regions": []}',
        '{"reader": "v1", "expert": "x", "regions": [{"centroid": "ab"}]}',
        '{"reader": "v1", "expert": "x", "regions": [{"centroid": [1], "system": "", "demos": 3, "score": 1}]}',
    ],
)
def test_a_file_that_holds_no_packs_is_refused_in_a_line(tmp_path, text):
    (tmp_path / "packs.json").write_text(text)
    with pytest.raises(ArtifactError, match=r"holds no prompt packs \(.+\); `coterie prompts learn` writes them"):
        load_packs(tmp_path / "packs.json", "v1")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ArtifactError, match="nothing.json cannot be read: No such file"):
        load_packs(tmp_path / "nothing.json", "v1")


def test_the_prompt_goes_before_the_callers_and_the_demonstrations_after_it():
    ask = {"role": "user", "content": "3 + 3?"}
    shown = [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}]
    assert prompted(region(1.0), [ask]) == [{"role": "system", "content": "Think."}, *shown, ask]
    own = {"role": "system", "content": "Be brief."}
    assert prompted(region(1.0), [own, ask]) == [{"role": "system", "content": "Think.\n\nBe brief."}, *shown, ask]
    parts = {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]}
    assert prompted(region(1.0), [parts, ask]) == [{"role": "system", "content": "Think."}, parts, *shown, ask]
    assert prompted(region(1.0, system="", demos=()), [own, ask]) == [own, ask]
