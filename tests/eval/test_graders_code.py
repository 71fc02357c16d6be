"""Code that is graded: right, wrong, and hostile. Every program here is really run."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eval.collect.graders.code import Code, checks_in, code_in
from eval.collect.grades import Answered, Grade, Posed
from eval.collect.sandbox.box import STOPPED, Box, Limits, Ran
from eval.collect.sandbox.ways import Way, ways
from gateway.errors import ConfigError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="programs run with limits on Linux and macOS")

LIMITS = Limits(cpu_s=1, memory_mb=512, file_mb=4)
HASTY = replace(LIMITS, wall_s=2.0)
MBPP = ["assert add(2, 3) == 5", "assert add(-1, 1) == 0"]
HUMANEVAL = {
    "test": "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(0) == 0\n",
    "entry_point": "double",
}


def posed(text: str = "Add two numbers.", gold: str = "", **extra: Any) -> Posed:
    return Posed("q", text, (), gold, "code", "q", "own", "", extra)


def graded(reply: str, question: Posed, limits: Limits = LIMITS) -> Grade:
    return asyncio.run(Code(Box(limits)).grade(Answered(question, "expert", reply)))


def ran(program: str, way: Way, limits: Limits = LIMITS) -> Ran:
    return asyncio.run(Box(limits, (way,)).run(program))


def works(way: Way) -> bool:
    try:
        asyncio.run(Box(LIMITS, (way,)).way())
    except ConfigError:
        return False
    return True


@pytest.fixture(scope="module", params=ways(), ids=lambda way: "shut in" if way.own_root else "limits alone")
def way(request: pytest.FixtureRequest) -> Way:
    """Each of the ways that this machine allows."""
    if not works(request.param):
        pytest.skip("this machine does not allow it")
    found: Way = request.param
    return found


@pytest.fixture(scope="module")
def shut_in() -> Way:
    """The way that closes off files and network."""
    found = next((way for way in ways() if way.own_root and works(way)), None)
    if found is None:
        pytest.skip("this machine allows no namespaces, so programs run with limits alone")
    return found


@pytest.mark.parametrize(
    "reply",
    [
        "Here you are:\n```python\ndef add(a, b):\n    return a + b\n```\nDone.",
        "```\nfrom __future__ import annotations\ndef add(a: int, b: int) -> int:\n    return a + b\n```",
        "def add(a, b): return a + b",
        "```python\ndef wrong(): pass\n```\nBetter:\n```py\ndef add(a, b):\n    print('x')\n    return a + b\n",
        "```python\nadd = lambda a, b: a + b\nif __name__ == '__main__':\n    input()\n```",
    ],
)
def test_code_that_passes_its_tests_is_right(reply: str) -> None:
    assert graded(reply, posed(test_list=MBPP)) == Grade(1.0, "passed")


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("```python\ndef add(a, b):\n    return a - b\n```", "AssertionError"),
        ("```python\ndef sub(a, b): ...\n```", "NameError: name 'add' is not defined"),
        ("```python\ndef add(a, b:\n```", "SyntaxError: "),
        ("```python\nraise SystemExit(0)\n```", "ended with status 0 before its tests were through"),
        ("```python\nimport os\nos._exit(0)\n```", "ended with status 0 before its tests were through"),
        ("```python\nwhile True: pass\n```", "was stopped"),
        ("I cannot write code.", "no code"),
        ("", "no code"),
    ],
)
def test_code_that_does_not_is_wrong_and_it_is_said_why(reply: str, why: str) -> None:
    grade = graded(reply, posed(tests="\n".join(MBPP)))
    assert grade.score == 0.0 and grade.why.startswith(why), grade


def test_code_that_waits_is_not_waited_for() -> None:
    grade = graded("```python\nimport time\ntime.sleep(60)\n```", posed(test_list=MBPP), HASTY)
    assert grade == Grade(0.0, "failed", "did not end within 2 s")


def test_tests_come_as_mbpp_and_humaneval_have_them() -> None:
    assert checks_in(posed(test_list=MBPP)) == checks_in(
        posed(tests='["assert add(2, 3) == 5", "assert add(-1, 1) == 0"]')
    )
    assert checks_in(posed(test_list=MBPP, test_setup_code="import math"))[0] == "import math"
    assert checks_in(posed(**HUMANEVAL))[-1] == "check(double)"
    assert checks_in(posed(gold="assert add(1, 1) == 2")) == ("assert add(1, 1) == 2",)
    assert checks_in(posed(gold="2", tests=None)) == ()
    assert Code().lacks(posed()).startswith("it has no tests") and Code().lacks(posed(test_list=MBPP)) == ""


def test_a_body_without_its_head_gets_the_head_of_the_question() -> None:
    head = 'def double(x):\n    """Twice x."""\n'
    question = posed(head, **HUMANEVAL)
    for reply in (
        "```python\n    return 2 * x\n```",
        "```python\nreturn 2 * x\n```",
        f"```python\n{head}    return 2 * x\n```",
    ):
        assert graded(reply, question) == Grade(1.0, "passed"), code_in(reply, question)


def test_what_the_tests_call_is_shown_where_the_question_does_not_name_it() -> None:
    assert "assert add(-1, 1) == 0" in Code().instruction(posed("Add two numbers.", test_list=MBPP))
    assert "assert" not in Code().instruction(posed("Write add(a, b).", test_list=MBPP))
    assert "assert" not in Code().instruction(posed("Write double.", **HUMANEVAL))


HARMLESS = {
    "forks": "import os\nwhile True: os.fork()",
    "starts threads": "import threading\nwhile True: threading.Thread(target=lambda: None).start()",
    "starts programs": "import subprocess\nsubprocess.run(['/bin/sh', '-c', 'true'], check=True)",
    "takes memory": "held = bytearray(4 * 10**9)",
    "fills the disk": "file = open('big', 'wb')\nwhile True: file.write(b'x' * 10**6)",
    "opens files": "held = [open(__file__) for _ in range(1000)]",
}


@pytest.mark.parametrize("program", HARMLESS.values(), ids=HARMLESS)
def test_a_program_that_takes_too_much_fails_alone(program: str, way: Way) -> None:
    found = ran(f"{program}\nprint('got through')", way)
    assert found.status not in (0, None) and b"got through" not in found.written, found


def test_a_program_that_does_not_end_is_ended_and_its_output_cut(way: Way) -> None:
    loud = ran("while True: print('x' * 10**6)", way)
    assert loud.status == STOPPED and len(loud.written) <= 4096
    deaf = ran(
        "import os, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nos.setsid()\ntime.sleep(60)",
        way,
        HASTY,
    )
    assert deaf.status is None and deaf.seconds < 10


def test_loud_programs_side_by_side_are_all_ended(way: Way) -> None:
    """Sooner or later one is ended while its pipe is full and nobody reads."""
    box = Box(among=(way,))

    async def loud() -> list[Ran]:
        each = (box.run("while True: print('x' * 10**6)") for _ in range(16))
        return await asyncio.wait_for(asyncio.gather(*each), 60)

    assert {found.status for found in asyncio.run(loud())} == {STOPPED}


def test_a_program_sees_no_environment_and_reads_no_input(way: Way) -> None:
    found = ran("import os, sys\nprint(sorted(os.environ), repr(sys.stdin.read()))", way)
    assert found.status == 0 and found.written.strip() in (b"['LC_CTYPE'] ''", b"[] ''")


def test_a_program_cannot_end_its_grader(shut_in: Way) -> None:
    for whom in ("os.getppid()", "1", "-1", "0", str(os.getpid())):
        ran(f"import os, signal\nos.kill({whom}, signal.SIGKILL)", shut_in)
    assert ran("print('still here')", shut_in).written == b"still here\n"


def test_a_program_reads_and_writes_nothing_of_ours(shut_in: Way, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("key")
    for program in (
        f"print(open({str(secret)!r}).read())",
        "print(open('/etc/passwd').read())",
        f"open({str(tmp_path / 'left')!r}, 'w').write('x')",
        "open('/left', 'w').write('x')",
        "import json\nopen(json.__file__, 'a').write('x')",
    ):
        assert ran(program, shut_in).status == 1, program
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    assert ran("open('own', 'w').write('x')\nprint(open('own').read())", shut_in).written == b"x\n"


def test_a_program_gets_no_rights_of_its_own(shut_in: Way) -> None:
    mount = "import ctypes\nlibrary = ctypes.CDLL(None)\nprint(library.mount(b'tmpfs', b'/work', b'tmpfs', 0, None))"
    assert ran(mount, shut_in).written == b"-1\n"


@pytest.fixture
def listener() -> Iterator[tuple[int, threading.Event]]:
    """A port of this machine, and whether anybody has come."""
    came = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def wait() -> None:
            try:
                server.accept()[0].close()
            except OSError:
                return
            came.set()

        threading.Thread(target=wait, daemon=True).start()
        yield server.getsockname()[1], came
        server.shutdown(socket.SHUT_RDWR)


def test_a_program_reaches_no_network(shut_in: Way, listener: tuple[int, threading.Event]) -> None:
    port, came = listener
    assert ran(f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 2)", shut_in).status == 1
    assert not came.wait(0.2)


def test_where_nothing_works_it_is_said() -> None:
    with pytest.raises(ConfigError, match="programs cannot be run with limits on this system"):
        ran("print(1)", Way(("/bin/false",)))
