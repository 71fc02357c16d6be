"""The documentation of the figures against the JSON, and `--robustness` from the shell, with the bundled routers."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import orjson
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.eval.test_compose_command import shell

PAGE = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
SECTION = PAGE.split("## What the figures mean")[1].split("\n## ")[0]
QUESTIONS = 12
MODELS = ("Yi-34B", "mathstral-7B", "Llama-3.1-8B-Instruct")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Questions with options, three recorded models that answered them, prices, and a paraphrase."""
    folder = tmp_path_factory.mktemp("otherwise")
    questions = [
        {"query_id": f"q{n}", "text": f"What is the sum of {n} and {n}?", "category": ("math", "law")[n % 2],
         "choices": [str(2 * n + k) for k in range(4)]}
        for n in range(QUESTIONS)
    ]  # fmt: skip
    outcomes = [
        {"query_id": f"q{n}", "model": model, "score": float(n % (2 + k) > 0)}
        for n in range(QUESTIONS)
        for k, model in enumerate(MODELS)
    ]
    others = [{"query_id": "q1", "text": "Add 1 and 1."}]
    for name, rows in (("questions", questions), ("outcomes", outcomes), ("others", others)):
        parquet.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")
    prices = {model: {"input_per_mtok": k, "output_per_mtok": 1 + k} for k, model in enumerate(MODELS)}
    (folder / "models.json").write_bytes(orjson.dumps(prices))
    return folder


@pytest.fixture(scope="module")
def reported(folder):
    """What the documented command prints, and its JSON, with prices and a paraphrase."""
    [line] = re.findall(r"```sh\n(.*?)\n```", SECTION, re.DOTALL)
    more = ("--models", "models.json", "--paraphrases", "others.parquet", "--json", "report.json", "--resamples", "200")
    done = shell(folder, [*shlex.split(line)[1:], *more])
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, orjson.loads((folder / "report.json").read_bytes())


def test_every_figure_that_the_documentation_explains_is_in_the_json(reported):
    printed, report = reported
    keys = {key for row in SECTION.splitlines() if row.startswith("| `") for key in re.findall("`([a-z_0-9]+)`", row)}
    [blend] = [row for row in report["rows"] if row["name"] == "blend" and row["setting"] is None]
    assert len(keys) > 40 and keys - {"selective", "dup_group"} <= set(blend)
    assert {"selective", "oracle", "pair", "robustness"} <= set(report)
    known = [name for name in blend if name.endswith("_interval") and blend[name] is not None]
    assert len(known) > 25


def test_what_stays_under_typos_and_in_other_words_is_told(reported):
    printed, report = reported
    assert "blend under typos" in printed and "blend in other words" in printed
    assert "blend: of its choices on 12 questions stay" in printed
    blend = {one["router"]: one for one in report["robustness"]["routers"]}["blend"]
    kinds = {one["kind"]: one for one in blend["found"]}
    assert kinds["paraphrase"]["questions"] == 1 and kinds["typos"]["variants"] == 9 * QUESTIONS
    assert 0 <= kinds["wording"]["unchanged"]["interval"][0] <= kinds["wording"]["unchanged"]["value"] <= 1


def test_no_sheet_is_cut_off(reported):
    assert "…" not in reported[0]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--robustness", "5"), "give them as --artifact"),
        (("--paraphrases", "others.parquet"), "say how many questions"),
        (("--robustness", "-1", "--artifact", "bundled"), "--robustness"),
        (("--margin", "2"), "--margin"),
    ],
)
def test_options_that_cannot_be_are_used_wrongly(folder, options, why):
    tables = ("--questions", "questions.parquet", "--outcomes", "outcomes.parquet")
    done = shell(folder, ["eval", "routing", *tables, *options])
    assert done.returncode == 2 and why in " ".join(done.stderr.replace("│", " ").split())


def test_paraphrases_of_other_questions_are_refused_in_one_line(folder):
    parquet.write_table(pa.Table.from_pylist([{"query_id": "x", "text": "y"}]), folder / "strange.parquet")
    tables = ("--questions", "questions.parquet", "--outcomes", "outcomes.parquet", "--artifact", "bundled")
    done = shell(folder, ["eval", "routing", *tables, "--robustness", "3", "--paraphrases", "strange.parquet"])
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "no paraphrase of these questions" in done.stderr
