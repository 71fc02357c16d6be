"""`coterie skills annotate`: an expert names the skills of questions; a second run goes on where the first ended."""

import orjson
import pytest

from tests.conftest import coterie, experts_yaml
from tests.upstream import completion

QUESTIONS = [{"query_id": f"q{n}", "text": f"What is {n} + {n}?"} for n in range(4)]


@pytest.fixture
def folder(tmp_path, upstream):
    """An expert that names two skills each time, and a third one that never recurs."""
    said = iter(range(1000))

    async def name_skills(exchange):
        await exchange.reply(200, completion(f"Arithmetic, addition, thing {next(said)}"))

    upstream.behave["namer"] = name_skills
    (tmp_path / "experts.yaml").write_text(experts_yaml(upstream, "namer", "fail", retries=0))
    (tmp_path / "questions.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in QUESTIONS))
    return tmp_path


def annotate(folder, *more, expert="namer"):
    arguments = ("--questions", "questions.jsonl", "--expert", expert, "--out", "skills.jsonl", *more)
    return coterie(folder, "skills", "annotate", *arguments)


def written(folder):
    return [orjson.loads(line) for line in (folder / "skills.jsonl").read_bytes().splitlines()]


def test_skills_that_recur_are_written_and_a_second_run_goes_on(folder, upstream):
    first = annotate(folder, "--limit", "1", "--samples", "3")
    assert first.returncode == 0, first.stderr
    assert written(folder) == [{"query_id": "q0", "skills": ["arithmetic", "addition"]}]
    assert upstream.asked("namer") == 3 and "1 of 1: arithmetic, addition" in first.stderr
    second = annotate(folder, "--samples", "2")
    assert second.returncode == 0 and "1 done before" in second.stderr
    assert [row["query_id"] for row in written(folder)] == ["q0", "q1", "q2", "q3"]
    assert upstream.asked("namer") == 3 + 3 * 2


def test_a_line_that_was_cut_off_is_asked_again(folder):
    (folder / "skills.jsonl").write_bytes(b'{"query_id":"q0","skills":[]}\n{"query_id":"q1","ski')
    done = annotate(folder, "--samples", "2")
    assert done.returncode == 0, done.stderr
    lines = (folder / "skills.jsonl").read_bytes().splitlines()
    assert [orjson.loads(line)["query_id"] for line in lines[2:]] == ["q1", "q2", "q3"]


def test_an_expert_that_fails_ends_it_with_its_reason(folder):
    done = annotate(folder, expert="fail")
    assert done.returncode == 1 and "q0 failed: fail failed (HTTP 500): boom" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("coterie: fail failed")
    assert not (folder / "skills.jsonl").exists()


def test_an_expert_nobody_knows_is_used_wrongly(folder):
    done = annotate(folder, expert="nobody")
    assert done.returncode == 2 and "namer, fail" in done.stderr.replace("\n", " ")
