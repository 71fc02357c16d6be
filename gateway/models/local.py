"""The models on this machine that are in use: one server for each distinct file, started when first asked for.

Knows no experts: experts on the same weights say the same `model:` and share a server.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
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
        self._paths: dict[str, Path] = {}
        self._by_path: dict[Path, LocalServer] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        servers = list(self._by_path.values())
        self._by_path.clear()
        await asyncio.gather(*(server.__aexit__() for server in servers))

    async def base_url(self, model: str) -> str:
        """Where the model answers; fetched and loaded first where nobody has, and again where its server died.

        Raises ModelError (no such file) or StartError (it does not load).
        """
        server = self._alive(model)
        if server is None:
            async with self._lock:
                server = await self._running(model)
        return server.base_url

    async def path(self, model: str) -> Path:
        """The model's file, fetched where it is not there yet and not loaded. Raises ModelError."""
        entry = resolve(model, self._base_dir, self._models)
        path = await asyncio.to_thread(self._fetch, entry, self._cache_dir, self._progress)
        self._paths[model] = path.resolve()
        return self._paths[model]

    def loaded(self, model: str) -> bool:
        """Whether its server runs."""
        return self._alive(model) is not None

    async def unload(self, model: str) -> None:
        """End its server, whatever that is doing; the next `base_url` loads the model again."""
        async with self._lock:
            if model in self._paths:
                await self._end(self._paths[model])

    async def _end(self, path: Path) -> None:
        server = self._by_path.pop(path, None)
        if server is not None:
            await server.__aexit__()

    def _alive(self, model: str) -> LocalServer | None:
        path = self._paths.get(model)
        server = None if path is None else self._by_path.get(path)
        return server if server is not None and server.alive else None

    async def _running(self, model: str) -> LocalServer:
        path = await self.path(model)
        server = self._by_path.get(path)
        if server is None or not server.alive:
            await self._end(path)
            alias = resolve(model, self._base_dir, self._models).name
            server = LocalServer(path, alias, self.api_key, self._options.get(model))
            self._by_path[path] = await server.__aenter__()
        return server
