"""Everything that is measured, running: the upstream and the gateways in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from eval.bench import coterie, litellm_proxy, nginx
from eval.bench.contestants import AUTO, LITELLM, NAMED, PROXY, UPSTREAM, Contestant
from eval.bench.errors import BenchError
from eval.bench.processes import Program, Server, free_port, serving
from eval.bench.tools import Tools
from eval.bench.venv import cache_folder, python_with

Say = Callable[[str], None]


class Stand:
    """Starts servers, each with a folder of its own; all end with `stack`."""

    def __init__(self, tools: Tools, folder: Path, stack: ExitStack) -> None:
        self._tools = tools
        self._folder = folder
        self._stack = stack

    def upstream(self) -> Server:
        port, folder = free_port(), self._folder / "upstream"
        config = nginx.upstream_config(port, folder)
        return self._start(nginx.program(UPSTREAM, self._tools, folder, port, config), "upstream")

    def proxy(self, upstream: Server) -> Server:
        port, folder = free_port(), self._folder / "proxy"
        config = nginx.proxy_config(port, folder, int(upstream.url.rpartition(":")[2]))
        return self._start(nginx.program(PROXY, self._tools, folder, port, config), "proxy")

    def coterie(self, upstream: Server) -> Server:
        folder = self._folder / "coterie"
        return self._start(coterie.program(folder, free_port(), upstream.url, nginx.MODEL), "coterie")

    def litellm(self, upstream: Server, say: Say) -> Server:
        python = python_with(cache_folder("litellm"), litellm_proxy.REQUIREMENTS, say)
        folder = self._folder / "litellm"
        return self._start(litellm_proxy.program(python, folder, free_port(), upstream.url, nginx.MODEL), "litellm")

    def _start(self, program: Program, name: str) -> Server:
        return self._stack.enter_context(serving(program, self._folder / f"{name}.log"))


@contextmanager
def gateways(tools: Tools, folder: Path, with_litellm: bool, say: Say) -> Iterator[tuple[Contestant, ...]]:
    """The contestants in the order in which they take turns; LiteLLM is left out where it cannot be had."""
    with ExitStack() as stack:
        stand = Stand(tools, folder, stack)
        say("starting nginx and Coterie")
        upstream = stand.upstream()
        ours = stand.coterie(upstream)
        contestants = [
            Contestant(UPSTREAM, upstream, nginx.MODEL, (nginx.MODEL,)),
            Contestant(PROXY, stand.proxy(upstream), nginx.MODEL, (nginx.MODEL,)),
            Contestant(NAMED, ours, coterie.EXPERT, (coterie.EXPERT,)),
            Contestant(AUTO, ours, "auto", (coterie.EXPERT,)),
        ]
        if with_litellm:
            contestants += _litellm(stand, upstream, say)
        yield tuple(contestants)


def _litellm(stand: Stand, upstream: Server, say: Say) -> list[Contestant]:
    try:
        say("starting LiteLLM's proxy")
        server = stand.litellm(upstream, say)
    except BenchError as error:
        say(f"without LiteLLM: {error}")
        return []
    return [Contestant(LITELLM, server, litellm_proxy.MODEL, (litellm_proxy.MODEL, nginx.MODEL))]
