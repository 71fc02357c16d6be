"""`coterie eval routing` as a shell sees it, and that the other commands are none the slower for it."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import run

import orjson
import pytest

from tests.conftest import coterie


@pytest.fixture
def models(tmp_path):
    path = tmp_path / "models.json"
    sizes = {"cheap": (1, 2), "dear": (10, None)}
    path.write_bytes(
        orjson.dumps(
            {
                name: {"input_per_mtok": 0, "output_per_mtok": price, "active_params_b": size, "price_source": "list"}
                for name, (price, size) in sizes.items()
            }
        )
    )
    return path


@pytest.fixture
def evaluated(world, tmp_path):
    """evaluated(*more): the command on the small world."""

    def ran(*more: object, questions: Path = world[0], outcomes: Path = world[1]):
        tables = ("--questions", str(questions), "--outcomes", str(outcomes), "--resamples", "200")
        return coterie(tmp_path, "eval", "routing", *tables, *map(str, more))

    return ran


def refused(done) -> str:
    """The one line of a command that failed."""
    assert (done.returncode, done.stdout) == (1, "") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_an_evaluation_from_the_shell(evaluated, models, tmp_path):
    done = evaluated("--models", models, "--json", tmp_path / "report.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Compared with dear, the best single expert of these very questions." in done.stdout
    report = orjson.loads((tmp_path / "report.json").read_bytes())
    accuracies = {row["name"]: row["accuracy"] for row in report["rows"]}
    assert accuracies["single:cheap"] == 0.25 and accuracies["query oracle"] == 0.625


def test_a_dash_prints_json_alone(evaluated):
    report = orjson.loads(evaluated("--json", "-", "--experts", "cheap, dear").stdout)
    assert report["data"]["experts"] == ["cheap", "dear"]


def test_what_cannot_be_used_is_one_line(evaluated, models, tmp_path, write):
    assert "no outcome of giant; the nearest it has are" in refused(evaluated("--experts", "giant"))
    assert "no table at" in refused(evaluated(questions=tmp_path / "nowhere.jsonl"))
    assert "lacks the column category" in refused(evaluated(questions=write("bare", [{"query_id": "q0", "text": "x"}])))
    assert "no prices at" in refused(evaluated("--models", tmp_path / "none.json"))
    assert "cannot be written" in refused(evaluated("--json", tmp_path / "no" / "folder.json"))
    models.write_text('{"cheap": {"input_per_mtok": -1, "output_per_mtok": 0}}')
    assert "cheap.input_per_mtok: Input should be greater than or equal to 0" in refused(evaluated("--models", models))
    assert "nothing" in refused(evaluated("--artifact", tmp_path / "nothing"))


def test_nobody_to_evaluate_is_used_wrongly(evaluated):
    done = evaluated("--experts", " , ")
    assert done.returncode == 2 and "names nobody" in done.stderr


def test_the_other_commands_import_nothing_of_an_evaluation():
    code = "import sys, eval.cli; print([name for name in sys.modules if name.startswith('eval.routing')])"
    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
