"""One collection, step by step: what is to be done, the asking, the grades. Publishes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from eval.collect.asking import Asking, Tally, calls_to
from eval.collect.calling import Call, Caller
from eval.collect.choosing import JUDGE, PAIRWISE, Gradable, graded_by
from eval.collect.graders.code import Code
from eval.collect.grades import Grader
from eval.collect.grading import Graded, Place, by_place, graded
from eval.collect.job import Job, Marking
from eval.collect.kept import ANSWER, Kept, Row
from eval.collect.panel import askable
from eval.collect.pricing import Estimate, of_asking, of_judging
from eval.collect.questions import read_set
from gateway.pool import Pool
from routers.errors import TableError

Begin = Callable[[str, int], Callable[[], None]]
"""Told what begins and how many steps it has; what it returns is called after each."""


@dataclass(frozen=True, slots=True)
class Plan:
    """calls: to be made or kept already, by expert. lines: what was left out and why, a line each."""

    gradable: tuple[Gradable, ...]
    calls: Mapping[str, Sequence[Call]]
    estimates: tuple[Estimate, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Collected:
    """graded: one for each answer and question. tallies: of the calls, by expert; empty where nobody was asked."""

    graded: tuple[Graded, ...]
    tallies: Mapping[str, Tally]
    spent_usd: float
    calls: int
    out_of_money: bool


async def planned(job: Job, graders: Mapping[str, Grader], caller: Caller) -> Plan:
    """ConfigError for experts that are not there, TableError for questions that nobody can judge."""
    gradable, lines = await _gradable(job, graders)
    experts = _experts(job, caller.pipeline.pool)
    calls = {expert: calls_to(expert, _for(expert, gradable, job.marking), job.manner) for expert in experts}
    estimates = of_asking(caller, calls)
    if job.marking.judge:
        judged = [expert for expert in experts if expert not in (job.marking.judge, job.marking.against)]
        estimates += of_judging(caller, job.marking.judge, gradable, len(judged) * job.manner.samples)
    too_long = [f"{one.too_long} questions are too long for {one.expert}" for one in estimates if one.too_long]
    return Plan(gradable, calls, tuple(estimates), (*lines, *_spared(gradable, experts, job.marking), *too_long))


async def collected(plan: Plan, caller: Caller, answers: dict[Place, Row], begin: Begin) -> Collected:
    """Ask what is to be asked, and grade all answers. answers: filled once they are there."""
    asking = Asking(caller, begin("asking", sum(map(len, plan.calls.values()))))
    await asking(plan.calls)
    for calls in plan.calls.values():
        answers |= by_place(row for row in map(caller.known, calls) if row is not None)
    found = await _graded(plan.gradable, answers, begin)
    return Collected(found, asking.tallies, caller.purse.spent_usd, caller.made, caller.purse.empty)


async def regraded(
    job: Job, graders: Mapping[str, Grader], kept: Kept, answers: dict[Place, Row], begin: Begin
) -> tuple[Plan, tuple[Graded, ...]]:
    """What is kept, graded anew; no expert is asked for an answer."""
    gradable, lines = await _gradable(job, graders)
    wanted = job.experts
    rows = (row for row in kept.rows() if row.kind == ANSWER and row.sample < job.manner.samples)
    answers |= by_place(row for row in rows if wanted is None or row.expert in wanted)
    found = await _graded(gradable, answers, begin)
    if not found:
        raise TableError(f"{kept.path} holds no answer to these questions; without --regrade they are asked")
    return Plan(gradable, {}, (), lines), found


async def _graded(gradable: Sequence[Gradable], answers: Mapping[Place, Row], begin: Begin) -> tuple[Graded, ...]:
    return await graded(gradable, answers, begin("grading", len(gradable) * len({place[0] for place in answers})))


async def _gradable(job: Job, graders: Mapping[str, Grader]) -> tuple[tuple[Gradable, ...], tuple[str, ...]]:
    questions = read_set(job.questions, job.limit)
    found, lines = graded_by(questions.posed, job.marking.grader, graders)
    return found, (*questions.lines, *lines, *await _open_boxes(found))


async def _open_boxes(gradable: Iterable[Gradable]) -> list[str]:
    """What code that is graded could do here; nothing where it can do no harm."""
    code = next((one.grader for one in gradable if isinstance(one.grader, Code)), None)
    told = (await code.box.way()).told if code else ""
    return [f"code is run with limits, but not shut in on this machine: {told}"] if told else []


def _experts(job: Job, pool: Pool) -> Sequence[str]:
    """Whom to ask: those that are named, or all that can be asked, and whom others are compared with."""
    named = job.experts or tuple(member.expert.name for member in pool.present)
    against = (job.marking.against,) if job.marking.against else ()
    return tuple(dict.fromkeys(askable(name, pool) for name in (*named, *against)))


def _for(expert: str, gradable: Sequence[Gradable], marking: Marking) -> Sequence[Gradable]:
    """A judge is not asked what it would then have to judge itself."""
    if expert != marking.judge or marking.itself:
        return gradable
    return [one for one in gradable if one.grader.name not in (JUDGE, PAIRWISE)]


def _spared(gradable: Sequence[Gradable], experts: Sequence[str], marking: Marking) -> list[str]:
    judge = marking.judge
    count = len(gradable) - len(_for(judge, gradable, marking)) if judge in experts else 0
    return [f"{judge} is not asked {count} questions that it would judge itself (see --judge-itself)"] if count else []
