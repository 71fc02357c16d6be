"""`coterie eval replay` and `rollback` as a shell sees them: on a record whose truth is known, and on bad input."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from typer.testing import CliRunner

from eval.cli import app
from gateway.errors import ConfigError, StartError
from routers.errors import RouterError
from tests.conftest import bundled
from tests.eval.record import EXPERTS, write_record

TRUE = {"first": 0.4, "second": 0.8, "third": 0.1}


def judged(number: int, expert: str) -> float:
    return float(random.Random(f"{number} {expert}").random() < TRUE[expert])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "experts.yaml").write_text(EXPERTS)
    return tmp_path


@pytest.fixture
def record(folder: Path) -> str:
    """800 decisions of which four fifths have feedback."""
    return write_record(folder / "records.db", 800, judged, heard=0.8)


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


def ran(folder: Path, *arguments: str) -> Done:
    """The command of `coterie eval` in this process, which saves starting one; errors as `coterie` prints them."""
    places = {
        "COTERIE_CONFIG": str(folder / "experts.yaml"),
        "COTERIE_DATABASE_URL": f"sqlite:///{folder / 'records.db'}",
    }
    result = CliRunner().invoke(app, list(arguments), env=places)
    error = result.exception
    if error is not None and not isinstance(error, SystemExit):
        assert isinstance(error, ConfigError | StartError | RouterError), result.exc_info
        return Done(1, result.stdout, f"{result.stderr}{error}")
    return Done(result.exit_code, result.stdout, result.stderr)


def found(folder: Path, *arguments: str) -> Any:
    done = ran(folder, "replay", *arguments, "--json", "-")
    assert done.code == 0, done.err
    return orjson.loads(done.out)


def policy(found_: Any, name: str) -> Any:
    [one] = [one for one in found_["policies"] if one["name"] == name]
    return one


def test_what_would_have_been_is_within_its_interval_and_said_in_words(folder: Path, record: str) -> None:
    found_ = found(folder, "--experts", "second,third")
    changed = policy(found_, "auto: experts=second,third")
    explored = [0.85 * judged(number, "second") + 0.15 * judged(number, "third") for number in range(800)]
    low, high = changed["reward"]["estimates"]["dr"]["interval"]
    assert low < np.mean(explored) < high and changed["verdict"] == "better"
    assert set(changed["reward"]["estimates"]) >= {"dr", "switch-dr", "snips", "ips", "dm"}
    assert changed["cost_usd"]["estimates"]["dr"]["value"] == pytest.approx(0.0, abs=1e-4)
    assert policy(found_, "always third")["verdict"] == "worse"
    assert [one["name"] for one in found_["policies"]][2:] == ["random", *(f"always {name}" for name in TRUE)]
    assert found_["tally"]["kept"] == 800 and found_["gain"]["than"] == "policy auto as it is"


def test_the_sheet_says_what_counts_and_what_it_rests_on(folder: Path, record: str) -> None:
    done = ran(folder, "replay", "--set", "explore=0.3", "--estimators")
    assert done.code == 0, done.err
    assert "what was done" in done.out and "auto, switch-dr" in done.out
    assert "800 decisions in the record; 800 of policy auto count" in done.out
    assert "noise" in done.out


def test_a_page_is_written(folder: Path, record: str) -> None:
    pytest.importorskip("matplotlib")
    done = ran(folder, "replay", "--set", "experts=second", "--html", str(folder / "page.html"))
    assert done.code == 0, done.err
    page = (folder / "page.html").read_text()
    assert "Replay of policy auto" in page and "<svg" in page and "http" not in page.split("<svg")[0]


def test_what_is_better_is_promoted_and_taken_back(folder: Path, record: str) -> None:
    before = (folder / "experts.yaml").read_bytes()
    done = ran(folder, "replay", "--experts", "second", "--set", "explore=0", "--promote")
    assert done.code == 0, done.err
    assert "promoted (better than policy auto as it is" in done.err
    assert "SIGHUP or POST /admin/reload" in done.err and "later logs cannot tell" in done.err
    assert "auto: {experts: [second], explore: 0.0, thrift: 0}  # mine" in (folder / "experts.yaml").read_text()
    listed = ran(folder, "rollback", "--list").out.splitlines()
    assert len(listed) == 2 and listed[1].startswith("* 2") and "auto: experts=second explore=0.0" in listed[1]
    back = ran(folder, "rollback")
    assert "experts.yaml is in force, with the content of version 1" in back.out
    assert (folder / "experts.yaml").read_bytes() == before


def test_what_is_worse_is_not_promoted_unless_one_insists_and_says_why(folder: Path, record: str) -> None:
    done = ran(folder, "replay", "--experts", "third", "--promote")
    assert done.code == 1 and "not promoted: the difference to policy auto" in done.err
    assert "misses 0 by" in done.err and (folder / "experts.yaml").read_text() == EXPERTS
    forced = ran(folder, "replay", "--experts", "third", "--promote", "--force", "the others close")
    assert forced.code == 0 and "promoted (forced, though" in forced.err
    assert "(the others close)" in ran(folder, "rollback", "--list").out


def test_a_policy_that_learns_from_feedback_is_judged_by_what_it_knew_by_then(folder: Path) -> None:
    """The record is of the very routers that correct it: what was said under others teaches them nothing."""
    write_record(folder / "records.db", 800, judged, heard=0.8, artifact=bundled().version)
    found_ = found(folder, "--online")
    assert found_["changes"] == {"explore": 0.0, "learn": {}}
    learned, now = policy(found_, "auto: explore=0.0 learn={}"), policy(found_, "auto")
    assert learned["verdict"] == "better" and now["verdict"] == "noise"
    done = ran(folder, "replay", "--online", "--promote")
    assert done.code == 0, done.err
    assert "learn: {}" in (folder / "experts.yaml").read_text() and "later logs cannot tell" not in done.err


def test_another_router_reads_the_texts_that_are_kept(folder: Path) -> None:
    texts = [f"What is {number} plus {number}?" for number in range(300)]
    write_record(folder / "records.db", 400, judged, texts=texts)
    found_ = found(folder, "--router", "irt")
    assert found_["tally"]["left_out"] == {
        "another router cannot read them: their texts are not kept, or documents were read": 100
    }
    assert policy(found_, "auto: router=irt")["reward"]["support"]["decisions"] == 300


BAD: list[tuple[list[str], str]] = [
    (["--router", "irt"], "no text of them is kept; serve with COTERIE_KEEP_TEXTS_DAYS"),
    (["--record", "sqlite:////nowhere/none.db"], "There is no record at /nowhere/none.db"),
    (["--record", "mysql://x"], "The record is not kept in mysql"),
    (["--config", "none.yaml"], "none.yaml cannot be read"),
    (["--policy", "calm"], "holds no decision of policy calm in this period that counts"),
    (["--until", "2001-01-01"], "0 decisions in the record"),
    (["--since", "soon"], "--since soon: must be 2026-05-01"),
    (["--since", "1d", "--until", "2d"], "--since 1d is not before --until 2d"),
    (["--promote"], "--promote: nothing is changed"),
    (["--policy", "auto:best", "--set", "explore=1", "--promote"], "auto:best is no entry of"),
    (["--artifact", "none"], "router artifact"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[" ".join(arguments) for arguments, _ in BAD])
def test_bad_input_is_one_line(folder: Path, record: str, arguments: list[str], words: str) -> None:
    done = ran(folder, "replay", *arguments)
    assert done.code == 1
    assert words in done.err.replace("\n", " ") and "Traceback" not in done.err
    assert len(done.err.strip().splitlines()) == 1, done.err


def test_a_file_that_is_no_database_is_told_so(folder: Path) -> None:
    done = ran(folder, "replay", "--record", f"sqlite:///{folder / 'experts.yaml'}")
    assert done.code == 1 and done.err.endswith("experts.yaml cannot be read: file is not a database")


def test_an_expert_that_was_never_there_cannot_be_spoken_of(folder: Path, record: str) -> None:
    (folder / "experts.yaml").write_text(EXPERTS.replace("\npolicies:", "  - {name: fourth, model: m}\npolicies:"))
    done = ran(folder, "replay", "--experts", "second,fourth")
    assert done.code == 1 and "fourth was never among those who could be asked" in done.err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            {"heard": 0.0},
            "cannot say (auto, random, always first, always second, always third): no decision has feedback",
        ),
        ({"explore": 0.0}, "nothing was explored"),
        ({"propensity": 0.0}, "have no propensity in (0, 1]"),
    ],
)
def test_what_logs_cannot_say_is_refused_in_words(folder: Path, more: dict[str, Any], words: str) -> None:
    write_record(folder / "records.db", 300, judged, **more)
    done = ran(folder, "replay")
    assert done.code == 0, done.err
    assert words in done.out
