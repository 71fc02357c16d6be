"""Real GGUF files that share a machine with room for one: the whole gateway, asked over HTTP."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.models import MODELS, ModelError, fetch
from gateway.models.download import default_cache_dir
from tests.conftest import Running, Serve, error_of, until

pytest.importorskip("xllamacpp")


@pytest.fixture(scope="module")
def two_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """The same weights under two paths are two models."""
    try:
        one = fetch(MODELS["smollm2-135m-instruct"], default_cache_dir())
    except ModelError as error:
        pytest.skip(f"the test model is not to be had: {error}")
    folder = tmp_path_factory.mktemp("models")
    other = folder / "other.gguf"
    shutil.copy(one, other)
    yield one, other
    other.unlink()


def experts(files: dict[str, Path], room: int = 1, more: str = "") -> str:
    lines = [f"  - {{name: {name}, model: {path}}}" for name, path in files.items()]
    defaults = "{provider: local, context: 256, retries: 0, residency: {group: machine, load_s: 1}}"
    head = ["version: 1", f"defaults: {defaults}", "experts:", *lines]
    return "\n".join([*head, "groups:", f"  machine: {{room: {room}{more}}}", ""])


def ask(gateway: Running, model: str) -> str:
    """The expert that answered, or the error's code."""
    response = gateway.ask(model, "Name a colour.", max_tokens=3)
    return str(response.json()["model"]) if response.status_code == 200 else str(error_of(response)["code"])


def counted(gateway: Running, what: str) -> dict[str, float]:
    """By the name of the model's file."""
    lines = [
        line for line in gateway.get("/metrics").text.splitlines() if line.startswith(f"coterie_residency_{what}{{")
    ]
    return {Path(line.split('model="')[1].split('"')[0]).name: float(line.rsplit(" ", 1)[1]) for line in lines}


def workers() -> list[int]:
    """Processes of ours that run a model."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words, parent = (folder / "cmdline").read_bytes(), (folder / "stat").read_text().rsplit(")")[-1].split()[1]
        except OSError:
            continue
        if b"gateway/models/worker.py" in words and int(parent) == os.getpid():
            found.append(int(folder.name))
    return found


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks processes up in /proc")
def test_of_two_models_one_is_loaded_at_a_time(serve: Serve, two_files: tuple[Path, Path]) -> None:
    one, other = two_files
    with serve(experts({"a": one, "a-too": one, "b": other, "b-too": other})) as gateway:
        assert gateway.get("/ready").status_code == 200
        assert workers() == []
        with ThreadPoolExecutor(12) as callers:
            names = ["a", "b", "a-too", "b-too", "b", "a"] * 2
            asked = [callers.submit(ask, gateway, name) for name in names]
            while not all(call.done() for call in asked):
                assert len(workers()) <= 1
            assert [call.result() for call in asked] == names
        assert sum(counted(gateway, "loads_total").values()) == 2
        assert sum(counted(gateway, "resident").values()) == 1
        assert sum(counted(gateway, "calls_total").values()) == 12
    assert workers() == []


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks processes up in /proc")
def test_a_model_whose_process_was_killed_is_loaded_again(serve: Serve, two_files: tuple[Path, Path]) -> None:
    one, other = two_files
    with serve(experts({"a": one, "b": other})) as gateway:
        assert ask(gateway, "a") == "a"
        [worker] = workers()
        os.kill(worker, signal.SIGKILL)
        assert until(lambda: counted(gateway, "resident")[one.name] == 0)
        assert ask(gateway, "a") == "a"
        assert counted(gateway, "loads_total")[one.name] == 2


def test_a_model_file_that_does_not_load_fails_alone(
    serve: Serve, two_files: tuple[Path, Path], tmp_path: Path
) -> None:
    one, _ = two_files
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\0" * 1000)
    with serve(experts({"good": one, "broken": broken})) as gateway:
        assert ask(gateway, "good") == "good"
        response = gateway.ask("broken", "hi")
        assert response.status_code == 502
        error = error_of(response)
        assert error["code"] == "expert_unreachable"
        assert "broken cannot be loaded: " in error["message"] and "tried again in 10 s" in error["message"]
        assert ask(gateway, "good") == "good"
        assert counted(gateway, "failures_total") == {one.name: 0, broken.name: 1}
        assert [ask(gateway, "broken") for _ in range(5)][-1] == "breaker_open"


def test_a_file_that_is_not_there_is_said_at_the_start(serve: Serve, tmp_path: Path) -> None:
    with (
        pytest.raises(ModelError, match="nowhere.gguf: No such file"),
        serve(experts({"a": tmp_path / "nowhere.gguf"})),
    ):
        pass


def test_what_is_loaded_stays_so_when_the_configuration_is_read_again(
    serve: Serve, two_files: tuple[Path, Path], tmp_path: Path
) -> None:
    one, other = two_files
    with serve(
        experts({"a": one, "b": other}), admin_key="admin-key-123456", api_keys="t:caller-key-123456"
    ) as gateway:
        caller = {"authorization": "Bearer caller-key-123456"}
        body = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 3}

        def answered(name: str) -> bool:
            return gateway.post("/v1/chat/completions", {**body, "model": name}, headers=caller).status_code == 200

        assert answered("b")
        (tmp_path / "experts.yaml").write_text(experts({"a": one, "renamed": other}))
        admin = {"authorization": "Bearer admin-key-123456"}
        assert gateway.post("/admin/reload", {}, headers=admin).status_code == 200
        assert answered("renamed") and answered("a")
        page = gateway.get("/metrics", headers=admin).text
        loads = [line for line in page.splitlines() if line.startswith("coterie_residency_loads_total{")]
        assert [line.rsplit(" ", 1)[1] for line in loads] == ["1.0", "1.0"]
