"""`coterie eval collect`: what it asks, what its table says, and how it survives what goes wrong."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from routers.table import read_table
from tests.conftest import COTERIE, coterie, coterie_environment, experts_yaml, until
from tests.eval.collecting import ARITHMETIC, FREE, LETTERS, SOLVER, collect, kept, knows, rows, said, write_questions
from tests.upstream import Exchange, Upstream, completion, says


@pytest.fixture
def folder(tmp_path: Path, upstream: Upstream) -> Path:
    upstream.behave["solver"] = SOLVER
    upstream.behave["clerk"] = says("The answer is 4. The answer is (B)")
    config = experts_yaml(upstream, "solver", "clerk", "fail", retries=0, breaker_failures=1000, max_concurrency=2)
    (tmp_path / "experts.yaml").write_text(config)
    write_questions(tmp_path, [*ARITHMETIC, *LETTERS])
    return tmp_path


def priced(folder: Path, expert: str, dollars: float) -> None:
    """That much for each million tokens, in and out."""
    text = (folder / "experts.yaml").read_text()
    price = f"price: {{input_per_mtok: {dollars}, output_per_mtok: {dollars}}}"
    (folder / "experts.yaml").write_text(text.replace(f"model: {expert}}}", f"model: {expert}, {price}}}"))


def test_each_expert_is_asked_and_graded_and_the_table_is_one_to_learn_from(folder: Path, upstream: Upstream) -> None:
    done = collect(folder, "--experts", "solver,clerk")
    assert done.returncode == 0, done.stderr
    found = rows(folder)
    assert len(found) == len(upstream.received) == 18
    assert {found[query_id, "solver"]["score"] for query_id, _ in found} == {1.0}
    assert [query_id for (query_id, name), row in found.items() if name == "clerk" and row["score"]] == ["n2", "m1"]
    row = found["n3", "solver"]
    assert (row["pred"], row["pred_ok"], row["grader"], row["answer_type"]) == ("6", True, "numbers", "numeric")
    assert (row["input_tokens"], row["output_tokens"], row["output_chars"]) == (11, 7, len("The answer is 6"))
    assert 0 < row["latency_s"] < 10 and row["asked_at"].endswith("+00:00") and row["cost_usd"] == 0
    assert all(body["temperature"] == 0 for body in upstream.received)
    table = read_table(folder / "questions.jsonl", folder / "outcomes.parquet")
    assert table.experts == ("clerk", "solver") and table.outcomes.shape == (9, 2)
    assert "solver" in done.stdout and "1.000 to 1.000" in done.stdout and "coterie train blend" in done.stdout


def test_nothing_is_asked_twice_and_another_model_behind_the_name_is_asked_anew(
    folder: Path, upstream: Upstream
) -> None:
    assert collect(folder, "--experts", "solver").returncode == 0
    assert collect(folder, "--experts", "solver").returncode == 0
    assert len(upstream.received) == 9
    text = (folder / "experts.yaml").read_text()
    (folder / "experts.yaml").write_text(text.replace("name: solver, model: solver", "name: solver, model: clerk"))
    assert collect(folder, "--experts", "solver").returncode == 0
    assert len(upstream.received) == 18 and rows(folder)["n1", "solver"]["score"] == 0


def test_an_expert_that_fails_stops_no_other_and_its_calls_alone_are_made_again(
    folder: Path, upstream: Upstream
) -> None:
    done = collect(folder, "--experts", "solver,fail")
    assert done.returncode == 0, done.stderr
    assert "fail failed too often in a row and was not asked on, 9 calls are left" in done.stdout
    assert {name for _, name in rows(folder)} == {"solver"} and upstream.asked("fail") <= 6
    upstream.behave["fail"] = SOLVER
    before = len(upstream.received)
    assert collect(folder, "--experts", "solver,fail").returncode == 0
    assert len(upstream.received) == before + 9 and len(rows(folder)) == 18


def test_one_question_that_fails_is_left_for_the_next_time(folder: Path, upstream: Upstream) -> None:
    async def stumbles(x: Exchange) -> None:
        if "3 + 3" in said(x):
            await x.reply(500, completion("never"))
        else:
            await SOLVER(x)

    upstream.behave["solver"] = stumbles
    done = collect(folder, "--experts", "solver")
    assert "solver: 1 calls failed (last: solver failed (HTTP 500)" in done.stdout and ("n3", "solver") not in rows(
        folder
    )
    upstream.behave["solver"] = SOLVER
    assert collect(folder, "--experts", "solver").returncode == 0
    assert len(rows(folder)) == 9 and len(upstream.received) == 10


def test_where_every_call_fails_one_line_says_so(folder: Path) -> None:
    done = collect(folder, "--experts", "fail")
    assert done.returncode == 1 and not (folder / "outcomes.parquet").exists()
    last = done.stderr.splitlines()[-1]
    assert last.startswith("coterie: fail failed too often in a row") and last.endswith("fail failed (HTTP 500): boom")


def test_an_expert_that_wants_a_pause_gets_it(folder: Path, upstream: Upstream) -> None:
    (folder / "experts.yaml").write_text(experts_yaml(upstream, "busy-once", retries=0))
    assert collect(folder, "--limit", "2").returncode == 0
    assert len(rows(folder)) == 2


def test_a_kill_loses_at_most_the_calls_in_flight(folder: Path, upstream: Upstream) -> None:
    async def waits_on_the_last(x: Exchange) -> None:
        if "number 2" in said(x) and not upstream.go.is_set():
            await x.receive()  # until the caller leaves
            return
        await SOLVER(x)

    upstream.behave["solver"] = waits_on_the_last
    arguments = ("eval", "collect", "--questions", "questions.jsonl", "--out", "outcomes.parquet")
    with subprocess.Popen(
        [COTERIE, *arguments, "--experts", "solver"],
        cwd=folder,
        env=coterie_environment(folder),
        stderr=subprocess.PIPE,
    ) as process:
        file = folder / "outcomes.parquet.answers.jsonl"
        assert until(lambda: file.exists() and file.read_bytes().count(b"\n") == 8, 30)
        process.send_signal(signal.SIGKILL)
    with file.open("ab") as cut:
        cut.write(b'{"key": "cut o')
    upstream.go.set()
    before = len(upstream.received)
    assert collect(folder, "--experts", "solver").returncode == 0
    assert len(upstream.received) == before + 1 and len(rows(folder)) == 9


def test_an_interrupt_says_how_to_go_on(folder: Path, upstream: Upstream) -> None:
    upstream.behave["solver"] = upstream.behave["hang"]
    arguments = ("eval", "collect", "--questions", "questions.jsonl", "--out", "outcomes.parquet")
    with subprocess.Popen(
        [COTERIE, *arguments, "--experts", "solver"],
        cwd=folder,
        env=coterie_environment(folder),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert until(lambda: bool(upstream.received), 30)
        process.send_signal(signal.SIGINT)
        _, said_last = process.communicate(timeout=20)
    assert process.returncode == 1
    assert said_last.splitlines()[-1].startswith("stopped; what was answered is kept, and the same command goes on")


def test_a_dry_run_prices_and_asks_nobody(folder: Path, upstream: Upstream) -> None:
    priced(folder, "solver", 10)
    done = collect(folder, "--experts", "solver,clerk", "--dry-run")
    assert done.returncode == 0 and not upstream.received
    told = {words[0]: words[1:] for line in done.stdout.splitlines() if (words := line.split())}
    assert told["clerk"][-2:] == ["no", "price"]
    assert told["solver"][:2] == ["9", "0"] and float(told["solver"][-1].removeprefix("$")) == pytest.approx(
        0.03, abs=0.01
    )


def test_what_is_dear_needs_a_yes(folder: Path, upstream: Upstream) -> None:
    priced(folder, "solver", 1000)
    done = collect(folder, "--experts", "solver")
    assert done.returncode == 1 and not upstream.received
    assert "say --yes to agree" in done.stderr.splitlines()[-1]
    assert collect(folder, "--experts", "solver", "--yes").returncode == 0 and len(upstream.received) == 9


def test_it_stops_where_the_money_is_spent_and_goes_on_with_more(folder: Path, upstream: Upstream) -> None:
    priced(folder, "solver", 1000)  # a call really costs $0.018, and is expected to cost about $0.35
    done = collect(folder, "--experts", "solver", "--yes", "--max-cost-usd", "0.5")
    assert done.returncode == 0 and 1 <= len(upstream.received) < 9
    assert "the money is spent" in done.stdout and len(rows(folder)) == len(upstream.received)
    assert collect(folder, "--experts", "solver", "--yes", "--max-cost-usd", "10").returncode == 0
    assert len(upstream.received) == 9
    assert sum(row["cost_usd"] for row in rows(folder).values()) == pytest.approx(9 * 0.018)


def test_kept_answers_are_graded_anew_without_a_call(folder: Path, upstream: Upstream) -> None:
    assert collect(folder, "--experts", "solver,clerk").returncode == 0
    write_questions(folder, [{**row, "gold": "4"} for row in ARITHMETIC])
    done = collect(folder, "--regrade")
    assert done.returncode == 0, done.stderr
    assert {row["score"] for (_, name), row in rows(folder).items() if name == "clerk"} == {1.0}
    assert len(upstream.received) == 18
    refused = collect(folder, "--regrade", out="others.parquet")
    assert refused.returncode == 1 and "holds no answer to these questions" in refused.stderr


def test_several_samples_are_asked_warm_and_their_mean_counts(folder: Path, upstream: Upstream) -> None:
    async def wavers(x: Exchange) -> None:
        await says("The answer is 2" if upstream.asked("solver") % 2 else "The answer is 9")(x)

    upstream.behave["solver"] = wavers
    assert collect(folder, "--experts", "solver", "--samples", "4", "--limit", "1").returncode == 0
    row = rows(folder)["n1", "solver"]
    assert (row["score"], row["samples"], len(upstream.received)) == (0.5, 4, 4)
    assert {body["temperature"] for body in upstream.received} == {0.7}


def test_a_text_that_stands_there_twice_is_asked_once(folder: Path, upstream: Upstream) -> None:
    write_questions(folder, [*ARITHMETIC[:2], {**ARITHMETIC[0], "query_id": "again", "gold": "3"}])
    done = collect(folder, "--experts", "solver")
    assert "1 questions have the text of an earlier one" in done.stderr and len(upstream.received) == 2
    assert {key[0]: row["score"] for key, row in rows(folder).items()} == {"n1": 1.0, "n2": 1.0, "again": 0.0}


def test_a_question_that_names_experts_is_asked_of_them_alone(folder: Path, upstream: Upstream) -> None:
    write_questions(folder, [{**ARITHMETIC[0], "experts": ["clerk"]}, {**ARITHMETIC[1], "experts": []}])
    assert collect(folder, "--experts", "solver,clerk").returncode == 0
    assert set(rows(folder)) == {("n1", "clerk"), ("n2", "clerk"), ("n2", "solver")}
    assert len(upstream.received) == 3


def test_two_questions_with_one_id_are_refused(folder: Path, upstream: Upstream) -> None:
    write_questions(folder, [ARITHMETIC[0], {**ARITHMETIC[1], "query_id": "n1"}])
    done = collect(folder)
    assert done.returncode == 1 and "two different questions with the query_id n1" in done.stderr
    assert not upstream.received


def test_what_nobody_can_grade_is_counted_and_not_asked(folder: Path, upstream: Upstream) -> None:
    odd = {"query_id": "odd", "text": "Hm?", "category": "other", "answer_type": "riddle", "gold": "x"}
    silent = {"query_id": "silent", "text": " ", "category": "other"}
    wrong = {"query_id": "wrong", "text": "Which?", "category": "law", "choices": ["a", "b"], "gold": "E"}
    write_questions(folder, [*ARITHMETIC, *FREE, odd, silent, {**wrong, "answer_type": "mcq"}])
    done = collect(folder, "--experts", "solver")
    assert done.returncode == 0 and len(upstream.received) == 6
    assert "4 questions cannot be graded: answers of type free need an expert as judge (--judge NAME)" in done.stderr
    assert "1 questions cannot be graded: nothing is known of the answer_type 'riddle'" in done.stderr
    assert "1 questions cannot be graded: the gold answer is none of the options" in done.stderr
    assert "left out: 1 questions without a text (silent)" in done.stderr
    assert "6 questions say no answer_type: taken as numeric" in done.stderr
    write_questions(folder, FREE)
    done = collect(folder, "--experts", "solver")
    assert done.returncode == 1 and done.stderr.splitlines()[-1].startswith("coterie: 4 questions cannot be graded")


def test_a_question_too_long_for_an_expert_is_skipped_and_counted(folder: Path, upstream: Upstream) -> None:
    upstream.behave["clerk"] = upstream.behave["too-long"]
    text = (folder / "experts.yaml").read_text()
    (folder / "experts.yaml").write_text(text.replace("model: solver}", "model: solver, context: 100}"))
    write_questions(folder, [{**ARITHMETIC[0], "text": "What is 1 + 1? " * 100}, *ARITHMETIC[1:]])
    done = collect(folder, "--experts", "solver,clerk")
    assert done.returncode == 0, done.stderr
    assert "1 questions are too long for solver" in done.stderr
    assert (
        "1 questions were too long for solver" in done.stdout and "6 questions were too long for clerk" in done.stdout
    )
    assert len(rows(folder)) == 5


def test_a_full_disk_is_one_line_and_loses_nothing(folder: Path, upstream: Upstream) -> None:
    (folder / "outcomes.parquet.answers.jsonl").symlink_to("/dev/full")
    done = collect(folder, "--experts", "solver")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "cannot be written (No space left on device); make room" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (("--experts", "nobody"), "no expert is called 'nobody'; experts.yaml has solver, clerk, fail"),
        (("--judge", "nobody"), "no expert is called 'nobody'"),
        (("--grader", "letters", "--limit", "2"), "the gold answer is none of the options"),
    ],
)
def test_what_is_told_wrongly_is_one_line(folder: Path, upstream: Upstream, more: tuple[str, ...], line: str) -> None:
    done = collect(folder, *more)
    assert done.returncode == 1 and line in done.stderr.splitlines()[-1] and not upstream.received


@pytest.mark.parametrize(
    ("more", "said_so"),
    [
        (("--grader", "guess"), "is none of"),
        (("--grader", "judge"), "needs --judge"),
        (("--grader", "pairwise", "--judge", "clerk"), "belong together"),
        (("--against", "clerk"), "belong together"),
    ],
)
def test_options_that_make_no_sense_are_refused(folder: Path, more: tuple[str, ...], said_so: str) -> None:
    done = collect(folder, *more)
    assert done.returncode == 2 and said_so in " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_the_table_may_be_csv_or_jsonl(folder: Path, suffix: str) -> None:
    out = f"outcomes.{suffix}"
    assert collect(folder, "--experts", "solver,clerk", out=out).returncode == 0
    assert read_table(folder / "questions.jsonl", folder / out).outcomes.sum() == 11


def test_answers_are_kept_word_for_word(folder: Path) -> None:
    assert collect(folder, "--experts", "clerk", "--limit", "1").returncode == 0
    [row] = kept(folder)
    assert (row["reply"], row["expert"], row["kind"], row["finish"]) == (
        "The answer is 4. The answer is (B)",
        "clerk",
        "answer",
        "stop",
    )


def test_code_is_run_and_words_need_not_be_the_gold_ones(folder: Path, upstream: Upstream) -> None:
    double = {"text": "Write double(x).", "answer_type": "code", "tests": "assert double(2) == 4"}
    author = {"text": "Who wrote it?", "answer_type": "fuzzy_text", "gold": "Fyodor Dostoevsky"}
    value = {"text": "What does it print?", "answer_type": "code_literal", "gold": "[1, 2]"}
    questions = [{"query_id": f"q{n}", "category": "other", **one} for n, one in enumerate((double, author, value))]
    write_questions(folder, questions)
    thinking = "<think>The answer is [3]</think>"
    good = ("```python\ndef double(x):\n    return 2 * x\n```", "Fyodor Dostoyevsky", f"{thinking}The answer is [1,2]")
    bad = ("```python\ndef double(x):\n    return 3 * x\n```", "Leo Tolstoy", "The answer is [1, 3]")
    for name, replies in (("solver", good), ("clerk", bad)):
        upstream.behave[name] = knows({one["text"]: reply for one, reply in zip(questions, replies, strict=True)})
    done = collect(folder, "--experts", "solver,clerk")
    assert done.returncode == 0, done.stderr
    found = rows(folder)
    assert [found[f"q{n}", "solver"]["score"] for n in range(3)] == [1.0, 1.0, 1.0]
    assert [found[f"q{n}", "clerk"]["score"] for n in range(3)] == [0.0, 0.0, 0.0]
    assert found["q0", "clerk"]["why"] == "AssertionError" and found["q0", "solver"]["grader"] == "code"


def test_recorded_answers_can_be_collected_too(folder: Path) -> None:
    """Experts of provider replay find what is recorded by the question's id."""
    answers = [{"query_id": row["query_id"], "model": "old", "response": f"It is {row['gold']}"} for row in ARITHMETIC]
    write_questions(folder, answers, "answers.jsonl")
    (folder / "experts.yaml").write_text(
        "version: 1\nexperts: [{name: old, provider: replay, model: old, responses: answers.jsonl}]\n"
    )
    done = collect(folder)
    assert done.returncode == 0, done.stderr
    assert [row["score"] for row in rows(folder).values()] == [1.0] * 6
    assert "old: 3 calls failed (last: old has no recorded answer to this question)" in done.stdout


def test_from_questions_to_a_router_and_its_report(folder: Path, upstream: Upstream) -> None:
    """collect, train and evaluate one after the other, on experts of which each knows half."""
    questions = [
        {
            "query_id": f"{kind}{n}",
            "text": f"{words} number {n}?",
            "category": kind,
            "gold": str(n),
            "answer_type": "numeric",
            "split": "dev" if n % 4 == 0 else "train",
        }
        for n in range(24)
        for kind, words in (("math", "Add the two sums of"), ("law", "Which article of the contract has"))
    ]
    write_questions(folder, questions)
    upstream.behave["solver"] = knows({f"sums of number {n}?": f"The answer is {n}" for n in range(24)})
    upstream.behave["clerk"] = knows({f"contract has number {n}?": f"The answer is {n}" for n in range(24)})
    assert collect(folder, "--experts", "solver,clerk").returncode == 0
    tables = ("--questions", "questions.jsonl", "--outcomes", "outcomes.parquet")
    trained = coterie(folder, "train", "blend", *tables, "--out", "blend")
    assert trained.returncode == 0, trained.stderr
    report = coterie(folder, "eval", "routing", *tables, "--artifact", "blend", "--resamples", "200")
    assert report.returncode == 0, report.stderr
    assert "solver" in report.stdout and "blend" in report.stdout
