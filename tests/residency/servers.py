"""Model servers that load and unload as the real ones do, as far as their documentation says: state and wire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.upstream import completion

Json = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


@dataclass
class ModelServer:
    """An HTTP server; `answer` maps "GET /path?query" and a body to a status and a body."""

    key: str = ""
    loaded: set[str] = field(default_factory=set)
    asked: list[tuple[str, Json]] = field(default_factory=list)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = (await receive()).get("body", b"")
        query = scope["query_string"].decode()
        what = f"{scope['method']} {scope['path']}{'?' + query if query else ''}"
        sent = orjson.loads(body) if body else {}
        self.asked.append((what, sent))
        allowed = not self.key or (b"authorization", f"Bearer {self.key}".encode()) in scope["headers"]
        status, answer = self.answer(what, sent) if allowed else (401, {"error": "wrong key"})
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if answer is None else orjson.dumps(answer)})

    def answer(self, what: str, body: Json) -> tuple[int, Json | None]:
        raise NotImplementedError


class Ollama(ModelServer):
    """Knows `qwen3:8b` and `gemma3:latest`; forgets a model one look after it was told to."""

    MODELS = ("qwen3:8b", "gemma3:latest")
    _leaving = ""

    def answer(self, what: str, body: Json) -> tuple[int, Json | None]:
        if what == "GET /api/ps":
            running = [{"name": name, "model": name, "size_vram": 5} for name in sorted(self.loaded)]
            self.loaded.discard(self._leaving)
            return 200, {"models": running}
        if what == "POST /v1/chat/completions":
            name = body["model"]
            return (200, completion(f"hello from {name}")) if name in self.loaded else (500, {"error": "not loaded"})
        assert what == "POST /api/generate" and not body.get("prompt") and body["stream"] is False
        name = body["model"] if ":" in body["model"] else f"{body['model']}:latest"
        if name not in self.MODELS:
            return 404, {"error": f"model '{body['model']}' not found"}
        if body["keep_alive"] == 0:
            self._leaving = name
            return 200, {"model": name, "response": "", "done": True, "done_reason": "unload"}
        self.loaded.add(name)
        return 200, {"model": name, "response": "", "done": True, "done_reason": "load"}


class LlamaCpp(ModelServer):
    """A router over `a`, `b` and `broken`; a load takes as long as two looks at it."""

    _loading = ""
    _looks = 0
    _failed = False

    def answer(self, what: str, body: Json) -> tuple[int, Json | None]:
        if what == "GET /models":
            return 200, {"data": [{"id": name, "status": self._status(name)} for name in ("a", "b", "broken")]}
        name = body["model"]
        if what == "POST /models/load":
            if name in self.loaded:
                return 400, {"error": {"code": 400, "message": "model is already loaded", "type": "x"}}
            self._loading, self._looks = name, 0
            return 200, {"success": True}
        assert what == "POST /models/unload"
        self.loaded.discard(name)
        return 200, {"success": True}

    def _status(self, name: str) -> Json:
        if name == "broken" and self._failed:
            return {"value": "unloaded", "failed": True, "exit_code": 1}
        if name == self._loading:
            self._looks += 1
            if self._looks < 2:
                return {"value": "loading"}
            self._loading = ""
            if name == "broken":
                self._failed = True
                return {"value": "unloaded", "failed": True, "exit_code": 1}
            self.loaded.add(name)
        return {"value": "loaded" if name in self.loaded else "unloaded"}


class Vllm(ModelServer):
    """One model, awake at first; answers commands with nothing."""

    sleeping = False

    def answer(self, what: str, body: Json) -> tuple[int, Json | None]:
        if what == "GET /is_sleeping":
            return 200, {"is_sleeping": self.sleeping}
        assert what in {"POST /sleep?level=1", "POST /wake_up"}
        self.sleeping = what != "POST /wake_up"
        return 200, None


class Other(ModelServer):
    """A server that has never heard of any of this."""

    def answer(self, what: str, body: Json) -> tuple[int, Json | None]:
        return 404, {"detail": "Not Found"}
