"""`coterie prompts learn`, and the strategy that uses what it has learned."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.configuration import configure
from gateway.errors import ConfigError
from tests.conftest import Serve, bundled, coterie, error_of, experts_yaml
from tests.strategies.reading import heard, text_of
from tests.upstream import Exchange, Upstream, says

MATHS, HISTORY = "You are good at sums.", "You know when things were."
PLAIN = "You are a helpful assistant."
DOCS = Path(__file__).parent.parent / "docs" / "strategies.md"
EVENTS = ("the fall of Rome", "the French Revolution", "the First Crusade", "the sack of Troy", "the peace of Utrecht")


def questions() -> list[dict[str, Any]]:
    sums = [
        {"text": f"Compute {n} + {n}, then solve the equation for x.", "gold": str(2 * n), "answer_type": "numeric"}
        for n in range(12, 24)
    ]
    dates = [
        {"text": f"In which century was {event}, and which king ruled?", "gold": "B", "answer_type": "mcq"}
        for event in (*EVENTS, *(f"{event} remembered" for event in EVENTS))
    ]
    rows = [*sums, *({**row, "choices": ["the first", "the second"]} for row in dates)]
    return [{"query_id": f"q{n}", "category": "general", **row} for n, row in enumerate(rows)]


async def pupil(x: Exchange) -> None:
    """Right where the prompt is the one for the question."""
    system, asked = x.body["messages"][0]["content"], x.body["messages"][-1]["content"]
    if "Compute" in asked:
        number = int(asked.split()[1])
        await says(f"The answer is {2 * number if system == MATHS else 0}.")(x)
    else:
        await says(f"The answer is ({'B' if system == HISTORY else 'A'}).")(x)


@pytest.fixture
def folder(tmp_path: Path, upstream: Upstream) -> Path:
    upstream.behave["pupil"] = pupil
    (tmp_path / "experts.yaml").write_text(experts_yaml(upstream, "pupil", "fail", retries=0, breaker_failures=1000))
    (tmp_path / "questions.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in questions()))
    (tmp_path / "prompts.yaml").write_text(f"- {PLAIN}\n- {HISTORY}\n- {MATHS}\n")
    return tmp_path


def learn(folder: Path, *more: str, expert: str = "pupil") -> Any:
    arguments = ("--questions", "questions.jsonl", "--candidates", "prompts.yaml", "--out", "packs.json", *more)
    return coterie(folder, "prompts", "learn", "--expert", expert, "--tried", "3", "--demos", "1", *arguments)


def test_each_region_gets_the_prompt_that_is_right_there_and_nobody_is_asked_twice(
    folder: Path, upstream: Upstream
) -> None:
    done = learn(folder)
    assert done.returncode == 0, done.stderr
    packs = orjson.loads((folder / "packs.json").read_bytes())
    assert packs["expert"] == "pupil" and packs["reader"] == bundled().reader.version
    by_prompt = {region["system"]: region for region in packs["regions"]}
    assert set(by_prompt) == {MATHS, HISTORY} and all(region["score"] == 1.0 for region in packs["regions"])
    sums = [demo for region in packs["regions"] if region["system"] == MATHS for demo in region["demos"]]
    assert sums and all(demo["answer"].startswith("The answer is ") for demo in sums)
    asked = len(upstream.received)
    again = learn(folder)
    assert again.returncode == 0 and len(upstream.received) == asked, "a second run goes on where the first ended"
    (folder / "prompts.yaml").write_text(f"- {PLAIN}\n- {HISTORY}\n- {MATHS}\n- Be bold.\n")
    assert learn(folder).returncode == 0 and asked < len(upstream.received) <= asked * 4 / 3


def test_the_command_of_the_documentation_runs(folder: Path, upstream: Upstream) -> None:
    [command] = re.findall(r"```sh\n(coterie prompts .*?)```", DOCS.read_text(), re.DOTALL)
    upstream.behave["general"] = pupil
    (folder / "experts.yaml").write_text(experts_yaml(upstream, "general", retries=0))
    done = coterie(folder, *shlex.split(command.replace(".parquet", ".jsonl"))[1:])
    assert done.returncode == 0 and (folder / "packs.json").is_file(), done.stderr
    assert (folder / "packs.asked.jsonl").is_file()


def test_an_expert_that_fails_ends_it_with_its_reason(folder: Path) -> None:
    done = learn(folder, expert="fail")
    assert done.returncode == 1 and done.stderr.splitlines()[-1] == "coterie: fail failed (HTTP 500): boom"
    assert not (folder / "packs.json").exists()


@pytest.mark.parametrize("text", ["", "prompts: [a]", "[1, 2]", "[a, b", "\x00"])
def test_candidates_that_are_none_are_refused_in_a_line(folder: Path, text: str) -> None:
    (folder / "prompts.yaml").write_text(text)
    done = learn(folder)
    assert done.returncode == 1 and done.stderr.startswith("coterie: prompts.yaml ")


def test_wrong_names_and_missing_files_are_said_plainly(folder: Path) -> None:
    nobody = learn(folder, expert="nobody")
    assert nobody.returncode == 2 and "pupil, fail" in nobody.stderr.replace("\n", " ")
    (folder / "prompts.yaml").unlink()
    assert "prompts.yaml cannot be read" in learn(folder).stderr
    (folder / "questions.jsonl").write_text('{"query_id": "q", "text": "Why?", "category": "x"}\n')
    assert "0 gradable questions; 4 are needed" in learn(folder).stderr


def packs_json(reader: str | None = None) -> bytes:
    """One region for sums, one for dates."""
    suite = bundled()
    rows = suite.reader.encode([questions()[0]["text"], questions()[-1]["text"]])[:, :128]
    regions = [
        {
            "centroid": row.tolist(),
            "system": system,
            "demos": [{"question": "?", "answer": "!"}],
            "score": 1,
            "questions": 4,
        }
        for row, system in zip(rows, (MATHS, HISTORY), strict=True)
    ]
    return orjson.dumps({"reader": reader or suite.reader.version, "expert": "pupil", "regions": regions})


def test_the_region_of_a_query_decides_its_prompt(serve: Serve, upstream: Upstream, tmp_path: Path) -> None:
    (tmp_path / "packs.json").write_bytes(packs_json())
    upstream.behave["pupil"] = pupil
    policies = "auto: {packs: packs.json, router: category}\n  packed: {packs: packs.json, strategy: prompts}"
    with serve(experts_yaml(upstream, "fail", "pupil", retries=0, policies=policies)) as running:
        by_name = running.ask("auto:prompts", questions()[3]["text"])
        by_policy = running.ask("packed", questions()[-3]["text"])
        lines = running.events("auto", questions()[4]["text"], coterie={"strategy": "prompts"})
        named = running.ask("pupil", questions()[5]["text"], coterie={"strategy": "prompts"})
        tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
        whole = running.ask("pupil", questions()[5]["text"], tools=tools, coterie={"strategy": "prompts"})
    assert text_of(by_name) == "The answer is 30." and by_name.json()["model"] == "coterie/prompts"
    assert text_of(by_policy) == "The answer is (B)."
    assert heard(lines) == "The answer is 32." and text_of(named) == "The answer is 34."
    turns = next(one["messages"] for one in upstream.received if one["model"] == "pupil")
    assert [turn["role"] for turn in turns] == ["system", "user", "assistant", "user"]
    assert whole.status_code in {200, 400} and not any(
        one.get("tools") and len(one["messages"]) > 1 for one in upstream.received
    )


def test_without_packs_it_is_not_offered(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "first")) as running:
        wished = running.ask("auto", coterie={"strategy": "prompts"})
        named = running.ask("auto:prompts")
        listed = [model["id"] for model in running.get("/v1/models").json()["data"]]
    assert wished.status_code == 400
    assert error_of(wished)["message"] == (
        "coterie.strategy: prompts needs prompt packs, and policy 'auto' names none (`packs`)"
    )
    assert named.status_code == 404 and "auto:prompts" not in listed


@pytest.mark.parametrize(
    ("policy", "complaint"),
    [
        ("{packs: nothing.json}", "policies.auto.packs: .*nothing.json cannot be read"),
        ("{packs: packs.json}", "policies.auto.packs: .*learned with reader v0, and this one is .*; learn it again"),
        ("{strategy: prompts}", "policies.auto.strategy: prompts needs packs"),
    ],
)
def test_packs_that_cannot_be_used_stop_the_configuration(
    upstream: Upstream, tmp_path: Path, policy: str, complaint: str
) -> None:
    (tmp_path / "packs.json").write_bytes(packs_json("v0"))
    (tmp_path / "experts.yaml").write_text(experts_yaml(upstream, "first", policies=f"auto: {policy}"))
    with pytest.raises(ConfigError, match=rf"experts.yaml:6: {complaint}"):
        configure(tmp_path / "experts.yaml", {}, bundled())
