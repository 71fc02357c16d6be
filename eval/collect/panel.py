"""The graders of one collection, by name. Chooses none of them for a question."""

from __future__ import annotations

from collections.abc import Mapping

from eval.collect.calling import Caller
from eval.collect.choosing import JUDGE, PAIRWISE
from eval.collect.graders.bench import Bench
from eval.collect.graders.code import Code
from eval.collect.graders.fuzzy import F1, fuzzy
from eval.collect.graders.judge import Judge
from eval.collect.graders.pairwise import Pairwise
from eval.collect.graders.rules import EXACT, LETTERS, NUMBERS
from eval.collect.graders.values import JSON, LITERAL
from eval.collect.grades import Grader
from eval.collect.grading import Place, rival_among
from eval.collect.job import Marking
from eval.collect.kept import Row
from gateway.errors import ConfigError
from gateway.pool import Pool


def panel(marking: Marking, caller: Caller | None, answers: Mapping[Place, Row]) -> dict[str, Grader]:
    """Those there are; a judge only where one is named, and with a caller.

    answers: where pairwise looks for the answers it compares with, once they are there.
    """
    found: dict[str, Grader] = {
        one.name: one for one in (LETTERS, NUMBERS, EXACT, fuzzy(marking.threshold), F1, LITERAL, JSON, Code())
    }
    if caller is not None and marking.judge:
        check(marking, caller.pipeline.pool)
        bench = Bench(marking.judge, caller)
        found[JUDGE] = Judge(bench, marking.itself)
        if marking.against:
            rival = rival_among(answers, marking.against)
            found[PAIRWISE] = Pairwise(bench, marking.against, rival, marking.itself)
    return found


def check(marking: Marking, pool: Pool) -> None:
    """ConfigError where the judge, or whom others are compared with, cannot be asked or is the other one."""
    for name in filter(None, (marking.judge, marking.against)):
        askable(name, pool)
    if marking.judge == marking.against and not marking.itself:
        raise ConfigError(f"{marking.judge} cannot judge itself; name another --judge, or say --judge-itself")


def askable(name: str, pool: Pool) -> str:
    """The name; ConfigError where there is no such expert, or it cannot be asked."""
    member = pool.members.get(name)
    if member is None:
        raise ConfigError(f"no expert is called {name!r}; experts.yaml has {', '.join(pool.members)}")
    if member.absent:
        raise ConfigError(f"{name} cannot be asked: {member.absent}")
    return name
