"""The models on this machine that are in use: one server for each distinct file, started when first asked for.

Knows no experts: experts on the same weights say the same `model:` and share a server.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

from gateway.models.download import fetch
from gateway.models.registry import MODELS, ModelFile, resolve
from gateway.models.server import LocalServer, ServerOptions

Fetch = Callable[[ModelFile, Path, bool], Path]


class LocalModels:
    """`await models.base_url("smollm2-135m-instruct")`, called with the key `models.api_key`."""

    def __init__(
        self,
        cache_dir: Path,
        base_dir: Path,
        options: Mapping[str, ServerOptions] | None = None,
        *,
        progress: bool = False,
        models: Mapping[str, ModelFile] = MODELS,
        fetch: Fetch = fetch,
    ) -> None:
        self.api_key = secrets.token_urlsafe(32)
        """Made anew for each process, so that other users of the machine cannot use its models."""
        self._cache_dir = cache_dir
        self._base_dir = base_dir
        self._options = options or {}
        self._progress = progress
        self._models = models
        self._fetch = fetch
        self._lock = asyncio.Lock()
        self._by_model: dict[str, LocalServer] = {}
        self._by_path: dict[Path, LocalServer] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._by_model.clear()
        self._by_path.clear()
        await self._stack.aclose()

    async def base_url(self, model: str) -> str:
        """Where the model answers; fetched and loaded first where nobody has, and again where its server died.

        Raises ModelError (no such file) or StartError (it does not load).
        """
        server = self._by_model.get(model)
        if server is None or not server.alive:
            async with self._lock:
                server = self._by_model[model] = await self._running(model)
        return server.base_url

    async def _running(self, model: str) -> LocalServer:
        entry = resolve(model, self._base_dir, self._models)
        path = await asyncio.to_thread(self._fetch, entry, self._cache_dir, self._progress)
        path = path.resolve()
        server = self._by_path.get(path)
        if server is None or not server.alive:
            options = self._options.get(model)
            server = await self._stack.enter_async_context(LocalServer(path, entry.name, self.api_key, options))
            self._by_path[path] = server
        return server
