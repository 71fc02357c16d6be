"""`coterie eval compose` as a shell sees it, on the routers that come with the package."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from subprocess import run

import orjson
import pyarrow as pa
import pytest
from pyarrow import parquet

from routers.suite import bundled
from tests.conftest import coterie

DOCS = Path(__file__).parents[2] / "docs" / "strategies.md"
MODELS = ("Yi-34B", "mathstral-7B", "Llama-3.1-8B-Instruct")
QUESTIONS = 12


@pytest.fixture
def tables(tmp_path):
    """A few questions with options, three recorded models that answered them, prices, and the bundled routers."""
    questions = [
        {"query_id": f"q{n}", "text": f"What is {n} + {n}?", "category": "math", "answer_type": "mcq",
         "choices": [str(2 * n + k) for k in range(4)]}
        for n in range(QUESTIONS)
    ]  # fmt: skip
    outcomes = [
        {"query_id": f"q{n}", "model": model, "score": float(n % (2 + k) > 0), "pred": "A" if n % (2 + k) else "B"}
        for n in range(QUESTIONS)
        for k, model in enumerate(MODELS)
    ]
    for name, rows in (("questions", questions), ("outcomes", outcomes)):
        parquet.write_table(pa.Table.from_pylist(rows), tmp_path / f"{name}.parquet")
    prices = {model: {"input_per_mtok": 1, "output_per_mtok": 1, "active_params_b": 7} for model in MODELS}
    (tmp_path / "models.json").write_bytes(orjson.dumps(prices))
    with bundled() as folder:
        (tmp_path / "my-routers").symlink_to(folder)
        yield tmp_path


def composed(folder, *more):
    """The command on these tables."""
    files = ("--questions", "questions.parquet", "--outcomes", "outcomes.parquet", "--resamples", "100")
    return shell(folder, ["eval", "compose", *files, *more])


def shell(folder, arguments):
    return coterie(folder, *arguments, seconds=110)


def refused(done) -> str:
    """The one line of a command that failed."""
    assert (done.returncode, done.stdout) == (1, "") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_the_command_of_the_documentation_works_as_it_stands(tables):
    [line] = re.findall(r"^coterie eval compose .*$", DOCS.read_text(), re.MULTILINE)
    done = shell(tables, shlex.split(line)[1:])
    assert (done.returncode, done.stderr) == (0, "")
    assert "12 questions in 12 groups, 3 experts, 36 outcomes" in done.stdout
    assert "Predictions: the router blend." in done.stdout
    page = (tables / "compose.html").read_text()
    assert page.startswith("<!doctype html>") and "<svg" in page and "oracle of all" in page


def test_a_dash_prints_json_alone_and_some_strategies_can_be_wanted(tables):
    done = composed(tables, "--artifact", "my-routers", "--strategies", "fuse", "--json", "-", "--plot", "plot.svg")
    report = orjson.loads(done.stdout)
    assert {row["name"] for row in report["rows"] if row["kind"] == "strategy"} == {"single", "fuse"}
    assert report["data"]["questions"] == QUESTIONS and (tables / "plot.svg").read_text().startswith("<svg")


def test_without_an_artifact_the_baselines_are_measured(tables):
    done = composed(tables, "--json", "report.json")
    assert done.returncode == 0 and "3 experts, 36 outcomes" in done.stdout
    report = orjson.loads((tables / "report.json").read_bytes())
    accuracies = {row["name"]: row["accuracy"] for row in report["rows"]}
    assert accuracies["best single (hindsight)"] == 0.75 and report["artifact"] is None


def test_what_cannot_be_used_is_one_line(tables):
    assert "plot.pdf is none of .svg, .png" in refused(composed(tables, "--plot", "plot.pdf"))
    said = refused(composed(tables, "--strategies", "single,debate"))
    assert "debate needs what was not recorded" in said and "are single, vote, fuse, sequential" in said
    assert "cannot be written" in refused(composed(tables, "--html", "no/folder.html"))
    parquet.write_table(
        parquet.read_table(tables / "outcomes.parquet").drop_columns(["pred"]), tables / "outcomes.parquet"
    )
    assert "lacks the column pred" in refused(composed(tables))


def test_nobody_to_evaluate_is_used_wrongly(tables):
    for option in ("--experts", "--strategies"):
        done = composed(tables, option, " , ")
        assert done.returncode == 2 and "names nobody" in done.stderr


def test_the_other_commands_import_no_replay_and_no_plots():
    code = (
        "import sys, eval.cli; print([name for name in sys.modules if name.startswith(('eval.compose', 'matplotlib'))])"
    )
    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
