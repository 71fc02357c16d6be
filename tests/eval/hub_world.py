"""Small files of the same shape as those of the public sets, and a hub that serves them. Every text is made up."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

COMMIT = "0123456789abcdef0123456789abcdef01234567"
ROWS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "mmlu-pro": (
        "data/test-00000-of-00001.parquet",
        [
            {
                "question_id": 7,
                "question": "Which way does the made-up river flow?",
                "options": ["North", "South", "East"],
                "answer": "C",
                "answer_index": 2,
                "cot_content": "",
                "category": "other",
                "src": "invented",
            }
        ],
    ),
    "gsm8k": (
        "main/test-00000-of-00001.parquet",
        [{"question": "Ann has 3 bags of 500 nuts. How many?", "answer": "3*500 = <<3*500=1500>>1500\n#### 1,500"}],
    ),
    "math": (
        "algebra/test-00000-of-00001.parquet",
        [
            {
                "problem": "Halve 7.",
                "level": "Level 1",
                "type": "Algebra",
                "solution": "It is $\\boxed{\\frac{7}{2}}$.",
            },
            {
                "problem": "Double 7.",
                "level": "Level 1",
                "type": "Algebra",
                "solution": "$\\boxed{3}$? No, \\boxed{14}.",
            },
        ],
    ),
    "arc": (
        "ARC-Easy/test-00000-of-00001.parquet",
        [
            {
                "id": "Made_1",
                "question": "What melts?",
                "choices": {"text": ["ice", "stone"], "label": ["1", "2"]},
                "answerKey": "1",
            }
        ],
    ),
    "bbh": (
        "logic_of_three/test/0000.parquet",
        [
            {"input": "Who is tallest?\nOptions:\n(A) Ann\n(B) Bob", "target": "(B)"},
            {"input": "Is it raining?\nOptions:\n- Yes\n- No", "target": "No"},
        ],
    ),
    "routerarena": (
        "data/sub_10-00000-of-00001.parquet",
        [
            {
                "Dataset name": "Made",
                "Global Index": "Made_1",
                "Context": "A short story.",
                "Question": "Who tells it?",
                "Options": ["the cook", "the cat"],
                "Answer": "the cat",
                "Domain": "5 Arts",
                "Category": "stories",
                "Difficulty": "easy",
            }
        ],
    ),
}
"""By set: the path of a file in it, and its rows."""
PICKLED = """
gAWVvAQAAAAAAACMEXBhbmRhcy5jb3JlLmZyYW1llIwJRGF0YUZyYW1llJOUKYGUfZQojARfbWdylIwecGFuZGFzLmNvcmUuaW50ZXJuYWxzLm1h
bmFnZXJzlIwMQmxvY2tNYW5hZ2VylJOUjBZwYW5kYXMuX2xpYnMuaW50ZXJuYWxzlIwPX3VucGlja2xlX2Jsb2NrlJOUjBJudW1weS5jb3JlLm51
bWVyaWOUjAtfZnJvbWJ1ZmZlcpSTlCiWYAAAAAAAAAAAAAAAAADwPwAAAAAAAOA/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAPh/AAAAAAAA8D8tQxzr
4jYaPy1DHOviNio/YTJVMCqpMz/xaOOItfjkPvFo44i1+PQ+aR1VTRB1/z6UjAVudW1weZSMBWR0eXBllJOUjAJmOJSJiIeUUpQoSwOMATyUTk5O
Sv////9K/////0sAdJRiSwRLA4aUjAFDlHSUUpRoDiiWIAAAAAAAAAADAAAAAAAAAAQAAAAAAAAABwAAAAAAAAAIAAAAAAAAAJRoEowCaTiUiYiH
lFKUKEsDaBZOTk5K/////0r/////SwB0lGJLBIWUaBl0lFKUSwKHlFKUaAuMFW51bXB5LmNvcmUubXVsdGlhcnJheZSMDF9yZWNvbnN0cnVjdJST
lGgQjAduZGFycmF5lJOUSwCFlEMBYpSHlFKUKEsBSwZLA4aUaBKMAk84lImIh5RSlChLA4wBfJROTk5K/////0r/////Sz90lGKJXZQojANhLjGU
jANiLjKUjANjLjOUjAZbJ3g/J12UjAxbJ3k/JywgJ3o/J12UjAVwbGFpbpSMCG1tbHUtbGF3lIwHbXRiZW5jaJSMA2dzbZSMBlsnaGknXZSMClsn
YScsICdiJ12UjAFjlIwFWydxJ12UjAVbJ3InXZSMAXOUjAJtMZRoRYwCbTKUZXSUYmgOKJYwAAAAAAAAAAAAAAAAAAAAAQAAAAAAAAACAAAAAAAA
AAUAAAAAAAAABgAAAAAAAAAJAAAAAAAAAJRoH0sGhZRoGXSUUpRLAoeUUpSGlF2UKIwYcGFuZGFzLmNvcmUuaW5kZXhlcy5iYXNllIwKX25ld19J
bmRleJSTlGhQjAVJbmRleJSTlH2UKIwEZGF0YZRoKGgqSwCFlGgsh5RSlChLAUsKhZRoMoldlCiMCXNhbXBsZV9pZJSMBnByb21wdJSMCWV2YWxf
bmFtZZRoRWhGjBFtMXxtb2RlbF9yZXNwb25zZZSMEW0yfG1vZGVsX3Jlc3BvbnNllIwNbTF8dG90YWxfY29zdJSMDW0yfHRvdGFsX2Nvc3SUjBhv
cmFjbGVfbW9kZWxfdG9fcm91dGVfdG+UZXSUYowEbmFtZZROdYaUUpRoUowZcGFuZGFzLmNvcmUuaW5kZXhlcy5yYW5nZZSMClJhbmdlSW5kZXiU
k5R9lChoZU6MBXN0YXJ0lEsAjARzdG9wlEsDjARzdGVwlEsBdYaUUpRlhpRSlIwEX3R5cJSMCWRhdGFmcmFtZZSMCV9tZXRhZGF0YZRdlIwFYXR0
cnOUfZSMBl9mbGFnc5R9lIwXYWxsb3dzX2R1cGxpY2F0ZV9sYWJlbHOUiHN1Yi4=
"""
"""Three rows with two models, as pandas 2.1 pickles a table."""


def write(name: str, folder: Path) -> Path:
    """The set's file, in folders as on the hub."""
    path = folder / ROWS[name][0]
    path.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(ROWS[name][1]), path)
    return path


def routerbench(folder: Path) -> Path:
    path = folder / "routerbench_0shot.pkl"
    path.write_bytes(base64.b64decode(PICKLED))
    return path


@contextmanager
def hub(repository: str, path: str, content: bytes, licence: str) -> Iterator[str]:
    """A hub with one set of one file; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            if self.path.startswith(f"/api/datasets/{repository}"):
                self._send(json.dumps(INFO).encode())
            elif self.path == f"/datasets/{repository}/resolve/{COMMIT}/{path}":
                self._send(content)
            else:
                self.send_error(404)

        def _send(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    INFO = {
        "id": repository,
        "sha": COMMIT,
        "siblings": [{"rfilename": path}, {"rfilename": "README.md"}],
        "cardData": {"license": licence},
    }
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
