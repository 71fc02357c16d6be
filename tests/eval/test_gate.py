"""The evaluation of the retrieval gate: its rows, and the commands on tables of our own and on the recorded one."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import gateway.cli
from eval.cli import app as eval_app
from eval.encodings import Encodings
from eval.gate.command import evaluate_file
from eval.gate.rows import Trial, chosen, rows_of
from eval.gate.run import Settings, evaluate
from routers.errors import ArtifactError, RouterError
from routers.gating.rarity import load_rarity
from tests.routers.gating import known_world

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "retrieval_gate.parquet"
WITHOUT = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0])
DOCUMENTED = np.array([1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
"""Two helped, two harmed, four the same."""


def rows(gains, budgets=(0.25, 1.0)):
    trial = Trial(WITHOUT, DOCUMENTED, np.arange(8))
    return {(row.name, row.budget): row for row in rows_of(trial, {"gate": np.array(gains)}, budgets, 200, 0)}


def quiet(_):
    return None


def run(*arguments):
    """What a command printed, or the error it ended with."""
    app = gateway.cli.app if arguments[0] == "knowledge" else eval_app
    found = CliRunner().invoke(app, [str(part) for part in arguments])
    if isinstance(found.exception, RouterError):
        raise found.exception
    return found


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Two dozen questions; documents help where they are about the question, and harm where they are not."""
    path = tmp_path_factory.mktemp("gate") / "pairs.jsonl"
    lines = []
    for n in range(24):
        near = n % 2 == 0
        text = f"what did bakkenstad number {n} make?"
        passage = f"Bakkenstad number {n} made spoons." if near else f"Soup {n} wants salt."
        similarity = 0.8 if near else 0.1
        lines.append(
            {
                "query_id": f"q{n}",
                "text": text,
                "gold": ["spoons"],
                "passages": [passage],
                "similarities": [similarity],
                "score": float(n % 4 > 1),
                "score_with_passages": float(near),
                "chance": 0.5,
                "chance_std": 0.1,
                "model": "one",
                "input_tokens": 20,
                "input_tokens_with_passages": 170,
            }
        )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_a_budget_buys_the_greatest_gains_above_nothing():
    gains = np.array([0.1, 0.3, -0.1, 0.2, 0.0])
    assert chosen(gains, 0.4).tolist() == [False, True, False, True, False]
    assert chosen(gains, 1.0).tolist() == [True, True, False, True, False]
    assert not chosen(gains, 0.1).any()


def test_never_always_and_the_oracle_are_what_their_names_say():
    found = rows(np.zeros(8))
    never, always, oracle = (found[name, None] for name in ("never", "always", "oracle"))
    assert (never.accuracy, never.retrieved_share) == (0.5, 0)
    assert (always.accuracy, always.retrieved_share, always.helped, always.harmed) == (0.5, 1, 2, 2)
    assert (oracle.accuracy, oracle.retrieved_share, oracle.harmed) == (0.75, 0.25, 0)
    assert oracle.oracle_share == 1


def test_a_gate_that_foretells_right_is_the_oracle():
    found = rows(DOCUMENTED - WITHOUT)["gate", 1.0]
    assert (found.accuracy, found.helped, found.harmed, found.oracle_share) == (0.75, 2, 0, 1)
    assert found.difference == 0.25
    assert found.accuracy_interval[0] < 0.75 < found.accuracy_interval[1]


def test_a_gate_that_never_looks_is_never():
    found = rows(np.full(8, -1.0))["gate", 1.0]
    assert (found.verdict, found.retrieved_share, found.difference, found.p_value) == ("same", 0, 0, 1)


def test_a_small_difference_on_few_questions_is_noise():
    assert rows([0, 0, 1, 0, 0, 0, 0, 0])["gate", 1.0].verdict == "noise"


def test_without_a_folder_the_gate_is_learned_where_there_is_enough_to_learn_from():
    enough = evaluate(known_world(50, signal=0.9), None, load_rarity(), Settings((1.0,), 200), quiet)
    few = evaluate(known_world(10, signal=0.9), None, load_rarity(), Settings((1.0,), 200), quiet)
    gate = next(row for row in enough.rows if row.name == "gate")
    assert "folds by question" in enough.learned
    assert (gate.verdict, gate.difference > 0.1) == ("better", True)
    assert "cold start" in few.learned


def test_the_command_prints_rows_and_says_what_they_mean(table):
    found = run("gate", "--questions", table, "--budgets", "0.5,1", "--resamples", "200")
    assert found.exit_code == 0
    for name in ("never", "always", "oracle", "gate (cold start)"):
        assert name in found.stdout
    assert "documents helped 6, harmed 6, changed nothing for 12" in found.stdout
    assert "Documents add 150 tokens to a prompt" in found.stdout


def test_the_command_writes_json_that_is_the_same_again(table, tmp_path):
    for name in ("one.json", "two.json"):
        assert run("gate", "--questions", table, "--resamples", "200", "--json", tmp_path / name).exit_code == 0
    one = (tmp_path / "one.json").read_bytes()
    assert one == (tmp_path / "two.json").read_bytes()
    rows = json.loads(one)["rows"]
    assert {row["budget"] for row in rows if row["name"] == "gate"} == {0.1, 0.25, 0.5, 0.75, 1.0}
    assert all(row["retrieved_share"] <= (row["budget"] or 1) for row in rows)


def test_a_gate_is_learned_written_and_judged_on_another_table(table, tmp_path):
    other = tmp_path / "other.jsonl"
    other.write_text(table.read_text().replace('": "q', '": "r'), encoding="utf-8")
    learned = run("knowledge", "learn", table, "--out", tmp_path / "gate")
    assert learned.exit_code == 0
    assert "documents helped 6, harmed 6" in learned.stdout
    assert "name it as knowledge.gate in experts.yaml" in learned.stdout
    evaluation = evaluate_file(other, tmp_path / "gate", Settings((1.0,), 200), Encodings(None), quiet)
    best = next(row for row in evaluation.rows if row.name == "gate")
    assert (best.helped, best.harmed) == (6, 0)


def test_the_commands_of_the_documentation_run(table, tmp_path):
    written = (Path(__file__).parents[2] / "docs" / "knowledge.md").read_text(encoding="utf-8").splitlines()
    lines = [line for line in written if line.startswith(("coterie knowledge learn", "coterie eval gate"))]
    assert len(lines) == 2
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        places = {"pairs.parquet": table, "gate": tmp_path / "gate"}
        told = [*words[:2], *(places.get(word, word) for word in words[2:])]
        assert run(*told[told[0] == "eval" :]).exit_code == 0


def test_a_gate_is_not_judged_on_what_it_has_learned_from(table, tmp_path):
    assert run("knowledge", "learn", table, "--out", tmp_path / "gate", "--json").exit_code == 0
    with pytest.raises(ArtifactError, match="judge it on another table"):
        run("gate", "--questions", table, "--gate", tmp_path / "gate")


@pytest.mark.parametrize("budgets", ["0", "2", "half", ""])
def test_a_budget_that_is_no_share_is_refused(table, budgets):
    found = run("gate", "--questions", table, "--budgets", budgets)
    assert found.exit_code == 2
    assert "shares above 0" in found.stderr


def test_a_table_that_is_not_there_is_told(tmp_path):
    with pytest.raises(RouterError, match="no table at"):
        run("gate", "--questions", tmp_path / "nowhere.parquet")


@pytest.mark.slow
@pytest.mark.skipif(not RECORDED.is_file(), reason="needs ../shared/data/retrieval_gate.parquet")
def test_the_recorded_answers_have_the_figures_that_are_published(tmp_path):
    found = run("gate", "--questions", RECORDED, "--json", tmp_path / "gate.json", "--resamples", "200")
    assert found.exit_code == 0
    by_name = {(row["name"], row["budget"]): row for row in json.loads((tmp_path / "gate.json").read_bytes())["rows"]}
    assert by_name["never", None]["accuracy"] == pytest.approx(54 / 85)
    assert by_name["always", None]["accuracy"] == pytest.approx(51 / 85)
    assert by_name["oracle", None]["accuracy"] == pytest.approx(63 / 85)
    for budget in (0.1, 0.25, 0.5, 0.75, 1.0):
        assert by_name["gate", budget]["retrieved_share"] <= budget
