"""A policy is put into experts.yaml and taken back: every content kept, the file whole whatever happens."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from eval.counterfactual.edit import edited
from eval.counterfactual.history import history_lines
from eval.counterfactual.promotion import Change, promote, roll_back
from eval.counterfactual.versions import Note, VersionError, Versions
from gateway.errors import ConfigError
from tests.conftest import bundled
from tests.eval.record import EXPERTS

NOTE = Note("promoted", changed={"policy": "auto", "to": {"thrift": 0.5}}, evidence={"grounds": "better"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "experts.yaml"
    file.write_text(EXPERTS)
    return file


def put(path: Path, **changes: Any) -> int:
    return promote(path, Change(path.read_bytes(), "auto", changes), NOTE, {}, bundled()).version


def values(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def test_nothing_but_the_knob_changes_in_the_file(path: Path) -> None:
    before = path.read_text()
    assert put(path, thrift=0.5) == 2
    assert path.read_text() == before.replace("thrift: 0}", "thrift: 0.5}")


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\n",
        "version: 1\npolicies:\n",
        "version: 1\npolicies: {}",
        "version: 1\npolicies: {auto: {}}\n",
        "version: 1\npolicies:\n  auto:   # mine\n  b: {thrift: 1}\n",
        "version: 1\npolicies:\n  auto: ~\n",
        "version: 1\npolicies:\n  b:\n    thrift: 1\n# end\n",
        "version: 1\r\npolicies:\r\n  auto:\r\n    thrift: 0.2   # a\r\n",
        "{version: 1}",
        "version: 1\npolicies:\n  auto:\n    experts:\n      - x  # one\n      - y\n    # after\n    explore: 1e-1\n",
        "policies:\n  base: &b {haste: 0.1}\n  auto:\n    <<: *b\n    caution: 1\nversion: 1\n",
    ],
)
def test_a_knob_finds_its_place_however_the_file_is_written(text: str) -> None:
    written = edited(text, "auto", {"thrift": 0.5, "experts": ("a", "on"), "fallback": None})
    auto = values(written)["policies"]["auto"]
    assert (auto["thrift"], auto["experts"], auto["fallback"]) == (0.5, ["a", "on"], None)
    assert all(comment in written for comment in ("# mine", "# a", "# end", "# after") if comment in text)


words = st.text("abno~-:#{}[], '\"&*!%@é", max_size=6)
knobs = st.dictionaries(
    st.sampled_from(["thrift", "fallback", "experts", "router", "explore"]),
    st.floats(0, 1) | st.none() | st.lists(words, max_size=2) | words,
    min_size=1,
)


@settings(deadline=None, max_examples=40)
@given(knobs, st.sampled_from(["auto", "calm", "new"]))
def test_whatever_the_value_the_file_says_it_and_the_rest_as_before(changes: dict[str, Any], policy: str) -> None:
    before, after = values(EXPERTS), values(edited(EXPERTS, policy, changes))
    said = after["policies"].pop(policy)
    assert said == {**before["policies"].pop(policy, {}), **changes}
    assert after == before


def test_a_policy_that_shares_its_lines_with_another_is_not_touched() -> None:
    shared = "policies:\n  a: &x {thrift: 1}\n  auto: *x\n"
    with pytest.raises(ConfigError, match="by hand: thrift: 0.5"):
        edited(shared, "auto", {"thrift": 0.5})


def test_a_promotion_is_taken_back_byte_for_byte_and_that_too(path: Path) -> None:
    first = path.read_bytes()
    put(path, thrift=0.5)
    second = path.read_bytes()
    put(path, explore=0.1)
    assert roll_back(path, None, None).version == 4
    assert path.read_bytes() == second
    assert roll_back(path, None, None).version == 5
    assert path.read_bytes() == first
    with pytest.raises(VersionError, match="version 1 is the oldest"):
        roll_back(path, None, None)
    assert roll_back(path, 3, None).restores == 3
    history = Versions(path).history()
    assert [one.did for one in history] == ["found", "promoted", "promoted", *["rolled back"] * 3]
    assert [one.after for one in history] == [None, 1, 2, 3, 4, 5]


def test_a_file_that_was_edited_since_is_not_overwritten_unless_one_insists(path: Path) -> None:
    put(path, thrift=0.5)
    path.write_text(path.read_text().replace("# mine", "# edited"))
    by_hand = path.read_bytes()
    with pytest.raises(VersionError, match="edited by hand since version 2") as raised:
        roll_back(path, None, None)
    assert "# edited" in str(raised.value) and "-  auto" in str(raised.value)
    assert path.read_bytes() == by_hand
    assert any("edited by hand" in line for line in history_lines(path))
    roll_back(path, 1, "it burns")
    assert path.read_text() == EXPERTS
    kept = Versions(path).history()[2]
    assert kept.did == "edited by hand" and Versions(path).content_of(kept) == by_hand


def test_an_edited_file_is_kept_before_it_is_promoted_over(path: Path) -> None:
    put(path, thrift=0.5)
    path.write_text(path.read_text().replace("# mine", "# edited"))
    by_hand = path.read_bytes()
    assert put(path, thrift=0.6) == 4
    roll_back(path, None, None)
    assert path.read_bytes() == by_hand


def test_a_file_that_changed_while_its_logs_were_read_is_left_alone(path: Path) -> None:
    change = Change(path.read_bytes(), "auto", {"thrift": 0.5})
    path.write_text(EXPERTS + "# later\n")
    with pytest.raises(VersionError, match="changed while its logs were read"):
        promote(path, change, NOTE, {}, bundled())
    assert path.read_text() == EXPERTS + "# later\n" and not Versions(path).history()


def test_a_change_that_the_gateway_would_not_load_is_refused(path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"the file would be wrong: .*experts.yaml:\d+: policies.auto.experts: no such"
    ):
        put(path, experts=("nobody",))
    assert path.read_text() == EXPERTS and list(path.parent.glob(".*")) == []


def test_of_two_promotions_at_once_one_wins_and_the_other_is_told(path: Path) -> None:
    change = [Change(path.read_bytes(), "auto", {"thrift": thrift}) for thrift in (0.4, 0.6)]
    told: list[str] = []

    def run(one: Change) -> None:
        try:
            promote(path, one, NOTE, {}, bundled())
        except VersionError as error:
            told.append(str(error))

    threads = [threading.Thread(target=run, args=(one,)) for one in change]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 1 and "replay again" in told[0]
    assert len(Versions(path).history()) == 2


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder], capture_output=True
    )
    if not mounted or mounted.returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_on_a_full_disk_the_file_stays_as_it_was(disk: Path) -> None:
    path = disk / "experts.yaml"
    path.write_text(EXPERTS)
    put(path, thrift=0.5)
    kept, history = path.read_bytes(), Versions(path).history()
    with (disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space left"):
        while True:
            filler.write(b"x" * 512)
    with pytest.raises(VersionError, match=r"cannot be written \(No space left on device\); experts.yaml is as it was"):
        put(path, thrift=0.7)
    with pytest.raises(VersionError, match="No space left"):
        roll_back(path, 1, None)
    assert path.read_bytes() == kept and Versions(path).history() == history
    (disk / "filler").unlink()
    roll_back(path, 1, None)
    assert path.read_text() == EXPERTS


def test_in_a_folder_that_may_only_be_read_nothing_is_changed(disk: Path) -> None:
    path = disk / "experts.yaml"
    path.write_text(EXPERTS)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    with pytest.raises(VersionError, match=r"cannot be written \(Read-only file system\); experts.yaml is as it was"):
        put(path, thrift=0.5)
    assert path.read_text() == EXPERTS


def test_where_versions_cannot_be_kept_nothing_is_changed(path: Path) -> None:
    """A file stands where their folder should be; permissions mean nothing to whoever is root."""
    path.with_name("experts.yaml.versions").write_text("mine")
    with pytest.raises(VersionError, match=r"cannot be written .*experts.yaml is as it was"):
        put(path, thrift=0.5)
    assert path.read_text() == EXPERTS


def test_a_promotion_that_stopped_before_the_file_changed_is_not_in_force(path: Path) -> None:
    """As if the power had gone between the journal and the file."""
    before = path.read_bytes()
    put(path, thrift=0.5)
    path.write_bytes(before)
    versions = Versions(path)
    assert versions.in_force(versions.history()).version == 1  # type: ignore[union-attr]
    put(path, thrift=0.7)
    assert versions.history()[-1].after == 1
    roll_back(path, None, None)
    assert path.read_bytes() == before


BUSY = """
import sys
from pathlib import Path
from eval.counterfactual.versions import Note, Versions
versions, number = Versions(Path(sys.argv[1])), 0
while True:
    number += 1
    with versions.alone():
        versions.add(b"version: 1\\n#" + str(number).encode() * 500, Note("promoted"))
    print(flush=True)
"""


def test_whoever_is_killed_leaves_a_whole_file_and_every_version(path: Path) -> None:
    versions = Versions(path)
    for delay in (0.0, 0.003, 0.007):
        with subprocess.Popen([sys.executable, "-c", BUSY, path], stdout=subprocess.PIPE) as busy:
            assert busy.stdout is not None
            busy.stdout.readline()
            time.sleep(delay)
            busy.kill()
        history = versions.history()
        assert versions.in_force(history) is not None
        assert all(versions.content_of(one) for one in history)
    with versions.alone():
        assert not [*path.parent.glob(".*.new"), *versions.folder.glob(".*.new")]


def test_a_damaged_version_is_not_brought_back(path: Path) -> None:
    put(path, thrift=0.5)
    (path.parent / "experts.yaml.versions" / "1.yaml").write_text("version: 2\n")
    with pytest.raises(VersionError, match="is not what was kept as version 1"):
        roll_back(path, None, None)
    (path.parent / "experts.yaml.versions" / "journal.jsonl").write_text("no json\n")
    with pytest.raises(VersionError, match="cannot be read"):
        roll_back(path, None, None)


def test_a_link_stays_one_and_permissions_stay(path: Path, tmp_path: Path) -> None:
    path.chmod(0o640)
    link = tmp_path / "elsewhere" / "experts.yaml"
    link.parent.mkdir()
    link.symlink_to(path)
    put(link, thrift=0.5)
    assert link.is_symlink() and "thrift: 0.5" in path.read_text() and path.stat().st_mode & 0o777 == 0o640


def test_without_versions_there_is_nothing_to_take_back(path: Path) -> None:
    with pytest.raises(VersionError, match="has no versions"):
        roll_back(path, None, None)
    assert not path.with_name("experts.yaml.versions").exists()
