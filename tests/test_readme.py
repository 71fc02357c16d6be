"""Every command of the README does what it says; those that set a machine up are run by CI, word for word."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.batches.build import asked
from tests.conftest import Serve, coterie, experts_yaml
from tests.upstream import Upstream

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
ELSEWHERE = {"make serve", "make test", "make bench", "make bench-clients", "python -m eval.bench.knowledge --markdown"}
"""`make test` is running this; CI and the slow tests run the others."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands() -> list[str]:
    """The shell lines, continued ones joined, comments dropped."""
    joined = "\n".join(blocks("sh")).replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines() if shlex.split(line, comments=True)]


def bare(line: str) -> str:
    """A command without its comment."""
    return " ".join(shlex.split(line, comments=True))


def lines_of(page: str) -> list[str]:
    """The shell lines of a page of the documentation."""
    text = (ROOT / "docs" / f"{page}.md").read_text()
    return [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]


def coterie_commands() -> list[list[str]]:
    """But for those that follow one another."""
    words = [shlex.split(line, comments=True) for line in commands() if line.startswith("coterie ")]
    return [line[1:] for line in words if line[1] not in ("train", "eval", "knowledge")]


def write_tables(folder: Path) -> None:
    """A few questions in three categories, and who answered them."""
    subjects = {"math": "sum of numbers", "coding": "python function", "history": "war and king"}
    with (folder / "questions.jsonl").open("w") as questions, (folder / "outcomes.jsonl").open("w") as outcomes:
        for number in range(240):
            category, words = list(subjects.items())[number % 3]
            row = {"query_id": f"q{number}", "text": f"What is the {words} {number}?", "category": category}
            questions.write(json.dumps({**row, "split": "dev" if number % 5 == 0 else "train"}) + "\n")
            for model, score in (("m", number % 2), ("maths", float(category == "math"))):
                outcomes.write(json.dumps({"query_id": f"q{number}", "model": model, "score": score}) + "\n")
    sizes = {model: {"active_params_b": size} for model, size in (("m", 8), ("maths", 70))}
    (folder / "models.json").write_text(json.dumps(sizes))


def test_every_command_is_known_to_a_test() -> None:
    for line in commands():
        assert bare(line) in ELSEWHERE or bare(line).startswith(("coterie ", "curl ")), f"nothing runs: {line}"


@pytest.mark.parametrize("arguments", coterie_commands(), ids=" ".join)
def test_the_coterie_commands_run(arguments: list[str], tmp_path: Path, serve: Serve, upstream: Upstream) -> None:
    """On experts that answer at once; the shipped ones are asked by the tests of local models."""
    config = tmp_path / "pool.yaml"
    config.write_text(experts_yaml(upstream, "first", "second"))
    (tmp_path / "requests.jsonl").write_bytes(asked(2))
    home = {"COTERIE_CONFIG": str(config), "COTERIE_DATABASE_URL": f"sqlite:///{tmp_path / 'r.db'}"}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("coterie")), *arguments],
        env={**os.environ, **home},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_commands_about_documents_run_in_their_order(tmp_path: Path, upstream: Upstream) -> None:
    (tmp_path / "experts.yaml").write_text(experts_yaml(upstream, "first") + "knowledge: {store: knowledge}\n")
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    add, search = [line for line in commands() if line.startswith("coterie knowledge ")]
    assert "8 added" in coterie(tmp_path, *shlex.split(add, comments=True)[1:]).stdout
    assert "docs/routing.md" in coterie(tmp_path, *shlex.split(search, comments=True)[1:]).stdout


def test_the_commands_about_routers_run_in_their_order(tmp_path: Path) -> None:
    """But for those that need torch, which the tests of the encoder cover; nobody is asked: answers are recorded."""
    write_tables(tmp_path)
    runnable = [line for line in lines_of("routers") if "my-encoder" not in line and "my-reader" not in line]
    assert len(runnable) == 4
    for line in sorted(runnable, key=lambda line: "train" not in line):
        words = shlex.split(line.replace(".parquet", ".jsonl"))[1:]
        words += ["--outcomes", "outcomes.jsonl"] if "onboard" in words else []
        done = coterie(tmp_path, *words, seconds=110)
        assert done.returncode == 0, (line, done.stderr)
        assert done.stdout.strip()
    assert json.loads((tmp_path / "maths.json").read_text())["name"] == "maths"


def test_what_the_readme_says_of_evaluation_is_told_and_tested_by_the_documentation() -> None:
    told = {bare(line) for name in ("routers", "strategies", "evaluation") for line in lines_of(name)}
    reports = {line for line in map(bare, commands()) if "--artifact bundled" in line}
    said = {bare(line) for line in commands() if line.startswith(("coterie train", "coterie eval"))}
    assert said <= told | reports and len(reports) == 2


def test_the_reports_of_the_bundled_routers_are_made_as_the_readme_says(tmp_path: Path) -> None:
    """On two of the models that they know."""
    rows = [
        {"query_id": f"q{n}", "text": f"Which is {n}?", "category": "math", "choices": ["a", "b"], "gold": "A",
         "answer_type": "mcq", "source": "mmlu_pro"}
        for n in range(60)
    ]  # fmt: skip
    answers = [
        {"query_id": row["query_id"], "model": model, "score": float(letter == "A"), "pred": letter}
        for n, row in enumerate(rows)
        for model, letter in (("Yi-34B", "AB"[n % 2]), ("gpt-4o-hist", "AAB"[n % 3]))
    ]
    for name, table in (("questions", rows), ("outcomes", answers)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in table))
    sizes = {row["model"]: {"active_params_b": 9, "input_per_mtok": 1, "output_per_mtok": 2} for row in answers}
    (tmp_path / "models.json").write_text(json.dumps(sizes))
    for line in (line for line in map(bare, commands()) if "--artifact bundled" in line):
        done = coterie(tmp_path, *shlex.split(line.replace(".parquet", ".jsonl"))[1:], seconds=110)
        assert done.returncode == 0, (line, done.stderr)
        assert "blend: " in done.stdout or "sequential: " in done.stdout
    assert (tmp_path / "report.html").stat().st_size > 50_000 and (tmp_path / "compose.html").exists()


def test_the_shipped_experts_are_right() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("coterie")), "config", "check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0 and "4 experts, 4 of them can be asked" in done.stdout


def test_the_expert_of_the_readme_is_one(tmp_path: Path) -> None:
    [yaml] = blocks("yaml")
    config = tmp_path / "experts.yaml"
    config.write_text(f"version: 1\n{yaml}")
    done = subprocess.run(
        [str(Path(sys.executable).with_name("coterie")), "config", "check", "--config", str(config)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_curl_and_the_five_lines_of_python_get_an_answer(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "first")) as running:
        [curl] = [line for line in commands() if line.startswith("curl ")]
        said = subprocess.run(
            shlex.split(curl.replace("http://127.0.0.1:8000", running.url)), capture_output=True, text=True, timeout=30
        )
        [python] = blocks("python")
        program = python.replace("http://127.0.0.1:8000", running.url)
        printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert '"hello from first"' in said.stdout
    assert printed.stdout.strip() == "first says: hello from first", printed.stderr


def test_the_lines_that_serve_prints_are_the_readmes() -> None:
    from gateway.cli.serve import how_to_try
    from gateway.settings import load_settings

    printed = how_to_try(load_settings(), 8000)
    [python] = blocks("python")
    for line in python.strip().splitlines():
        assert line in printed
