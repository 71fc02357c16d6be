import json
import shutil

import numpy as np
import pytest

from routers.encoders.onnx import OnnxEncoder
from routers.encoders.query import TwoSpeedEncoder
from routers.errors import ArtifactError
from routers.reader import load_reader


@pytest.fixture
def copy(small_reader, tmp_path):
    return shutil.copytree(small_reader.folder, tmp_path / "reader")


def edited(folder, **fields):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_a_saved_reader_reads_as_it_did_before(small_reader, everyday):
    texts = [query.text for query in everyday]
    one, other = load_reader(small_reader.folder), load_reader(small_reader.folder)
    assert np.array_equal(one.encode(texts), other.encode(texts))
    assert one.version == small_reader.manifest.version


@pytest.mark.parametrize("name", ["classifier.npz", "classifier.json", "sketch.npz", "rarity.npy"])
def test_a_changed_file_is_refused(copy, name):
    with (copy / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(ArtifactError, match=f"{name} is not the file its manifest names"):
        load_reader(copy)


def test_a_missing_file_is_refused(copy):
    (copy / "sketch.npz").unlink()
    with pytest.raises(ArtifactError, match=r"sketch\.npz is missing"):
        load_reader(copy)


def test_a_folder_without_a_manifest_is_not_complete(copy):
    (copy / "manifest.json").unlink()
    with pytest.raises(ArtifactError, match=r"manifest\.json is missing"):
        load_reader(copy)


@pytest.mark.parametrize(("field", "value", "words"), [("format", 1, "format 1"), ("kind", "routers", "'routers'")])
def test_another_format_or_kind_is_refused(copy, field, value, words):
    edited(copy, **{field: value})
    with pytest.raises(ArtifactError, match=words):
        load_reader(copy)


def test_a_manifest_that_is_not_one_is_refused_in_one_line(copy):
    (copy / "manifest.json").write_text('{"name": 3}')
    with pytest.raises(ArtifactError, match="is not a manifest") as refused:
        load_reader(copy)
    assert "\n" not in str(refused.value)


def test_a_manifest_cannot_leave_a_file_unhashed(copy):
    edited(copy, files={})
    with pytest.raises(ArtifactError, match="names no hash"):
        load_reader(copy)


def test_a_manifest_cannot_name_a_file_elsewhere(copy):
    manifest = json.loads((copy / "manifest.json").read_text())
    edited(copy, files={**manifest["files"], "../elsewhere": "0" * 64})
    with pytest.raises(ArtifactError, match="not a file of that folder"):
        load_reader(copy)


def test_the_bundled_reader_says_where_it_comes_from(reader):
    manifest = reader.manifest
    assert {source.name for source in manifest.sources} == {
        "mmlu_pro",
        "llmrouter",
        "routellm",
        "zeroeval",
        "coterie prompts",
    }
    assert all(source.licence in ("Apache-2.0", "MIT") for source in manifest.sources)
    assert manifest.encoder["base_sha256"].startswith("53aa5117")
    assert all("chosen on dev" in threshold.meaning for threshold in manifest.thresholds.values())


def test_both_speeds_write_rows_of_one_layout(reader):
    texts = ["What is the derivative of x^2 + 3x?", "hello"]
    quick, full = reader.encoder.quick.encode(texts), reader.encoder.full.encode(texts)
    assert quick.shape == full.shape == (2, reader.layout.width)
    assert np.allclose(reader.layout.chances(quick).sum(axis=1), 1, atol=1e-4)
    assert np.allclose(reader.layout.chances(full).sum(axis=1), 1, atol=1e-4)


def test_the_quick_encoder_settles_what_it_is_sure_of_and_the_full_one_is_asked_for_the_rest(reader, everyday):
    texts = [query.text for query in everyday]
    two_speed, quick = reader.encoder, reader.encoder.quick.encode(texts)
    rows, settled = two_speed.encode(texts), two_speed.settled(quick)
    assert 0.1 < settled.mean() < 0.95
    assert np.array_equal(rows[settled], quick[settled])
    assert np.allclose(rows[~settled], two_speed.full.encode(texts)[~settled], atol=1e-5)


def test_without_a_full_half_everything_is_settled(small_reader):
    encoder = load_reader(small_reader.folder).encoder
    assert encoder.inline
    assert encoder.settled(encoder.quick.encode(["anything", ""])).all()


def test_a_threshold_of_one_settles_nothing_and_of_zero_everything(reader):
    rows = reader.encoder.quick.encode(["What is the derivative of x^2?", "hello"])
    shares = [
        TwoSpeedEncoder(reader.encoder.quick, reader.encoder.full, threshold).settled(rows).mean()
        for threshold in (0.0, 1.01)
    ]
    assert shares == [1.0, 0.0]


@pytest.mark.parametrize("text", ["", "word " * 100_000, "日本語の質問です", "😀", "\ud800", "\x00", "a" * 300_000])
def test_any_text_is_read(reader, text):
    row = reader.encoder.full.encode([text])
    assert row.shape == (1, reader.layout.width)
    assert np.isfinite(row).all()


def test_the_sketch_resembles_what_it_was_drawn_from(reader, everyday):
    texts = [query.text for query in everyday if query.category]
    drawn = reader.layout.embeddings(reader.encoder.quick.encode(texts))
    true = reader.layout.embeddings(reader.encoder.full.encode(texts))
    alike = (drawn * true).sum(axis=1) / np.linalg.norm(drawn, axis=1) / np.linalg.norm(true, axis=1)
    assert np.median(alike) > 0.5


def test_a_batch_reads_like_its_texts_one_by_one(reader, everyday):
    texts = [query.text for query in everyday][:20]
    together = reader.encoder.full.encode(texts)
    alone = np.concatenate([reader.encoder.full.encode([text]) for text in texts])
    assert np.allclose(together, alone, atol=1e-5)


def test_a_folder_that_holds_no_model_is_refused(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ArtifactError, match="holds no encoder") as refused:
        OnnxEncoder(tmp_path)
    assert "\n" not in str(refused.value)
