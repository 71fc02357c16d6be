"""Public sets become tables that training and evaluation take; what is not such a file is refused in one line."""

from __future__ import annotations

import json
import pickle
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from eval.hub.arena import read_prompts
from eval.hub.command import fetched, listing
from eval.hub.frames import read_frame
from eval.hub.shapes.math import boxed
from routers.errors import TableError
from routers.table import read_rows, read_table
from tests.conftest import coterie, experts_yaml
from tests.eval.hub_world import COMMIT, ROWS, hub, routerbench, write
from tests.upstream import Upstream


def questions(name: str, folder: Path, copy: Path) -> list[dict[str, Any]]:
    fetched(name, None, folder / "out", [copy], None, lambda line: None)
    return read_rows(folder / "out" / "questions.parquet", ())


def test_every_set_says_its_licence() -> None:
    assert [one["name"] for one in listing()] == [
        "mmlu-pro", "gsm8k", "math", "arc", "bbh", "routerbench", "routerarena"
    ]  # fmt: skip
    assert all(one["licence"] for one in listing())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mmlu-pro", [("mmlu_pro/7", "mcq", "C", ["North", "South", "East"])]),
        ("gsm8k", [("gsm8k/test/0", "numeric", "1500", None)]),
        ("math", [("math/algebra/0", "short_text", r"\frac{7}{2}", None), ("math/algebra/1", "numeric", "14", None)]),
        ("arc", [("arc-easy/Made_1", "mcq", "A", ["ice", "stone"])]),
        ("routerarena", [("routerarena/Made_1", "mcq", "B", ["the cook", "the cat"])]),
    ],
)
def test_a_set_becomes_questions_with_graded_answers(tmp_path: Path, name: str, expected: list[Any]) -> None:
    found = questions(name, tmp_path, write(name, tmp_path))
    assert [(row["query_id"], row["answer_type"], row["gold"], row["choices"]) for row in found] == expected
    assert {row["source"] for row in found} == {name}


def test_lettered_options_are_taken_out_of_the_text_and_others_are_left_in(tmp_path: Path) -> None:
    path = tmp_path / "logic_of_three" / "0000.parquet"
    write("bbh", tmp_path / "hub").rename(path.parent.mkdir() or path)
    lettered, worded = questions("bbh", tmp_path, path)
    assert (lettered["text"], lettered["choices"], lettered["gold"]) == ("Who is tallest?", ["Ann", "Bob"], "B")
    assert worded["text"].endswith("- Yes\n- No") and worded["gold"] == "No" and worded["answer_type"] == "short_text"
    assert lettered["subcategory"] == "logic_of_three"


def test_the_last_box_counts_with_the_braces_inside_it() -> None:
    assert boxed(r"\boxed{1} or \boxed{\frac{a}{b}}.") == r"\frac{a}{b}"
    assert boxed("no box") is None and boxed(r"\boxed{never closed") is None


def test_routerbench_brings_questions_and_outcomes_that_can_be_evaluated(tmp_path: Path) -> None:
    fetched("routerbench", "0shot", tmp_path / "out", [routerbench(tmp_path)], None, lambda line: None)
    table = read_table(tmp_path / "out" / "questions.parquet", tmp_path / "out" / "outcomes.parquet", without=())
    assert table.experts == ("m1", "m2")
    assert table.outcomes[0].tolist() == [1.0, 0.0]
    assert table.cost_usd[0].tolist() == pytest.approx([1e-4, 1e-5])
    assert table.categories == ("mmlu", "mtbench", "gsm") and table.subjects[0] == "law"
    assert table.texts[1] == "y?\n\nz?"


class Hostile:
    def __reduce__(self) -> tuple[Any, ...]:
        return Path("pickled").write_text, ("code has run",)


def test_a_pickle_that_holds_a_program_is_refused_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(Hostile()))
    with pytest.raises(TableError, match="not a plain table"):
        read_frame(tmp_path / "evil.pkl")
    assert not (tmp_path / "pickled").exists()


@pytest.mark.parametrize("content", [b"", b"\x80\x05", b"not a pickle", pickle.dumps([1, 2])])
def test_a_damaged_pickle_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cut.pkl").write_bytes(content)
    with pytest.raises(TableError, match=r"^\S+cut.pkl is not a plain table[^\n]*--file$"):
        read_frame(tmp_path / "cut.pkl")


def test_the_file_of_another_set_names_the_column_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no file of TIGER-Lab/MMLU-Pro: it has no column question_id"):
        questions("mmlu-pro", tmp_path, write("arc", tmp_path))


def test_an_unknown_set_or_part_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="the nearest is routerbench"):
        fetched("routerbnch", None, tmp_path, [], None, lambda line: None)
    with pytest.raises(TableError, match="gsm8k has no part dev; it has test, train"):
        fetched("gsm8k", "dev", tmp_path, [], None, lambda line: None)


def test_a_set_comes_from_the_hub_with_its_licence_and_revision(tmp_path: Path) -> None:
    path = ROWS["gsm8k"][0]
    content = write("gsm8k", tmp_path / "hub").read_bytes()
    with hub("openai/gsm8k", path, content, "mit") as address:
        done = coterie(tmp_path, "eval", "fetch", "gsm8k", "--out", "mine", HF_ENDPOINT=address)
    assert done.returncode == 0, done.stderr
    assert f"its card says: mit (revision {COMMIT[:12]})" in done.stderr
    origin = json.loads((tmp_path / "mine" / "origin.json").read_text())
    assert origin["revision"] == COMMIT and origin["card_licence"] == "mit"
    assert read_rows(tmp_path / "mine" / "questions.parquet", ())[0]["gold"] == "1500"


def test_without_the_hub_it_says_how_else_to_get_the_files(tmp_path: Path) -> None:
    done = coterie(tmp_path, "eval", "fetch", "gsm8k", HF_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("give them with --file")


def test_the_commands_of_the_documentation_run(tmp_path: Path, upstream: Upstream) -> None:
    text = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text()
    part = text.split("## Public question sets", 1)[1].split("\n## ", 1)[0]
    lines = [line for block in re.findall(r"```sh\n(.*?)```", part, re.DOTALL) for line in block.splitlines()]
    assert len(lines) == 4
    content = write("gsm8k", tmp_path).read_bytes()
    (tmp_path / "experts.yaml").write_text(experts_yaml(upstream, "a", "b", abilities={"default": 0.5}))
    (tmp_path / "dataset").mkdir()
    prompts(tmp_path / "dataset", [{"global index": "Made_1", "prompt_formatted": "What is 1 + 1?"}])
    with hub("openai/gsm8k", ROWS["gsm8k"][0], content, "mit") as address:
        for line in lines:
            done = coterie(tmp_path, *shlex.split(line, comments=True)[1:], HF_ENDPOINT=address)
            assert done.returncode == 0, (line, done.stderr)
    assert (tmp_path / "gsm8k" / "questions.parquet").exists() and (tmp_path / "RouterArena").is_dir()


def prompts(folder: Path, rows: Any) -> Path:
    path = folder / "router_data.json"
    path.write_text(json.dumps(rows))
    return path


def test_predictions_are_written_as_routerarena_takes_them(tmp_path: Path, upstream: Upstream) -> None:
    """Field names and folders are those of its generate_prediction_file.py and check_config_prediction_files.py."""
    (tmp_path / "experts.yaml").write_text(experts_yaml(upstream, "a", "b", abilities={"default": 0.5}))
    rows = [{"global index": f"Made_{n}", "prompt_formatted": f"What is {n} + 1?"} for n in range(3)]
    done = coterie(tmp_path, "eval", "arena", str(prompts(tmp_path, rows)), "--out", "arena", "--name", "mine")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "arena" / "router_inference"
    predictions = json.loads((folder / "predictions" / "mine.json").read_text())
    config = json.loads((folder / "config" / "mine.json").read_text())
    assert config == {"pipeline_params": {"router_name": "mine", "models": ["a", "b"]}}
    assert [row["global index"] for row in predictions] == ["Made_0", "Made_1", "Made_2"]
    assert [row["prompt"] for row in predictions] == [row["prompt_formatted"] for row in rows]
    assert {row["prediction"] for row in predictions} <= {"a", "b"}
    assert set(predictions[0]) == {"global index", "prompt", "prediction", "generated_result", "cost", "accuracy"}
    assert json.loads((tmp_path / "arena" / "model_cost" / "mine.json").read_text()).keys() == {"a", "b"}
    assert not upstream.received, "nobody was asked"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({}, "must be a list"),
        ([{"global index": "a"}], "entry 0 lacks"),
        ([{"global index": "a", "prompt": "x"}, {"global index": "a", "prompt": "y"}], "twice"),
    ],
)
def test_a_list_of_prompts_that_is_none_is_refused(tmp_path: Path, rows: Any, said: str) -> None:
    with pytest.raises(TableError, match=said):
        read_prompts(prompts(tmp_path, rows))
