"""A cross-encoder puts the best passages in order; here one that counts the words that query and passage share."""

import asyncio
import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from gateway.retrieval.cross_encoder import REORDERED, load_cross_encoder
from gateway.retrieval.shelves import Shelves
from gateway.retrieval.store import Store
from routers.errors import ArtifactError
from tests.retrieval.finding import KITCHEN, base, fill, names, written
from tests.retrieval.grounded import passage

SPECIAL = 1995
"""Tokens up to this number are marks and single letters, no words."""


def saved(folder: Path, inputs=("input_ids", "attention_mask", "token_type_ids"), width=1) -> Path:
    """logit = shared words - 2.5, as an ONNX graph, with the bundled tokenizer, which knows pairs."""
    constants = {"special": np.int64(SPECIAL), "bias": np.float32(2.5), "one": np.int64(1), "zero": np.int64(0)}
    constants |= {
        "rows": np.array([2]),
        "columns": np.array([1]),
        "all": np.array([1, 2]),
        "out": np.array([-1, width]),
    }
    nodes = [
        helper.make_node("Unsqueeze", ["input_ids", "rows"], ["down"]),
        helper.make_node("Unsqueeze", ["input_ids", "columns"], ["across"]),
        helper.make_node("Equal", ["down", "across"], ["same"]),
        helper.make_node("Greater", ["down", "special"], ["word"]),
        helper.make_node("Equal", [inputs[2], "zero"], ["query"]),
        helper.make_node("Unsqueeze", ["query", "rows"], ["of_query"]),
        helper.make_node("Equal", [inputs[2], "one"], ["text"]),
        helper.make_node("Unsqueeze", ["text", "columns"], ["of_text"]),
        helper.make_node("And", ["same", "word"], ["same_word"]),
        helper.make_node("And", ["same_word", "of_query"], ["asked"]),
        helper.make_node("And", ["asked", "of_text"], ["shared"]),
        helper.make_node("Cast", ["shared"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["numbers", "all"], ["count"], keepdims=0),
        helper.make_node("Sub", ["count", "bias"], ["logit"]),
        helper.make_node("Reshape", ["logit", "out"], ["logits"])
        if width == 1
        else helper.make_node("Identity", ["numbers"], ["logits"]),
    ]
    shapes = ["n", 1] if width == 1 else ["n", "t", "t"]
    graph = helper.make_graph(
        nodes,
        "overlap",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "t"]) for name in inputs],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, shapes)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    folder.mkdir(parents=True, exist_ok=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(folder / "model.onnx"))
    shutil.copy(str(files("routers") / "bundled" / "retriever" / "tokenizer.json"), folder / "tokenizer.json")
    return folder


QUESTION = "How can I preserve strawberries as a sweet spread, leaf by leaf, to my taste?"
"""About jam, in the words of soup."""


@pytest.fixture(scope="module")
def cross(tmp_path_factory):
    return load_cross_encoder(saved(tmp_path_factory.mktemp("cross")))


def test_passages_are_ordered_by_what_the_model_says(cross):
    texts = ["nothing of the kind", "a red fox ran", "the red fox jumped over the fence"]
    ordered = cross.order("red fox jumped", [passage(text, chunk=place) for place, text in enumerate(texts)])
    assert [one.text for one in ordered] == texts[::-1]
    assert [one.score for one in ordered] == pytest.approx([1 / (1 + np.exp(2.5 - shared)) for shared in (3, 2, 0)])
    assert {one.similarity for one in ordered} == {0.8}


def test_only_the_first_are_read_and_the_rest_is_left_out(cross):
    many = [passage(f"text number {place}", chunk=place) for place in range(REORDERED + 10)]
    assert len(cross.order("text", many)) == REORDERED
    assert cross.order("text", []) == ()


@pytest.mark.parametrize("text", ["", "\x00", "字" * 10_000, "word " * 100_000])
def test_any_passage_can_be_read(cross, text):
    [one] = cross.order("word", [passage(text)])
    assert 0 <= one.score <= 1


def test_a_search_ends_with_its_order(cross, tmp_path):
    store = Store(tmp_path / "store")
    fill(store, written(tmp_path / "kitchen", KITCHEN), "kitchen")

    async def asked(cross_encoder):
        shelves = Shelves(store, base, cross_encoder)
        found = await shelves.search(QUESTION, "acme", most=3)
        shelves.close()
        return found

    assert names(asyncio.run(asked(None)))[0] == "jam"
    found = asyncio.run(asked(cross))
    assert names(found)[0] == "soup" and len(found.passages) == 3
    assert found.passages[0].score == max(passage.score for passage in found.passages)


def test_a_folder_without_a_model_is_refused_in_one_line(tmp_path):
    with pytest.raises(ArtifactError, match="holds no cross-encoder") as refused:
        load_cross_encoder(tmp_path)
    assert "\n" not in str(refused.value)


def test_an_encoder_of_single_texts_is_no_cross_encoder():
    with pytest.raises(ArtifactError, match="one logit a pair"):
        load_cross_encoder(Path(str(files("routers") / "bundled" / "retriever")))


def test_a_model_that_wants_something_else_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match="wants pixels"):
        load_cross_encoder(saved(tmp_path, inputs=("input_ids", "attention_mask", "pixels")))


def test_a_model_with_many_outputs_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match="one logit a pair"):
        load_cross_encoder(saved(tmp_path, width=2))
