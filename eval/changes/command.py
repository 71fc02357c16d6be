"""`coterie eval regression` from files to a judgement: the one place of it that reads any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from eval.changes.change import change_between
from eval.changes.choices import Chooser, choice_change
from eval.changes.draws import Draws, read_draws
from eval.changes.judgement import Asked, Judgement, judged
from eval.changes.page import figures_of, page_of
from eval.changes.plan import read_chances
from eval.changes.report import as_json, lines, sheets
from eval.encodings import Encodings
from eval.report.published import Report, publish_report
from eval.routing.command import BUNDLED, suite_at
from eval.routing.data import trial_of
from eval.routing.prices import read_models
from eval.routing.rows import Resampling
from eval.routing.suite import known_to
from gateway.configuration import read_experts
from gateway.experts import Policy
from routers.base import Array
from routers.categories import nearest
from routers.errors import TableError
from routers.questions import Questions, read_questions, some
from routers.suite import Suite
from routers.table import read_table


@dataclass(frozen=True, slots=True)
class Terms:
    """What is to be ruled out, how sure the figures are to be, and whether the report may quote questions."""

    margin: float
    resampling: Resampling
    texts: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """One side of a change of choice. artifact: None for the bundled one. policy: of the configuration, by name."""

    artifact: Path | None = None
    router: str = "blend"
    thrift: float = 0.0
    policy: str | None = None
    config: Path | None = None


def judge_versions(
    questions: Path,
    before: Path,
    after: Path,
    experts: Sequence[str] | None,
    plan: Path | None,
    terms: Terms,
) -> Judgement:
    """Experts (a name, or `old=new`) on questions answered before and after; RouterError, in one line."""
    asked = read_questions(questions)
    old, new = read_draws(before, asked), read_draws(after, asked)
    pairs = _pairs(old, new, experts, (before, after))
    chances = None if plan is None else read_chances(plan, asked)
    changes = [
        change_between(asked, old, new, pair, None if chances is None else _of(chances, pair, plan)) for pair in pairs
    ]
    notes = [*asked.left_out, *dict.fromkeys((*old.left_out, *new.left_out))]
    if before.resolve() == after.resolve():
        notes.append("before and after are the same file")
    return judged(changes, _asked(asked, terms), terms.margin, terms.resampling, notes=notes)


def judge_choices(
    questions: Path,
    outcomes: Path,
    settings: tuple[Setting, Setting],
    experts: Sequence[str] | None,
    models: Path | None,
    terms: Terms,
    encodings: Encodings,
) -> Judgement:
    """Two ways of choosing on recorded outcomes; RouterError or GatewayError, in one line."""
    table = read_table(questions, outcomes, experts, without=())
    suites = _suites(settings, encodings)
    for suite in suites:
        table = known_to(suite, table, experts)
    trial = trial_of(table, None if models is None else read_models(models))
    before, after = (_chooser(suite, setting) for suite, setting in zip(suites, settings, strict=True))
    change, moves = choice_change(trial, before, after, terms.resampling)
    texts = trial.texts if terms.texts else None
    asked = Asked(trial.table.query_ids, trial.table.categories, trial.table.groups, texts)
    return judged([change], asked, terms.margin, terms.resampling, [moves], trial.left_out)


def publish_judgement(found: Judgement, json: Path | None, html: Path | None = None) -> None:
    """See `publish_report`."""
    report = Report(as_json(found), sheets(found), lines(found), partial(figures_of, found), partial(page_of, found))
    publish_report(report, json, html)


def _pairs(
    old: Draws, new: Draws, named: Sequence[str] | None, paths: tuple[Path, Path]
) -> tuple[tuple[str, str], ...]:
    if named is None:
        both = tuple((name, name) for name in old.experts if name in new.experts)
        if not both:
            raise TableError(
                f"{paths[0]} ({some(old.experts)}) and {paths[1]} ({some(new.experts)}) have no expert in common; "
                "say --experts old=new"
            )
        return both
    pairs = []
    for name in named:
        first, _, second = (name, "", name) if name in old.experts and name in new.experts else name.partition("=")
        pairs.append((first, second or first))
    for side, there, path in ((0, old.experts, paths[0]), (1, new.experts, paths[1])):
        if strange := [pair[side] for pair in pairs if pair[side] not in there]:
            near = nearest(strange[0], there)
            raise TableError(f"{path} has no outcome of {some(strange)}; the nearest it has are {near}")
    return tuple(pairs)


def _of(chances: Mapping[str, Array], pair: tuple[str, str], plan: Path | None) -> Array:
    """The chances of the expert that was asked again, by its new name or its old one."""
    for name in reversed(pair):
        if name in chances:
            return chances[name]
    raise TableError(f"{plan} asks {some(chances)}, not {pair[1]}")


def _asked(asked: Questions, terms: Terms) -> Asked:
    numbered = np.unique(asked.groups, return_inverse=True)[1]
    return Asked(asked.query_ids, asked.categories, numbered, asked.texts if terms.texts else None)


def _suites(settings: tuple[Setting, Setting], encodings: Encodings) -> tuple[Suite, Suite]:
    """Both artifacts, loaded once where they are one."""
    folders = [setting.artifact or BUNDLED for setting in settings]
    loaded = {folder: encodings.behind(suite_at(folder)) for folder in dict.fromkeys(folders)}
    return loaded[folders[0]], loaded[folders[1]]


def _chooser(suite: Suite, setting: Setting) -> Chooser:
    if setting.policy is None:
        return Chooser(suite, setting.router, setting.thrift)
    policy = _policy(setting.policy, setting.config or Path("experts.yaml"))
    return Chooser(suite, policy.router, policy.thrift, policy.experts)


def _policy(name: str, config: Path) -> Policy:
    _, experts = read_experts(config)
    if name != "auto" and name not in experts.policies:
        raise TableError(f"{config} has no policy {name}; it has {some(experts.policies) or 'none'}")
    return experts.policy(name)
