"""`coterie eval replay` and `rollback` as a shell sees them: on a record whose truth is known, and on bad input."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.conftest import coterie
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


def found(folder: Path, *arguments: str) -> Any:
    done = coterie(folder, "eval", "replay", *arguments, "--json", "-")
    assert done.returncode == 0, done.stderr
    return orjson.loads(done.stdout)


def policy(found_: Any, name: str) -> Any:
    [one] = [one for one in found_["policies"] if one["name"] == name]
    return one


def test_what_would_have_been_is_within_its_interval_and_said_in_words(folder: Path, record: str) -> None:
    found_ = found(folder, "--experts", "second,third")
    changed = policy(found_, "auto: experts=second,third")
    low, high = changed["reward"]["estimates"]["dr"]["interval"]
    assert low < TRUE["second"] < high and changed["verdict"] == "better"
    assert set(changed["reward"]["estimates"]) >= {"dr", "switch-dr", "snips", "ips", "dm"}
    assert changed["cost_usd"]["estimates"]["dr"]["value"] == pytest.approx(0.0, abs=1e-4)
    assert policy(found_, "always third")["verdict"] == "worse"
    assert [one["name"] for one in found_["policies"]][2:] == ["random", *(f"always {name}" for name in TRUE)]
    assert found_["tally"]["kept"] == 800 and found_["gain"]["than"] == "policy auto as it is"


def test_the_sheet_says_what_counts_and_what_it_rests_on(folder: Path, record: str) -> None:
    done = coterie(folder, "eval", "replay", "--set", "explore=0.3", "--estimators")
    assert done.returncode == 0, done.stderr
    assert "what was done" in done.stdout and "auto, switch-dr" in done.stdout
    assert "800 decisions in the record; 800 of policy auto count" in done.stdout
    assert "noise" in done.stdout


def test_a_page_is_written(folder: Path, record: str) -> None:
    pytest.importorskip("matplotlib")
    done = coterie(folder, "eval", "replay", "--set", "experts=second", "--html", "page.html")
    assert done.returncode == 0, done.stderr
    page = (folder / "page.html").read_text()
    assert "Replay of policy auto" in page and "<svg" in page and "http" not in page.split("<svg")[0]


def test_what_is_better_is_promoted_and_taken_back(folder: Path, record: str) -> None:
    before = (folder / "experts.yaml").read_bytes()
    done = coterie(folder, "eval", "replay", "--experts", "second", "--set", "explore=0", "--promote")
    assert done.returncode == 0, done.stderr
    assert "promoted (better than policy auto as it is" in done.stderr
    assert "SIGHUP or POST /admin/reload" in done.stderr and "later logs cannot tell" in done.stderr
    assert "auto: {experts: [second], explore: 0.0, thrift: 0}  # mine" in (folder / "experts.yaml").read_text()
    listed = coterie(folder, "eval", "rollback", "--list").stdout.splitlines()
    assert len(listed) == 2 and listed[1].startswith("* 2") and "auto: experts=second explore=0.0" in listed[1]
    back = coterie(folder, "eval", "rollback")
    assert "version 3 of experts.yaml is in force, with the content of version 1" in back.stdout
    assert (folder / "experts.yaml").read_bytes() == before


def test_what_is_worse_is_not_promoted_unless_one_insists_and_says_why(folder: Path, record: str) -> None:
    done = coterie(folder, "eval", "replay", "--experts", "third", "--promote")
    assert done.returncode == 1 and "not promoted: the difference to policy auto" in done.stderr
    assert "misses 0 by" in done.stderr and (folder / "experts.yaml").read_text() == EXPERTS
    forced = coterie(folder, "eval", "replay", "--experts", "third", "--promote", "--force", "the others close")
    assert forced.returncode == 0 and "promoted (forced, though" in forced.stderr
    assert "(the others close)" in coterie(folder, "eval", "rollback", "--list").stdout


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
    (["--record", "sqlite:///none.db"], "There is no record at none.db"),
    (["--record", "sqlite:///experts.yaml"], "experts.yaml cannot be read: file is not a database"),
    (["--record", "mysql://x"], "The database URL cannot be read"),
    (["--config", "none.yaml"], "none.yaml cannot be read"),
    (["--policy", "calm"], "holds no decision of policy calm in this period that counts"),
    (["--until", "2001-01-01"], "0 decisions in the record"),
    (["--since", "soon"], "--since soon: must be 2026-05-01"),
    (["--since", "1d", "--until", "2d"], "--since 1d is not before --until 2d"),
    (["--promote"], "--promote: nothing is changed"),
    (["--policy", "auto:best", "--set", "explore=1", "--promote"], "auto:best is no entry of experts.yaml"),
    (["--artifact", "none"], "router artifact"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[" ".join(arguments) for arguments, _ in BAD])
def test_bad_input_is_one_line(folder: Path, record: str, arguments: list[str], words: str) -> None:
    done = coterie(folder, "eval", "replay", *arguments)
    assert done.returncode == 1
    assert words in done.stderr.replace("\n", " ") and "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_an_expert_that_was_never_there_cannot_be_spoken_of(folder: Path, record: str) -> None:
    (folder / "experts.yaml").write_text(EXPERTS.replace("\npolicies:", "  - {name: fourth, model: m}\npolicies:"))
    done = coterie(folder, "eval", "replay", "--experts", "second,fourth")
    assert done.returncode == 1 and "fourth was never among those who could be asked" in done.stderr


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
    done = coterie(folder, "eval", "replay")
    assert done.returncode == 0, done.stderr
    assert words in done.stdout
