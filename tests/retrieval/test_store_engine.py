"""Tables on disk: what is found by vectors and by words, from the first row on and beyond the first index."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from gateway.errors import KnowledgeError
from gateway.retrieval.catalog import EncoderMark
from gateway.retrieval.engine import INDEXED_FROM, Engine
from gateway.retrieval.hits import chunk_schema, document_id
from gateway.retrieval.store import Store
from tests.conftest import until
from tests.retrieval.shelves import LETTERS, Letters, add, contents, run, written

ENCODER = Letters()


def rows(texts, name="d"):
    """One chunk for each text, of a document of its own."""
    names = [f"{name}{place}" for place in range(len(texts))]
    vectors = pa.array(ENCODER.encode(texts).ravel())
    columns = {
        "id": [document_id("source", name) for name in names],
        "source": ["source"] * len(texts),
        "document": names,
        "digest": ["0"] * len(texts),
        "title": ["T"] * len(texts),
        "body": [f"T\n{text}" for text in texts],
        "chunk": [0] * len(texts),
        "vector": pa.FixedSizeListArray.from_arrays(vectors, LETTERS.width),
    }
    return pa.table(columns, schema=chunk_schema(LETTERS.width))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def made(store):
    with store.writing(print):
        return run(store.create("documents", LETTERS, ()))


def nearest(store, collection, text, most=3):
    return run(store.engine.nearest(collection, ENCODER.encode([text])[0], most))


def test_chunks_are_found_by_vectors_and_by_words_before_any_index_has_them(store):
    collection = made(store)
    run(store.engine.append(collection.table, rows(["zebras graze", "owls hunt mice", "数据库支持全文检索"])))
    near = nearest(store, collection, "owls hunt mice")
    assert near.document[0] == "d1" and near.score[0] == pytest.approx(1, abs=1e-5)
    assert near.text[0] == "owls hunt mice" and near.title[0] == "T" and near.vector.shape == (3, LETTERS.width)
    words = run(store.engine.matching(collection, "hunting", 3))
    assert words.document == ["d1"] and words.score[0] > 0
    assert run(store.engine.matching(collection, "检索", 3)).document == ["d2"]
    assert run(store.engine.matching(collection, "\"(' AND NOT* ~^", 3)).document == []


def test_what_is_empty_or_gone_finds_nothing(store):
    collection = made(store)
    assert len(nearest(store, collection, "x")) == len(run(store.engine.matching(collection, "x", 3))) == 0
    assert len(run(store.engine.sample(collection, 5))) == 0
    other = Engine(store.folder)
    run(other.append(collection.table, rows(["owls"])))
    assert until(lambda: len(nearest(store, collection, "owls")) == 1)
    run(other.drop(collection.table))
    assert until(lambda: len(nearest(store, collection, "owls")) == 0)
    assert not Store(store.folder / "nowhere").catalog.collections()
    assert run(Engine(store.folder / "nowhere").count("x")) == 0


def test_beyond_some_thousands_vectors_are_indexed_and_nothing_is_missed(store):
    collection = made(store)
    generator = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    texts = ["".join(word) for word in letters[generator.integers(0, 26, (INDEXED_FROM, 12))]]
    run(store.engine.append(collection.table, rows(texts)))
    vectors = ENCODER.encode(texts)
    exact = np.argsort(-(vectors @ vectors[7]), kind="stable")[:10]
    run(store.engine.tidy(collection.table))
    found = nearest(store, collection, texts[7], 10)
    assert found.score[0] == pytest.approx(1, abs=1e-5)
    assert found.score == pytest.approx(np.sort(vectors @ vectors[7])[::-1][:10], abs=2e-2) and len(exact) == 10
    run(store.engine.append(collection.table, rows(["zzzzzzzzzzzz"], "new")))
    assert nearest(store, collection, "zzzzzzzzzzzz").document[0] == "new0"
    assert len(set(run(store.engine.sample(collection, 100)).document)) == 100


def test_a_replacement_is_seen_as_a_whole(store):
    collection = made(store)
    run(store.engine.append(collection.table, rows(["old one", "old two"])))
    gone = f"id IN ('{document_id('source', 'd0')}', '{document_id('source', 'd1')}')"
    run(store.engine.replace(collection.table, rows(["new one"]), ("id", "chunk"), gone))
    assert run(store.engine.sample(collection, 9)).text == ["new one"]


def test_names_with_quotes_are_names(tmp_path, store):
    folder = tmp_path / 'it\'s "quoted"; DROP'
    folder.mkdir()
    (folder / "o'clock.md").write_text("words")
    assert add(store, folder).counts == {"added": 1}
    (folder / "o'clock.md").write_text("other words")
    assert add(store, folder).counts == {"changed": 1}
    assert run(contents(store)) == written(folder)
    with store.writing(print):
        assert run(store.remove(store.catalog.get("documents"), [str(folder)])) == {str(folder): 1}


def test_another_encoder_is_refused_and_both_are_named(store):
    other = EncoderMark(name="digits", version="2", width=LETTERS.width)
    with pytest.raises(
        KnowledgeError, match=r"'documents' .* encoder letters \(version 1.* not with digits \(version 2"
    ):
        made(store).check(other)
    made(Store(store.folder)).check(LETTERS.model_copy(update={"folder": "elsewhere"}))


def test_pilots_and_tenants_come_back_as_they_were_put(store):
    pilots = np.eye(3, 5, dtype=np.float32)
    collection = made(store).model_copy(update={"tenants": ("acme",)}).piloted(pilots)
    store.catalog.save(collection)
    [found] = Store(store.folder).catalog.collections()
    assert np.array_equal(found.pilots, pilots)
    assert found.open_to("acme") and not found.open_to("public")
    assert store.catalog.collections() is store.catalog.collections(), "it is read once, until it changes"
    Store(store.folder).catalog.forget("documents")
    assert store.catalog.collections() == ()


def test_without_the_extra_one_line_says_what_to_install(tmp_path):
    program = (
        "import sys; sys.modules['lancedb'] = None\n"
        "from gateway.cli import main\n"
        f"sys.argv = ['coterie', 'knowledge', 'add', '.', '--store', {str(tmp_path / 's')!r}]\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr == "coterie: documents need LanceDB: pip install 'coterie[knowledge]'\n"
