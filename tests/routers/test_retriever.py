"""The encoder that documents are found with: what it says of texts, and that nothing else passes for it."""

import json
import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from routers.errors import ArtifactError
from routers.retriever import load_bundled_retriever, load_retriever

QUESTION = "How long does the battery last?"
ANSWER = "The battery holds a charge for eleven hours."
OTHER = "Pasta recipes with tomato sauce and basil"
COSINES = {(QUESTION, ANSWER): 0.49, (QUESTION, OTHER): 0.05, (ANSWER, OTHER): -0.06}
"""Of the 32-bit model, to two places."""


@pytest.fixture(scope="module")
def retriever():
    return load_bundled_retriever()


@pytest.fixture
def copy(tmp_path):
    return Path(shutil.copytree(str(files("routers") / "bundled" / "retriever"), tmp_path / "retriever"))


def edited(folder, **fields):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_similarities_are_those_of_the_original(retriever):
    for (one, other), cosine in COSINES.items():
        assert float(retriever.encode([one])[0] @ retriever.encode([other])[0]) == pytest.approx(cosine, abs=0.03)


def test_the_same_text_gives_the_same_row_whoever_is_beside_it(retriever):
    alone = retriever.encode([ANSWER])
    among = load_bundled_retriever(threads=2).encode([OTHER, ANSWER, QUESTION, ""])
    assert np.array_equal(alone[0], among[1])
    assert np.array_equal(alone, retriever.encode([ANSWER]))


def test_any_text_gives_a_row_of_length_one(retriever):
    texts = ["", " ", "\x00\ud800", "字" * 9000, "naïve café 🙂", "a" * 100_000]
    rows = retriever.encode(texts)
    assert rows.shape == (len(texts), retriever.width) and rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert retriever.encode([]).shape == (0, retriever.width)


def test_it_names_itself(retriever):
    assert retriever.name == "sentence-transformers/all-MiniLM-L6-v2"
    assert len(retriever.version) == 12 and retriever.width == 384 and retriever.tokens == 256
    assert retriever.manifest.encoder["licence"] == "Apache-2.0"


def test_words_before_a_query_are_those_of_the_manifest(copy, retriever):
    encoder = json.loads((copy / "manifest.json").read_text())["encoder"]
    edited(copy, encoder=encoder | {"query": "query: ", "passage": "passage: "})
    prompted = load_retriever(copy)
    assert np.array_equal(prompted.encode_queries([QUESTION]), retriever.encode([f"query: {QUESTION}"]))
    assert np.array_equal(prompted.encode([ANSWER]), retriever.encode([f"passage: {ANSWER}"]))


def test_a_changed_model_is_refused_in_one_line(copy):
    with (copy / "model.onnx").open("ab") as file:
        file.write(b" ")
    with pytest.raises(ArtifactError, match=r"model\.onnx is not the file its manifest names") as refused:
        load_retriever(copy)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("encoder", [{}, {"tokens": "many", "width": 384}, {"tokens": 256, "width": 100}])
def test_a_manifest_that_does_not_fit_its_model_is_refused(copy, encoder):
    edited(copy, encoder=encoder)
    with pytest.raises(ArtifactError, match="write it again"):
        load_retriever(copy)


def test_a_reader_is_no_retriever():
    with pytest.raises(ArtifactError, match="holds 'reader'"):
        load_retriever(Path(str(files("routers") / "bundled" / "reader")))


def test_a_folder_that_is_not_there_is_said_to_hold_none(tmp_path):
    with pytest.raises(ArtifactError, match="no trained retriever at"):
        load_retriever(tmp_path / "nothing")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A transformer of one layer, as sentence-transformers loads any."""
    transformers = pytest.importorskip("transformers", reason="needs the extra train")
    folder = tmp_path_factory.mktemp("small")
    words = sorted(set(f"{QUESTION} {ANSWER} {OTHER}".lower().replace("?", " ?").replace(".", " .").split()))
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]))
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    config = transformers.BertConfig(vocab_size=len(words) + 5, max_position_embeddings=128, **shape)
    transformers.BertModel(config).save_pretrained(folder)
    transformers.BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


@pytest.mark.train
@pytest.mark.filterwarnings("ignore")
def test_any_sentence_transformers_model_becomes_a_retriever(small, tmp_path):
    from routers.encoders.sentence import SentenceTransformerEncoder
    from routers.training.retriever import export_retriever

    written = export_retriever(str(small), tmp_path / "own", name="small", licence="MIT")
    own = load_retriever(written.folder)
    texts = [QUESTION, ANSWER, OTHER]
    assert (own.name, own.width, own.tokens, own.manifest.encoder["licence"]) == ("small", 32, 128, "MIT")
    plain = SentenceTransformerEncoder(str(small)).encode(texts)
    assert ((own.encode(texts) * plain).sum(axis=1) > 0.95).all()
    assert export_retriever(str(small), tmp_path / "again", name="small").manifest.version == own.version


@pytest.mark.train
@pytest.mark.filterwarnings("ignore")
def test_a_model_that_is_not_there_is_refused_in_one_line(tmp_path):
    pytest.importorskip("sentence_transformers", reason="needs the extra train")
    from routers.training.retriever import export_retriever

    (tmp_path / "empty").mkdir()
    with pytest.raises(ArtifactError, match="no sentence-transformers model at") as refused:
        export_retriever(str(tmp_path / "empty"), tmp_path / "out")
    assert "\n" not in str(refused.value)
