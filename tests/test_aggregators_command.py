"""`coterie experts aggregators`: who is good at making one answer of several, measured on recorded answers."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import orjson
import pytest

from gateway.configuration import configure
from gateway.errors import ConfigError
from tests.conftest import Running, Serve, bundled, coterie, experts_yaml
from tests.strategies.reading import text_of
from tests.upstream import Exchange, Upstream, completion, says

DOCS = Path(__file__).parent.parent / "docs" / "strategies.md"
OPTIONS = ["four", "five", "six", "seven"]
TABLES = ("--questions", "questions.jsonl", "--responses", "responses.jsonl")


def told_apart(right: str):
    """Who finds the answer with this letter among those it is shown, and else says nothing of use."""

    async def find(x: Exchange) -> None:
        shown = x.body["messages"][-1]["content"].split("Several models")[1]
        await x.reply(200, completion(f"The answer is ({right})" if f"({right})" in shown else "no idea"))

    return find


def lines(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))


@pytest.fixture
def folder(tmp_path: Path, upstream: Upstream) -> Path:
    """Six questions, of which four can be used; `good` finds the right answer, `bad` always says D."""
    upstream.behave |= {"good": told_apart("B"), "bad": says("The answer is (D)")}
    (tmp_path / "experts.yaml").write_text(experts_yaml(upstream, "good", "bad", "fail", retries=0))
    question = {"text": "What is 2 + 3?", "choices": OPTIONS, "gold": "B", "answer_type": "mcq"}
    names = {f"q{n}": "math" if n % 2 else "history" for n in range(6)}
    lines(
        tmp_path / "questions.jsonl",
        [{"query_id": q, "category": category, **question, "text": f"{q}: 2 + 3?"} for q, category in names.items()],
    )
    said = {f"q{n}": "BACD" for n in range(4)} | {"q4": "ACDA", "q5": "BBBB"}
    lines(
        tmp_path / "responses.jsonl",
        [
            {"query_id": q, "model": f"m{n}", "response": f"I, m{n}, think the answer is ({letter})"}
            for q, letters in said.items()
            for n, letter in enumerate(letters)
        ],
    )
    return tmp_path


def results(folder: Path) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in (folder / "leads.results.jsonl").read_bytes().splitlines()]


def test_who_tells_right_from_wrong_is_measured(folder: Path, upstream: Upstream) -> None:
    done = coterie(folder, "experts", "aggregators", *TABLES, "--experts", "good,bad", "--json", "--out", "leads.json")
    assert done.returncode == 0, done.stderr
    report = orjson.loads(done.stdout)
    assert report == orjson.loads((folder / "leads.json").read_bytes())
    assert (report["questions"], report["left_out"]) == (4, {"none is right": 1, "fewer than two are wrong": 1})
    assert report["random"] == pytest.approx(1 / 3) and report["majority"] == pytest.approx(1 / 3)
    good, bad = report["experts"]["good"], report["experts"]["bad"]
    assert (good["accuracy"], bad["accuracy"]) == (1.0, 0.0)
    assert good["interval"][0] < 0.6 and good["interval"][1] == 1.0
    assert set(good["rates"]) == {"default", "math", "history"}
    assert good["rates"]["default"] == pytest.approx(5 / 7), "smoothed"
    assert upstream.asked("good") == upstream.asked("bad") == 4
    shown = upstream.received[0]["messages"][-1]["content"]
    assert "B. five" in shown and shown.count("think the answer is") == 3


def test_a_person_is_shown_a_table(folder: Path) -> None:
    done = coterie(folder, "experts", "aggregators", *TABLES, "--experts", "bad,good", "--limit", "2")
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[1:3]] == ["good", "bad"], "the best first"
    assert "a random pick is right on 33.3%" in done.stdout and "2 questions" in done.stderr


def test_a_second_run_goes_on_where_the_first_ended(folder: Path, upstream: Upstream) -> None:
    command = ("experts", "aggregators", *TABLES, "--experts", "good", "--out", "leads.json")
    assert coterie(folder, *command, "--limit", "3").returncode == 0
    with (folder / "leads.results.jsonl").open("ab") as file:
        file.write(b'{"expert":"good","it')
    done = coterie(folder, *command)
    assert done.returncode == 0, done.stderr
    assert upstream.asked("good") == 4
    assert orjson.loads((folder / "leads.json").read_bytes())["experts"]["good"]["asked"] == 4
    other = coterie(folder, *command, "--seed", "1")
    assert other.returncode == 0 and upstream.asked("good") > 4, "another test is asked for itself"


def test_an_expert_that_fails_is_said_to(folder: Path, upstream: Upstream) -> None:
    done = coterie(folder, "experts", "aggregators", *TABLES, "--experts", "fail,good", "--json", "--out", "leads.json")
    assert done.returncode == 1 and "fail failed (HTTP 500): boom" in done.stderr
    assert list(orjson.loads(done.stdout)["experts"]) == ["good"]


def test_what_is_wrong_is_said_in_a_line(folder: Path) -> None:
    nobody = coterie(folder, "experts", "aggregators", *TABLES, "--experts", "nobody")
    assert nobody.returncode == 2 and "good, bad, fail" in nobody.stderr.replace("\n", " ")
    lines(folder / "responses.jsonl", [{"query_id": "q1", "model": "m", "response": "B"}])
    useless = coterie(folder, "experts", "aggregators", *TABLES)
    assert useless.returncode == 1 and "no question with one right and 2 wrong" in useless.stderr
    missing = coterie(folder, "experts", "aggregators", *TABLES[:3], "nowhere.parquet")
    assert missing.returncode == 1 and missing.stderr.splitlines()[-1] == "coterie: no table at nowhere.parquet"


def test_the_command_of_the_documentation_runs(folder: Path) -> None:
    [command] = re.findall(r"```sh\n(coterie experts aggregators .*?)```", DOCS.read_text(), re.DOTALL)
    words = shlex.split(command.replace(".parquet", ".jsonl"))[1:]
    done = coterie(folder, *words, "--experts", "good")
    assert done.returncode == 0 and (folder / "leads.json").is_file(), done.stderr


def ask(running: Running, text: str) -> str:
    return text_of(running.ask("auto:synthesize", text, coterie={"thrift": 0.0}))


def leads_yaml(upstream: Upstream, leads: str, policy: str = "") -> str:
    return experts_yaml(upstream, "good", "bad", "odd-one", policies=policy) + f"leads: {leads}\n"


def test_whoever_was_measured_best_leads(serve: Serve, upstream: Upstream, tmp_path: Path) -> None:
    upstream.behave |= {name: speaks(name) for name in ("good", "bad", "odd-one")}
    rates = {"good": {"default": 0.2, "math": 0.9}, "bad": {"default": 0.6, "math": 0.1}}
    measured = {"experts": {name: {"rates": of} for name, of in rates.items()}}
    (tmp_path / "leads.json").write_bytes(orjson.dumps(measured))
    with serve(leads_yaml(upstream, "leads.json")) as running:
        assert ask(running, "Compute the integral of x^2 from 0 to 3 and explain each step.") == "written by good"
        assert ask(running, "Tell me about the kings of France in the middle ages.") == "written by bad"


def speaks(name: str):
    """Answers, or writes from what others have answered."""

    async def speak(x: Exchange) -> None:
        writes = "Several models" in x.body["messages"][-1]["content"]
        await x.reply(200, completion(f"{'written' if writes else 'answered'} by {name}"))

    return speak


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no file"),
        ("no json", "Invalid JSON"),
        ('{"a": 1}', "experts: Field required; `coterie experts aggregators` writes such files"),
        ('{"experts": {"good": {"rates": {"math": 1.5}}}}', "experts.good.rates.math: "),
        ('{"experts": {"stranger": {"rates": {}}}}', "has measured none of these experts; it knows stranger"),
    ],
)
def test_a_file_of_leads_that_is_none_is_said_with_its_line(
    tmp_path: Path, upstream: Upstream, content: str | None, words: str
) -> None:
    if content is not None:
        (tmp_path / "leads.json").write_text(content)
    said = complaint(tmp_path, leads_yaml(upstream, "leads.json"))
    assert "experts.yaml:7: leads: " in said and words in said


def test_a_policy_names_a_lead_that_exists(tmp_path: Path, upstream: Upstream) -> None:
    said = complaint(tmp_path, experts_yaml(upstream, "good", policies="auto: {lead: nobody}"))
    assert "lead: no such name: 'nobody'. Allowed: good" in said


def complaint(folder: Path, yaml: str) -> str:
    """What is said of a file that cannot be used."""
    (folder / "experts.yaml").write_text(yaml)
    with pytest.raises(ConfigError) as raised:
        configure(folder / "experts.yaml", {}, bundled())
    return str(raised.value)
