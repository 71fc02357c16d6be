"""Code is right where its tests pass: it is run in the sandbox, together with them. Knows no way to shut it in."""

from __future__ import annotations

import ast
import builtins
import json
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from eval.collect.grades import Answered, Grade, Posed
from eval.collect.sandbox.box import Box, Ran

COLUMNS = ("tests", "test_list", "test", "entry_point", "test_setup_code", "test_imports")
"""Of MBPP (tests or test_list, with what they import) and HumanEval (test with a function `check`, entry_point)."""
FENCED = re.compile(r"```(?P<language>[\w+-]*)[ \t]*\n(?P<code>.*?)(?:```|\Z)", re.DOTALL)
PYTHON = ("python", "py", "python3", "")
WHY = 120
"""Characters of a complaint that are told."""
STOPPED = 192
"""Statuses from here on are signals."""
RUN = """\
import os, sys
write, mark, code, tests = os.write, {mark!r}, {code!r}, {tests!r}
names = {{"__name__": "answer"}}
exec(compile(code, "answer.py", "exec"), names)
for test in tests:
    exec(compile(test, "tests.py", "exec"), names)
sys.stdout.flush()
write(1, b"\\n" + mark.encode())
"""
"""The mark comes last, so that an answer which ends the program before its tests has not passed them."""


@dataclass(slots=True)
class Code:
    """1 where all tests pass, 0 where one does not, or nothing that could be code stands in the reply."""

    box: Box = field(default_factory=Box)
    name: str = "code"
    at_once: int = os.cpu_count() or 1

    def instruction(self, posed: Posed) -> str:
        asked = "Write Python. Give the whole program in one code block, without tests and without reading any input."
        tests = checks_in(posed)
        named = posed.extra.get("entry_point") or not tests or _names_in(tests[-1]) & _names_in(posed.text)
        return asked if named else f"{asked} It must pass tests such as this one:\n{tests[-1]}"

    def lacks(self, posed: Posed) -> str:
        return "" if checks_in(posed) else f"it has no tests (columns {', '.join(COLUMNS[:3])}, or gold)"

    async def grade(self, answered: Answered) -> Grade:
        code = code_in(answered.reply, answered.posed)
        if not code:
            return Grade(0.0, None, "no code")
        mark = secrets.token_hex(16)
        ran = await self.box.run(RUN.format(mark=mark, code=code, tests=list(checks_in(answered.posed))))
        passed = ran.status == 0 and ran.written.rstrip().endswith(mark.encode())
        return Grade(float(passed), "passed" if passed else "failed", "" if passed else _why(ran))


def checks_in(posed: Posed) -> tuple[str, ...]:
    """Programs to run after the answer, in its names; none where the question has no tests."""
    extra = posed.extra
    if test := extra.get("test"):
        entry = extra.get("entry_point")
        return (str(test), f"check({entry})") if entry else (str(test),)
    tests = _listed(extra.get("tests")) or _listed(extra.get("test_list")) or _golden(posed.gold)
    setup = [*_listed(extra.get("test_imports")), *_listed(extra.get("test_setup_code"))]
    return (*setup, *tests) if tests else ()


def code_in(reply: str, posed: Posed) -> str:
    """The last block of Python, or the whole reply where it is Python itself; "" where there is none.

    A body without its head (HumanEval) gets the head that the question gives.
    """
    blocks = [found for found in FENCED.finditer(reply) if found["language"].lower() in PYTHON]
    code = blocks[-1]["code"] if blocks else reply
    entry = posed.extra.get("entry_point")
    if entry and f"def {entry}" not in code and f"def {entry}" in posed.text:
        code = f"{posed.text.rstrip()}\n{code if code[:1].isspace() else _indented(code)}"
    return code if blocks or _is_python(code) else ""


def _indented(code: str) -> str:
    return "".join(f"    {line}" for line in code.splitlines(keepends=True))


def _is_python(code: str) -> bool:
    try:
        return bool(ast.parse(code).body)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False


def _listed(found: Any) -> Sequence[str]:
    """A list, one that JSON wrote into a text (CSV), or the text itself."""
    if isinstance(found, str) and found.lstrip().startswith("["):
        try:
            found = json.loads(found)
        except ValueError:
            pass
    if isinstance(found, list | tuple):
        return [str(one) for one in found if one]
    return [found] if isinstance(found, str) and found.strip() else []


def _golden(gold: str) -> Sequence[str]:
    """The gold answer, where it is tests itself."""
    return [gold] if "assert" in gold else []


def _names_in(text: str) -> set[str]:
    """What is called in it."""
    return set(re.findall(r"(\w+)\(", text)) - set(dir(builtins))


def _why(ran: Ran) -> str:
    if ran.status is None:
        return f"did not end within {ran.seconds:.0f} s"
    if ran.status >= STOPPED:
        return "was stopped: it took more than its limits allow, or ended itself"
    lines = ran.complaints.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:WHY] if lines else f"ended with status {ran.status} before its tests were through"
