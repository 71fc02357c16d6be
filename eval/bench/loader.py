"""One contestant under wrk's load, until it has come to rest again. Knows no rounds."""

from __future__ import annotations

from pathlib import Path

from eval.bench.contestants import Contestant
from eval.bench.proctree import settle
from eval.bench.tools import Tools
from eval.bench.wrk import Load, load, script


class WrkLoader:
    """Keeps wrk's script in `folder`."""

    def __init__(self, tools: Tools, folder: Path) -> None:
        self._tools = tools
        self._file = folder / "post.lua"

    def __call__(self, contestant: Contestant, seconds: int, connections: int) -> Load:
        self._file.write_text(script(contestant.body))
        seen = load(self._tools, contestant.url, self._file, seconds=seconds, connections=connections)
        settle(contestant.server.pid)
        return seen
