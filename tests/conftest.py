"""What tests build with: an upstream, a gateway in front of it, and the clients people use."""

from __future__ import annotations

import os
import signal
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import httpx2
import openai
import orjson
import pytest
from hypothesis import settings
from threadpoolctl import threadpool_limits

from gateway.app import create_app
from gateway.gateway import Gateway
from gateway.keys import load_keys
from gateway.reading import load_artifact
from gateway.server import server_config
from gateway.settings import load_settings
from gateway.tracing.provider import Tracing
from tests.starting import run_forked
from tests.upstream import Office, Upstream, served

Json = dict[str, Any]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the slow tests too")


def pytest_configure() -> None:
    """Nothing here minds others at work on the machine.

    How long one example takes says how busy it is, not whether the code is right; and threads that share a core wait
    for each other ten times as long as one alone would need. Started in the background, a process would ignore
    interrupts, and so would all that tests start; in a terminal they are heeded.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    settings.register_profile("at any pace", deadline=None)
    settings.load_profile("at any pace")
    threadpool_limits(1, user_api="blas")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="slow; --slow runs it"))


@pytest.fixture(scope="session")
def office() -> Iterator[Office]:
    """The port that every scripted endpoint of this session answers on, one after the other."""
    office = Office()
    with served(office) as url:
        office.url = f"{url}/v1"
        yield office
        office.open()


@pytest.fixture
def upstream(office: Office) -> Upstream:
    """A scripted endpoint; `upstream.url` is what base_url should be."""
    return office.open()


@cache
def unused_tls() -> ssl.SSLContext:
    """No test speaks TLS, but without one of these each request would build its own, for 30 ms."""
    return ssl.create_default_context()


@dataclass
class Running:
    """A gateway on a port."""

    url: str
    gateway: Gateway

    @property
    def openai(self) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key="none-needed", max_retries=0, timeout=30)

    def post(self, path: str, body: Any = None, **more: Any) -> httpx2.Response:
        if body is not None:
            more["content"] = body if isinstance(body, bytes) else orjson.dumps(body)
        return httpx2.post(self.url + path, timeout=30, verify=unused_tls(), **more)

    def get(self, path: str, **more: Any) -> httpx2.Response:
        return httpx2.get(self.url + path, timeout=30, verify=unused_tls(), **more)

    def ask(self, model: str, text: str = "hi", **more: Any) -> httpx2.Response:
        body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
        return self.post("/v1/chat/completions", body)

    def events(self, model: str, text: str = "hi", **more: Any) -> list[str]:
        """The lines of a stream, as they stand on the wire."""
        response = self.ask(model, text, stream=True, **more)
        return [line for line in response.text.split("\n") if line]


Serve = Callable[..., AbstractContextManager[Running]]


@cache
def bundled() -> Any:
    """The bundled router, loaded once for all tests; nothing changes it."""
    return load_artifact(None)


@contextmanager
def gateway_in(folder: Path, yaml: str, tracing: Tracing | None = None, **settings: Any) -> Iterator[Running]:
    """A real gateway over these experts, on a real port; its files lie in the folder."""
    file = folder / "experts.yaml"
    file.write_text(yaml)
    given = {"database_url": f"sqlite:///{folder / 'records.db'}", **settings}
    checked = load_settings(config=file, **given)
    keys = load_keys(given.get("api_keys"), given.get("api_keys_file"), given.get("admin_key"))
    failures: list[Exception] = []
    gateway = Gateway(
        checked,
        lambda: {"UPSTREAM_KEY": "sk-secret-123456"},
        keys,
        bundled(),
        instance="test",
        give_up=failures.append,
        tracing=tracing,
    )

    def config(app: Any) -> Any:
        return server_config(app, host="127.0.0.1", port=0, shutdown_s=5)

    with ExitStack() as stack:
        running = Running(stack.enter_context(served(create_app(gateway), config)), gateway)
        assert until(lambda: gateway.door.current is not None or bool(failures), 20), "the gateway did not load"
        if failures:
            raise failures[0]
        yield running


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """serve(yaml, **settings): a gateway of this test's own."""
    return partial(gateway_in, tmp_path)


def experts_yaml(upstream: Upstream | Office, *models: str, policies: str = "", **more: Any) -> str:
    """Experts named and modelled after behaviours of the upstream."""
    extra = "".join(f", {key}: {orjson.dumps(value).decode()}" for key, value in more.items())
    lines = ["version: 1", f"defaults: {{provider: openai, base_url: '{upstream.url}'{extra}}}", "experts:"]
    lines += [f"  - {{name: {model}, model: {model}}}" for model in models]
    return "\n".join(lines) + (f"\npolicies:\n  {policies}\n" if policies else "\n")


def error_of(response: httpx2.Response) -> Json:
    """The error of a response, which holds that and nothing else, in OpenAI's shape."""
    body = response.json()
    assert set(body) == {"error"}, body
    error = body["error"]
    assert set(error) == {"message", "type", "param", "code"}, error
    assert error["message"] and isinstance(error["message"], str) and "\n" not in error["message"]
    assert isinstance(error["type"], str) and isinstance(error["code"], str) and isinstance(error["param"], str | None)
    return error


def metric(running: Running, name: str) -> float | None:
    """What stands behind this name, labels and all, on the page for Prometheus; None where it is not there."""
    lines = running.get("/metrics").text.splitlines()
    return next((float(line.rsplit(" ", 1)[1]) for line in lines if line.rsplit(" ", 1)[0] == name), None)


def coterie_environment(folder: Path, **more: str) -> dict[str, str]:
    """A bare environment in which everything the gateway keeps lies in this folder."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "COTERIE_DATABASE_URL": f"sqlite:///{folder / 'records.db'}",
        **more,
    }


COTERIE = Path(sys.executable).with_name("coterie")


def coterie(folder: Path, *arguments: str, seconds: float = 60, **environment: str) -> CompletedProcess[str]:
    """The command, run in this folder to its end."""
    return run_forked([str(COTERIE), *arguments], folder, coterie_environment(folder, **environment), seconds)


@contextmanager
def beside(act: Callable[[], Any]) -> Iterator[Future[Any]]:
    """The act goes on in a thread beside the block."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(act)


def until(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Whether it comes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return condition()
