"""`coterie knowledge label`: what it asks, what its table says, and how it survives being stopped."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest
from pyarrow import parquet

from routers.gating.pairs import read_pairs
from tests.conftest import COTERIE, coterie, coterie_environment, experts_yaml, until
from tests.upstream import Exchange, Upstream, completion, says

DOCS = Path(__file__).parents[2] / "docs" / "knowledge.md"
FACTS = {f"mill {n}": f"Weaver{n}" for n in range(8)}
KNOWN = {"What is 2 + 3?": "5", "Which animal barks?": "dog"}


def questions() -> list[dict[str, Any]]:
    needing = [(f"Who built {thing} at Orrin?", name, "short_text") for thing, name in FACTS.items()]
    known = [(text, gold, "numeric" if gold.isdigit() else "short_text") for text, gold in KNOWN.items()]
    return [
        {"query_id": f"q{n}", "text": text, "category": "other", "gold": gold, "answer_type": kind}
        for n, (text, gold, kind) in enumerate([*needing, *known])
    ]


async def pupil(x: Exchange) -> None:
    """Knows what everybody knows, and reads what it is given."""
    asked = x.body["messages"][-1]["content"]
    question = next(row["text"] for row in questions() if row["text"] in asked)
    found = [name for thing, name in FACTS.items() if f"{thing} " in question and f"built by {name}" in asked]
    await says(KNOWN.get(question) or (found[0] if found else "Nobody knows."))(x)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A document for each fact, put in once."""
    folder = tmp_path_factory.mktemp("knowledge")
    (folder / "docs").mkdir()
    for thing, name in FACTS.items():
        page = f"# The {thing}\n\nThe {thing} at Orrin was built by {name}, long ago.\n"
        (folder / "docs" / f"{thing}.md").write_text(page)
    added = coterie(folder, "knowledge", "add", "docs", "--store", "store")
    assert added.returncode == 0, added.stderr
    return folder / "store"


@pytest.fixture
def folder(tmp_path: Path, upstream: Upstream, store: Path) -> Path:
    upstream.behave["pupil"] = pupil
    upstream.behave["clerk"] = says("5")
    text = experts_yaml(upstream, "pupil", "clerk", "fail", retries=0, breaker_failures=1000)
    (tmp_path / "experts.yaml").write_text(f"{text}knowledge: {{store: {store}}}\n")
    (tmp_path / "questions.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in questions()))
    return tmp_path


def label(folder: Path, *more: str, experts: str = "pupil", out: str = "labels.parquet") -> Any:
    arguments = ("--questions", "questions.jsonl", "--out", out, "--experts", experts)
    return coterie(folder, "knowledge", "label", *arguments, *more)


def rows(folder: Path) -> list[dict[str, Any]]:
    return list(parquet.read_table(folder / "labels.parquet").to_pylist())


def test_each_expert_is_asked_without_and_with_documents_and_graded(folder: Path, upstream: Upstream) -> None:
    done = label(folder, experts="pupil,clerk")
    assert done.returncode == 0, done.stderr
    found = {(row["text"], row["model"]): row for row in rows(folder)}
    assert len(found) == 20 and len(upstream.received) == 40
    mill = found["Who built mill 3 at Orrin?", "pupil"]
    assert (mill["score"], mill["score_with_passages"]) == (0.0, 1.0)
    assert (mill["answer"], mill["answer_with_passages"]) == ("Nobody knows.", "Weaver3")
    assert mill["gold"] == ["Weaver3"] and mill["titles"][0] == "The mill 3"
    assert mill["passages"][0].startswith("The mill 3\n") and "built by Weaver3" in mill["passages"][0]
    assert len(mill["similarities"]) == len(mill["passages"]) and mill["similarities"][0] > 0.5
    assert 0 < mill["chance"] < 1 and mill["chance_std"] > 0 and mill["knows"] is None
    assert found["What is 2 + 3?", "clerk"]["score"] == found["Which animal barks?", "pupil"]["score"] == 1.0
    pairs = read_pairs([folder / "labels.parquet"])
    assert len(pairs.rows) == 20 and not pairs.left_out and pairs.experts == ("clerk", "pupil")


def test_what_says_how_to_answer_is_not_searched_for(folder: Path, upstream: Upstream) -> None:
    assert label(folder, "--limit", "1").returncode == 0
    bare, grounded = sorted((body["messages"][-1]["content"] for body in upstream.received), key=len)
    assert bare == "Who built mill 0 at Orrin?" and grounded.endswith(bare)


def test_nobody_is_asked_twice_after_a_kill(folder: Path, upstream: Upstream) -> None:
    async def waits_on_the_last(x: Exchange) -> None:
        if "barks" in x.body["messages"][-1]["content"] and not upstream.go.is_set():
            await x.receive()  # until the caller leaves
            return
        await pupil(x)

    upstream.behave["pupil"] = waits_on_the_last
    arguments = ("knowledge", "label", "--questions", "questions.jsonl", "--out", "labels.parquet")
    with subprocess.Popen(
        [COTERIE, *arguments, "--experts", "pupil"], cwd=folder, env=coterie_environment(folder), stderr=subprocess.PIPE
    ) as process:
        kept = folder / "labels.asked.jsonl"
        assert until(lambda: kept.exists() and kept.read_bytes().count(b"\n") == 18, 30)
        process.send_signal(signal.SIGKILL)
    assert not (folder / "labels.parquet").exists()
    with kept.open("ab") as file:
        file.write(b'{"key": "cut o')
    upstream.go.set()
    before = len(upstream.received)
    done = label(folder)
    assert done.returncode == 0 and len(upstream.received) == before + 2, done.stderr
    assert len(rows(folder)) == 10
    assert label(folder).returncode == 0 and len(upstream.received) == before + 2


def test_a_question_that_fails_is_left_out_and_an_expert_that_fails_ends_it(folder: Path, upstream: Upstream) -> None:
    async def stumbles(x: Exchange) -> None:
        if "mill 5" in x.body["messages"][-1]["content"].rsplit("\n", 1)[-1]:
            await x.reply(500, completion("never"))
        else:
            await pupil(x)

    upstream.behave["pupil"] = stumbles
    assert label(folder).returncode == 0
    assert {row["query_id"] for row in rows(folder)} == {f"q{n}" for n in range(10) if n != 5}
    done = label(folder, experts="fail")
    assert done.returncode == 1 and done.stderr.splitlines()[-1] == "coterie: fail failed (HTTP 500): boom"


def test_it_stops_where_the_money_is_spent_and_goes_on_with_more(folder: Path, upstream: Upstream) -> None:
    text = (folder / "experts.yaml").read_text()
    priced = text.replace("model: pupil}", "model: pupil, price: {input_per_mtok: 1000, output_per_mtok: 1000}}")
    (folder / "experts.yaml").write_text(priced)
    done = label(folder, "--max-cost-usd", "0.1")
    assert done.returncode == 0 and len(upstream.received) == 8, done.stderr
    assert "the money is spent after 4 of 10 questions" in done.stderr and len(rows(folder)) == 4
    done = label(folder, "--max-cost-usd", "10")
    assert done.returncode == 0 and len(upstream.received) == 20 and len(rows(folder)) == 10


def test_it_may_ask_whether_the_expert_knows(folder: Path, upstream: Upstream) -> None:
    async def modest(x: Exchange) -> None:
        last = x.body["messages"][-1]["content"]
        await (says("No." if "mill" in last else "Yes") if "yes or no" in last else pupil)(x)

    upstream.behave["pupil"] = modest
    assert label(folder, "--knows").returncode == 0
    assert {row["text"]: row["knows"] for row in rows(folder)} == {
        row["text"]: float(row["text"] in KNOWN) for row in questions()
    }


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (["--experts", "nobody"], "coterie: no expert is called 'nobody'; experts.yaml has pupil, clerk, fail"),
        (["--collection", "secrets"], "no collection of documents is called 'secrets'"),
        (["--questions", "nothing.jsonl"], "nothing.jsonl"),
        (["--out", "labels.csv"], "must end in .parquet"),
        (["--out", "nowhere/labels.parquet"], "there is no folder nowhere"),
        (["--max-cost-usd", "0"], "nothing could be labelled"),
    ],
)
def test_wrong_options_are_said_in_a_line(folder: Path, upstream: Upstream, more: list[str], complaint: str) -> None:
    done = label(folder, *more)
    assert done.returncode in {1, 2} and not (folder / "labels.parquet").exists()
    assert complaint in " ".join(done.stderr.split()), done.stderr
    assert not upstream.received


def test_the_command_of_the_documentation_runs(folder: Path, upstream: Upstream, store: Path) -> None:
    [command] = re.findall(r"^coterie knowledge label .*$", DOCS.read_text(), re.MULTILINE)
    (folder / "experts.yaml").write_text(f"{experts_yaml(upstream, 'pupil')}knowledge: {{store: {store}}}\n")
    done = coterie(folder, *shlex.split(command.replace("questions.parquet", "questions.jsonl"))[1:])
    assert done.returncode == 0 and (folder / "pairs.parquet").is_file(), done.stderr
    assert (folder / "pairs.asked.jsonl").is_file()


def test_without_documents_nobody_is_asked(folder: Path, upstream: Upstream) -> None:
    (folder / "experts.yaml").write_text(experts_yaml(upstream, "pupil"))
    done = label(folder)
    assert done.returncode == 1 and not upstream.received
    assert done.stderr.splitlines()[-1].startswith("coterie: coterie.retrieve: ")
