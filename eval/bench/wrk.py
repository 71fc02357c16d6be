"""The load generator: wrk's script, its command line, and the figures in what it prints. Knows no contestant."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from eval.bench.errors import BenchError
from eval.bench.tools import Tools

MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0, "h": 3_600_000.0}
PATIENCE_S = 30
"""What wrk may take longer than it was told to: a second or two is usual, more means that it hangs."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of wrk saw; every one of its requests was answered well."""

    requests: int
    requests_per_s: float
    p50_ms: float
    p99_ms: float


def question(model: str, text: str) -> bytes:
    """The body of a chat completion request."""
    return json.dumps({"model": model, "messages": [{"role": "user", "content": text}]}).encode()


def script(body: bytes) -> str:
    """The Lua script that makes wrk POST this JSON object."""
    lines = (
        'wrk.method = "POST"',
        'wrk.headers["Content-Type"] = "application/json"',
        f"wrk.body = [==[{body.decode()}]==]",
    )
    return "\n".join(lines) + "\n"


def parse(printed: str) -> Load:
    """The figures in wrk's output. BenchError: an answer was not 2xx, a socket failed, or there are no figures."""
    if bad := re.search(r"Non-2xx or 3xx responses: (\d+)", printed):
        raise BenchError(f"{bad[1]} answers were not 2xx")
    if broken := re.search(r"Socket errors: (.+)", printed):
        raise BenchError(f"socket errors: {broken[1]}")
    count = re.search(r"(\d+) requests in", printed)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", printed)
    if count is None or rate is None or not int(count[1]):
        raise BenchError("wrk saw no answer at all")
    return Load(int(count[1]), float(rate[1]), _percentile(printed, 50), _percentile(printed, 99))


def load(tools: Tools, url: str, script_file: Path, *, seconds: int, connections: int) -> Load:
    """Load `url` from one thread; wrk counts time in whole seconds."""
    command = [tools.wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script_file), url]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds + PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        raise BenchError(f"wrk did not end within {seconds + PATIENCE_S} s") from None
    if done.returncode:
        raise BenchError(f"wrk failed: {(done.stderr or done.stdout).strip()[:200]}")
    return parse(done.stdout)


def _percentile(printed: str, percent: int) -> float:
    """In milliseconds."""
    found = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s|m|h)\s*$", printed, re.MULTILINE)
    if found is None:
        raise BenchError(f"wrk printed no {percent}th percentile")
    return float(found[1]) * MILLISECONDS[found[2]]
