"""`coterie eval replay` from the record to findings: the one place of this package that opens any."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path

from eval.counterfactual.candidate import Candidate, Wanted, candidate
from eval.counterfactual.evaluation import Case, Evaluation, judged
from eval.counterfactual.online import Progressive, progressive
from eval.counterfactual.period import period
from eval.counterfactual.reading import Recorded, read_logs
from eval.counterfactual.rereading import read_again
from eval.counterfactual.targets import Chooser, Chosen, Reread, chosen
from eval.watching import Watch
from gateway.columns import Columns
from gateway.configuration import Configuration, configure
from gateway.doubt import Doubt
from gateway.errors import ConfigError, StartError
from gateway.experts import Policy
from gateway.reading import load_artifact
from gateway.settings import environment, load_settings
from gateway.store.database import Database
from gateway.store.logbook import count_in, logged_in, prompts_in, record_at, strays_in
from routers.suite import Suite

READ, REREAD, CHOSEN = 0.4, 0.5, 0.6
"""Shares of the whole, about, after which these are done."""


@dataclass(frozen=True, slots=True)
class Sources:
    """config: experts.yaml. record: the database's URL. artifact: another one's folder, to be judged. None: as is."""

    config: Path | None = None
    record: str | None = None
    artifact: Path | None = None
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """What everything is judged by. content: experts.yaml, byte for byte."""

    path: Path
    content: bytes
    configuration: Configuration
    suite: Suite
    candidate: Candidate


def open_sources(sources: Sources, wanted: Wanted) -> Opened:
    """ConfigError or StartError, in one line, for what cannot be read or judged."""
    settings = load_settings(config=sources.config, artifact=sources.artifact)
    try:
        content = settings.config.read_bytes()
    except OSError as error:
        raise ConfigError(f"{settings.config} cannot be read ({error.strerror}); name one with --config") from None
    suite = load_artifact(settings.artifact)
    configuration = configure(settings.config, environment(), suite)
    return Opened(settings.config, content, configuration, suite, candidate(wanted, configuration))


def evaluate(given: Opened, sources: Sources, wanted: Wanted, seed: int, watch: Watch) -> Evaluation:
    """What the record says of the policies; ConfigError or StartError where it says nothing."""
    url = sources.record or load_settings().database_url.get_secret_value()
    now, then = given.candidate.now, given.candidate.then
    said = None
    learners: dict[Policy, Progressive | None] = {}
    with record_at(url) as database:
        recorded = _read(database, sources, wanted.policy, watch)
        if sources.artifact is not None or now.router != then.router:
            heard = _steps(watch, "reading texts", len(recorded.seen), READ, REREAD)
            reading = given.configuration.readings[then.router]
            again = read_again(recorded, partial(prompts_in, database), reading, heard)
            recorded, said = again.recorded, again.said
        for policy in (now, then):
            if policy.learn is not None:
                learners[policy] = _learner(given, policy, database, sources)
    choosers = [_chooser(given, wanted.policy, now, None)]
    if said is not None or given.candidate.changes:
        choosers.append(_chooser(given, given.candidate.name, then, said))
    choosers = [replace(one, corrected=learners.get(one.policy)) for one in choosers]
    found = [_chosen(one, recorded, watch) for one in choosers]
    return judged(Case(database.name, wanted.policy, given.candidate.changes, recorded, tuple(found)), seed, watch)


def _read(database: Database, sources: Sources, policy: str, watch: Watch) -> Recorded:
    since, until = period(sources.since, sources.until, time.time())
    heard = _steps(watch, "reading the record", count_in(database, since, until), 0.0, READ)
    recorded = read_logs(logged_in(database, since, until), policy, heard)
    recorded.tally.strays = strays_in(database)
    if not recorded.tally.kept:
        said = "; ".join(line.strip() for line in recorded.tally.lines(policy))
        raise StartError(f"{database.name} holds no decision of policy {policy} in this period that counts: {said}")
    return recorded


def _learner(given: Opened, policy: Policy, database: Database, sources: Sources) -> Progressive | None:
    """What a policy that learns goes by; reads the record once more."""
    since, until = period(sources.since, sources.until, time.time())
    reference_usd = Columns.of(given.configuration.pool.members.values()).reference_usd
    return progressive(logged_in(database, since, until), policy, given.configuration, reference_usd)


def _chooser(given: Opened, name: str, policy: Policy, said: Reread | None) -> Chooser:
    configuration = given.configuration
    doubt = None
    if policy.abstain is not None:
        doubt = Doubt.of(policy.abstain, policy.router, given.suite.manifest.selective)
    return Chooser(
        name=name,
        policy=policy,
        general=configuration.general[policy.router],
        reference_usd=Columns.of(configuration.pool.members.values()).reference_usd,
        least_chance=None if doubt is None else doubt.first,
        said=said,
    )


def _chosen(chooser: Chooser, recorded: Recorded, watch: Watch) -> Chosen:
    """ConfigError where the policy would ask somebody of whom the record knows nothing."""
    logs = recorded.logs
    unknown = [name for name in chooser.policy.experts or () if name not in logs.experts]
    if unknown:
        raise ConfigError(
            f"{unknown[0]} was never among those who could be asked, so the record says nothing of it; let the policy"
            " ask it too, with explore: 0.05, and replay when there is feedback"
        )
    return chosen(chooser, recorded, _steps(watch, f"choosing as {chooser.name}", len(logs), REREAD, CHOSEN))


def _steps(watch: Watch, doing: str, total: int, begin: float, end: float) -> Callable[[], None]:
    """One step at each call; the terminal hears of every hundredth part."""
    done, each = count(1), max(total // 100, 1)

    def heard() -> None:
        number = next(done)
        if number % each == 0:
            watch(doing, begin + (end - begin) * min(number / max(total, 1), 1.0))

    return heard
