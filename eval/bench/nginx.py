"""The two nginx: the upstream with its one answer, and the plain proxy that a gateway is compared with."""

from __future__ import annotations

import json
from pathlib import Path

from eval.bench.contestants import Contestant, check
from eval.bench.processes import Program
from eval.bench.tools import Tools, plain_environment

MODEL = "upstream-model"
TEXT = "The integral of x squared from 0 to 3 is 9: the antiderivative is x cubed over 3, and 27 over 3 makes 9."
FOREVER = 1_000_000_000
"""Requests that one connection may carry, so that none is closed while it is measured."""


def completion() -> str:
    """The one answer, some 400 bytes; it must hold no quote and no dollar sign, which nginx would read."""
    answer = {
        "id": "chatcmpl-benchmark",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": MODEL,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 38, "total_tokens": 58},
    }
    return json.dumps(answer, separators=(",", ":"))


def upstream_config(port: int, folder: Path) -> str:
    """Answers whatever it is asked with the one completion."""
    location = f"default_type application/json; return 200 '{completion()}';"
    return _config(port, folder, "", location)


def proxy_config(port: int, folder: Path, upstream_port: int) -> str:
    """Passes everything on over connections that it keeps."""
    upstream = f"upstream up {{ server 127.0.0.1:{upstream_port}; keepalive 64; keepalive_requests {FOREVER}; }}"
    location = 'proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection "";'
    return _config(port, folder, upstream, location)


def program(name: str, tools: Tools, folder: Path, port: int, config: str) -> Program:
    """nginx in the foreground, with all its files in `folder`."""
    folder.mkdir()
    file = folder / "nginx.conf"
    file.write_text(config)
    command = (tools.nginx, "-p", str(folder), "-c", str(file), "-e", str(folder / "error.log"))
    return Program(name, command, plain_environment(), port, "/")


def right_answer(contestant: Contestant) -> None:
    """BenchError unless the contestant passes the upstream's answer on."""
    check(contestant, TEXT)


def _config(port: int, folder: Path, upstream: str, location: str) -> str:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"  {kind}_temp_path {folder / kind};" for kind in kinds)
    return f"""daemon off;
worker_processes 1;
pid {folder / "nginx.pid"};
error_log {folder / "error.log"};
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests {FOREVER};
{temporary}
  {upstream}
  server {{
    listen 127.0.0.1:{port};
    location / {{ {location} }}
  }}
}}
"""
