"""An encoder is fine-tuned, written as ONNX and read again; on a transformer small enough to be made on the spot."""

import json

import numpy as np
import pytest

from routers.encoders.onnx import OnnxEncoder
from routers.reader import load_reader
from routers.table import read_table
from routers.training.lessons import Course, rounds
from routers.training.reader import train_reader

COURSE = Course(passes={}, default_passes=2.0, prompt_passes=0)


def test_every_question_comes_up_as_often_as_the_course_says(tables):
    table = read_table(tables / "questions.jsonl", tables / "outcomes.jsonl")
    course = Course(passes={"own": 1.5}, prompt_passes=0)
    taught = [lesson.row for lessons in rounds(table, (), "own", course, 0) for lesson in lessons]
    times = np.bincount(taught, minlength=len(table.texts))[table.rows("train")]
    assert set(times) <= {1, 2}
    assert times.mean() == pytest.approx(1.5, abs=0.1)
    assert not np.isin(taught, table.rows("dev")).any()


def test_lessons_are_the_same_for_the_same_seed(tables):
    table = read_table(tables / "questions.jsonl", tables / "outcomes.jsonl")
    one, same, other = (list(rounds(table, (), "own", COURSE, seed)) for seed in (0, 0, 1))
    assert one == same != other


@pytest.fixture(scope="module")
def base(tables, tmp_path_factory):
    """A transformer of one layer with the words of the small world, as sentence-transformers loads any."""
    transformers = pytest.importorskip("transformers", reason="needs the extra train")
    folder = tmp_path_factory.mktemp("base")
    texts = [json.loads(line)["text"] for line in (tables / "questions.jsonl").read_text().splitlines()]
    words = sorted({word for text in texts for word in text.lower().split()})
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]))
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    config = transformers.BertConfig(vocab_size=len(words) + 5, max_position_embeddings=256, **shape)
    transformers.BertModel(config).save_pretrained(folder)
    transformers.BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


@pytest.mark.train
@pytest.mark.filterwarnings("ignore")
def test_an_encoder_is_fine_tuned_written_and_served(tables, base, tmp_path):
    from routers.encoders.sentence import SentenceTransformerEncoder
    from routers.training.encoder import train_encoder

    paths = (tables / "questions.jsonl", tables / "outcomes.jsonl")
    first, again = (train_encoder(*paths, tmp_path / name, base=str(base), course=COURSE) for name in "ab")
    assert first.manifest.version == again.manifest.version
    encoder = OnnxEncoder(first.folder)
    texts = ["the enzyme in a cell and its gene", "negligence of the plaintiff in court"]
    assert encoder.encode(texts).shape == (2, encoder.width)
    trained = train_reader(*paths, tmp_path / "reader", encoder=first.folder, strengths=(10.0,))
    reader = load_reader(trained.folder)
    chances = reader.layout.chances(reader.encoder.full.encode(texts))
    assert [reader.layout.categories[k] for k in chances.argmax(axis=1)] == ["biology", "law"]
    assert reader.manifest.encoder["sha256"] == first.manifest.files["model.onnx"]
    plain = SentenceTransformerEncoder(str(base)).encode(texts)
    assert np.allclose(np.linalg.norm(plain, axis=1), 1, atol=1e-5)
