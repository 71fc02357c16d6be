"""Collections with encoders of their own: who is asked, how what they find compares, and what is refused."""

import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gateway.errors import KnowledgeError
from gateway.retrieval.pilots import likeness, pilots_of, rescaled, scale_of
from gateway.retrieval.shelves import BY_MEANING, Shelves
from gateway.retrieval.store import Store
from tests.conftest import coterie
from tests.retrieval.finding import KITCHEN, WORKSHOP, base, fill, names, other_encoder, search, written

THEMES = {
    "kitchen": KITCHEN,
    "workshop": WORKSHOP,
    "stars": {"orbit": "Jupiter circles the sun in twelve years.", "comet": "A comet's tail points away from the sun."},
    "law": {"appeal": "An appeal is filed with the court within a month.", "heir": "Heirs share the estate by law."},
    "birds": {"nest": "The swallow builds its nest of mud.", "flight": "Geese fly in a wedge to save their strength."},
    "money": {"loan": "The bank charges interest on a loan.", "tax": "Income tax is due at the end of May."},
}
QUESTIONS = {"kitchen": "recipe for fresh cheese", "workshop": "safety of machines", "stars": "path of planets"}


@pytest.fixture(scope="module")
def themes(tmp_path_factory):
    """The kitchen under an encoder of its own, the rest under the base."""
    home = tmp_path_factory.mktemp("themes")
    store = Store(home / "store")
    own = other_encoder(home / "encoder")
    for name, documents in THEMES.items():
        fill(store, written(home / name, documents), name, encoder=own if name == "kitchen" else None)
    return store


def test_pilots_choose_the_collection_that_a_question_is_about(themes):
    for name, question in QUESTIONS.items():
        row = base().encode_queries([question])[0]
        like = {one.name: likeness(row, one.pilots) for one in themes.catalog.collections()}
        assert max(like, key=lambda other: like[other]) == name


def test_of_many_collections_only_the_nearest_are_asked_by_meaning(themes):
    assert len(THEMES) > BY_MEANING
    [found] = search(themes, QUESTIONS["workshop"], most=50)
    by_meaning = {passage.collection for passage in found.passages if not passage.words}
    assert len(by_meaning) == BY_MEANING and found.passages[0].collection == "workshop"


def test_a_collection_with_its_own_encoder_is_found_in_beside_the_others(themes):
    [found] = search(themes, QUESTIONS["kitchen"])
    assert names(found)[0] == "cheese"
    own, rest = themes.catalog.get("kitchen"), themes.catalog.get("law")
    assert own.encoder.name == "other" and own.scale and not rest.scale
    assert own.pilots.shape[1] == base().width


def test_its_similarities_are_on_the_scale_of_the_base(themes):
    [found] = search(themes, QUESTIONS["kitchen"], among=["kitchen"])
    row = base().encode_queries([QUESTIONS["kitchen"]])[0]
    for passage in found.passages:
        truly = float(base().encode([f"{passage.title}\n{passage.text}"])[0] @ row)
        assert passage.similarity == pytest.approx(truly, abs=0.25)


def test_adding_a_collection_leaves_the_others_as_they_were(themes, tmp_path):
    before = {one.name: one for one in themes.catalog.collections()}
    fill(themes, written(tmp_path / "sea", {"tide": "The tide turns every six hours."}), "sea")
    after = {one.name: one for one in themes.catalog.collections()}
    assert {name: after[name] for name in before} == before and len(after["sea"].pilots) == 1


def test_another_encoder_than_the_one_it_was_written_with_is_refused_naming_both(tmp_path):
    store, folder = Store(tmp_path / "store"), written(tmp_path / "kitchen", KITCHEN)
    own = other_encoder(tmp_path / "encoder")
    written_with = base().version
    fill(store, folder, "kitchen", encoder=own)
    mark = store.catalog.get("kitchen").encoder
    (tmp_path / "encoder").rename(tmp_path / "gone")
    replaced = other_encoder(tmp_path / "encoder", name="third", before="yyy ")
    with pytest.raises(KnowledgeError) as refused:
        search(store, "bread")
    assert mark.version in refused.value.message and "third" in refused.value.message
    assert mark.version != written_with and replaced.is_dir() and "\n" not in refused.value.message


def test_a_store_of_another_release_is_refused_naming_both_and_the_rest_is_searched(tmp_path):
    store = Store(tmp_path / "store")
    fill(store, written(tmp_path / "kitchen", KITCHEN), "kitchen")
    fill(store, written(tmp_path / "workshop", WORKSHOP), "workshop")
    old = store.catalog.get("kitchen")
    with store.writing(print):
        store.catalog.save(old.model_copy(update={"encoder": old.encoder.model_copy(update={"version": "0ld"})}))
    [found] = search(store, "bread")
    assert {passage.collection for passage in found.passages} == {"workshop"}
    [line] = found.refused
    assert "0ld" in line and base().version in line and "'kitchen'" in line


def test_an_encoder_that_is_gone_is_said_to_be_gone(tmp_path):
    store = Store(tmp_path / "store")
    fill(store, written(tmp_path / "kitchen", KITCHEN), "kitchen", encoder=other_encoder(tmp_path / "encoder"))
    (tmp_path / "encoder").rename(tmp_path / "gone")
    with pytest.raises(KnowledgeError, match="no trained retriever at .*encoder"):
        search(store, "bread")


def test_an_encoder_that_lies_in_the_store_moves_with_it(tmp_path):
    store = Store(tmp_path / "store")
    (tmp_path / "store").mkdir()
    own = other_encoder(tmp_path / "store" / "encoder")
    fill(store, written(tmp_path / "kitchen", KITCHEN), "kitchen", encoder=own)
    moved = (tmp_path / "store").rename(tmp_path / "elsewhere")
    [found] = search(Store(moved), "How long is bread dough kneaded?")
    assert names(found)[0] == "bread"


def test_nothing_is_loaded_where_there_is_nothing_to_search(tmp_path):
    def never():
        raise AssertionError("an empty store needs no encoder")

    async def asked():
        shelves = Shelves(Store(tmp_path / "none"), never)
        await shelves.warm()
        found = await shelves.search("bread", "acme")
        shelves.close()
        return found

    assert asyncio.run(asked()).passages == ()


ROWS = arrays(np.float32, st.tuples(st.integers(1, 80), st.just(6)), elements=st.floats(-1, 1, width=32))


@given(ROWS)
def test_pilots_are_few_unit_rows_and_the_same_each_time(rows):
    unit = rows + np.float32(1e-3)
    unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
    pilots = pilots_of(unit)
    assert 1 <= len(pilots) <= 8
    assert np.allclose(np.linalg.norm(pilots, axis=1), 1, atol=1e-4)
    assert np.array_equal(pilots, pilots_of(unit))


def test_two_themes_get_a_pilot_each():
    random = np.random.default_rng(0)
    centres = np.eye(2, 16, dtype=np.float32)
    rows = np.repeat(centres, 16, axis=0) + 0.05 * random.standard_normal((32, 16)).astype(np.float32)
    pilots = pilots_of(rows / np.linalg.norm(rows, axis=1, keepdims=True), most=2)
    assert np.allclose(np.sort(pilots @ centres.T, axis=0)[1], 1, atol=0.02)


@given(ROWS, ROWS)
def test_a_scale_keeps_the_order_and_stays_a_cosine(own, base_rows):
    count = min(len(own), len(base_rows))
    one, other = (
        rows[:count] / np.maximum(np.linalg.norm(rows[:count], axis=1, keepdims=True), 1) for rows in (own, base_rows)
    )
    cosines = np.linspace(-1, 1, 41)
    scaled = rescaled(cosines, scale_of(one, other))
    assert (np.diff(scaled) >= -1e-9).all() and scaled.min() >= -1 - 1e-6 and scaled.max() <= 1 + 1e-6


def test_a_scale_finds_the_map_between_two_encoders():
    random = np.random.default_rng(0)
    rows = random.standard_normal((200, 8))
    base_rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    shifted = np.hstack([base_rows, np.ones((200, 1))]) / np.sqrt(2)  # every cosine c becomes (c + 1) / 2
    scale = scale_of(shifted, base_rows)
    assert rescaled(np.array([0.5, 0.75]), scale) == pytest.approx([0, 0.5], abs=0.05)


def test_the_command_says_what_it_needs(tmp_path):
    done = coterie(tmp_path, "knowledge", "encoder", str(tmp_path), "--out", str(tmp_path / "out"))
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert "coterie[train]" in done.stderr or "no sentence-transformers model at" in done.stderr
