"""What experts.yaml may say of groups; whatever is wrong is said with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.errors import StartError
from gateway.residency.check import check_alone
from tests.test_config import complaint, configured

HEAD = "version: 1\nexperts:\n"
TAIL = "groups:\n  gpu0: {room_gb: 16}\n  gpu1: {room: 1}\n"


def file(residency: str, expert: str = "{name: a, provider: openai, base_url: 'http://host/v1', model: m") -> str:
    """An expert in line 3 with this residency, and two groups."""
    return f"{HEAD}  - {expert}, residency: {residency}}}\n{TAIL}"


LOCAL = "{name: a, provider: local, model: m.gguf"


def test_the_example_of_the_docs_is_right(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "experts.md").read_text()
    [example] = re.findall(r"```yaml\n(version: 1.*?groups:.*?)```", text, re.DOTALL)
    assert set(configured(tmp_path, example).experts.groups) == {"gpu0"}


def test_several_workers_cannot_share_a_device(tmp_path: Path) -> None:
    shared = configured(tmp_path, file("{group: gpu1}")).experts
    check_alone(shared, 1)
    with pytest.raises(StartError, match="several workers cannot share out the devices of `groups`; start one worker"):
        check_alone(shared, 2)
    check_alone(shared.model_copy(update={"groups": {}}), 2)


def test_good_groups_are_taken(tmp_path: Path) -> None:
    found = configured(tmp_path, file("{group: gpu0, size_gb: 15, load_s: 4, hook: vllm}"))
    assert found.experts.groups["gpu0"].deadline_s == 60.0
    configured(tmp_path, file("{group: gpu1}", LOCAL))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (file("{group: gpu2}"), "3: experts[0].residency.group: no such group: 'gpu2'. Allowed: gpu0, gpu1"),
        (
            file("{group: gpu0}").replace(TAIL, ""),
            "3: experts[0].residency.group: no such group: 'gpu0'. Allowed: none; add `groups: {gpu0: {room: 1}}`",
        ),
        (
            file("{group: gpu0, size_gb: 40}"),
            "3: experts[0].residency.size_gb: 40 GB never fit into group 'gpu0', which has room for 16",
        ),
        (
            file("{group: gpu0}"),
            "3: experts[0].residency.size_gb: is missing; group 'gpu0' has a room_gb, so every size must be known",
        ),
        (
            file("{group: gpu1, hook: ollama}", LOCAL),
            "3: experts[0].residency.hook: ollama is no hook for provider local. Allowed: local",
        ),
        (
            file("{group: gpu1, hook: local}"),
            "3: experts[0].residency.hook: local is no hook for provider openai. Allowed: ollama, llamacpp, vllm, none",
        ),
        (file("{group: gpu1, hook: olama}"), "3: experts[0].residency.hook: input should be 'local', 'ollama'"),
        (file("{group: gpu1, load_s: 0}"), "3: experts[0].residency.load_s: input should be greater than 0"),
        (
            file("{group: gpu1}", LOCAL).replace("groups:", "  - {name: b, provider: local, model: m.gguf}\ngroups:"),
            "4: experts[1].residency: 'a' runs the same file; put both in the same group, or neither in any",
        ),
        (
            file("{group: gpu1}").replace("room: 1", "room: 1, room_gb: 2"),
            "6: groups.gpu1: needs either room (how many",
        ),
        (file("{group: gpu1}").replace("room: 1", "deadline_s: 1"), "6: groups.gpu1: needs either room (how many"),
        (
            file("{group: gpu1}").replace("room: 1", "room: 1, dedline_s: 1"),
            "6: groups.gpu1.dedline_s: unknown key; did you mean 'deadline_s'? Allowed: deadline_s, patience_s, room",
        ),
        (file("{group: gpu1}").replace("room: 1", "room: 0"), "6: groups.gpu1.room: input should be greater than 0"),
    ],
)
def test_what_cannot_be_is_said_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    assert complaint(tmp_path, text).startswith(f"experts.yaml:{words}")
