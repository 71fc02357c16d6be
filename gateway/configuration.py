"""One configuration, checked as far as it can be without asking anyone: file, keys, router, addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.address import Address, addresses
from gateway.budgets import within_budgets
from gateway.columns import Columns
from gateway.config_file import experts_in, listed
from gateway.document import Document, Misplaced, read_document
from gateway.experts import AUTO, PROMPTS, Experts
from gateway.leads import Rates, leads_of
from gateway.lengths import ratios
from gateway.pool import Pool, gather
from gateway.reading import ROUTERS, Reading, readings, rows_of
from gateway.reference import PLAIN, Reference
from gateway.retrieval.knowing import Knowing, knowing_of
from gateway.strategies import STRATEGIES
from routers.base import Array
from routers.errors import ArtifactError
from routers.packs import Packs, load_packs
from routers.suite import Suite


@dataclass(frozen=True, slots=True)
class Configuration:
    """What experts.yaml says, with this environment's keys and this suite's routers."""

    experts: Experts
    pool: Pool
    book: dict[str, Address]
    readings: dict[str, Reading]
    habits: Array
    """(m,): how many times as much as the average expert each of the pool writes."""
    general: dict[str, Mapping[str, float]]
    """By router: what each expert scores on average over all categories."""
    packs: Mapping[str, Packs]
    """By the name that policies give."""
    leads: Mapping[str, Rates]
    """By expert, how well it makes one answer of several."""
    knowing: Knowing | None
    """Documents to look into; None where the file names none."""


def configure(path: Path, environment: Mapping[str, str], suite: Suite) -> Configuration:
    """ConfigError or StartError, in one line, where anything is wrong."""
    document, experts = read_experts(path)
    with document.placing():
        routers = readings(suite, experts, path.parent)
        _check_routers(experts, routers)
        packs = _packs(experts, suite.reader.version, path.parent)
        leads = leads_of(experts, path.parent)
        knowing = knowing_of(experts.knowledge, path.parent)
    pool = gather(experts, environment)
    habits = ratios(Columns.of(pool.members.values()), suite.verbosity)
    with document.placing():
        experts = within_budgets(experts, pool, routers, habits)
    book, general = addresses(experts, routers), _general(suite, routers)
    return Configuration(experts, pool, book, routers, habits, general, packs, leads, knowing)


def read_experts(path: Path) -> tuple[Document, Experts]:
    """The file with its lines, and what it says; ConfigError in one line."""
    document = read_document(path, listed(Experts.model_fields))
    return document, experts_in(document, routers=ROUTERS, strategies=(AUTO, *STRATEGIES))


def _general(suite: Suite, routers: Mapping[str, Reading]) -> dict[str, Mapping[str, float]]:
    """By router: what it expects of each expert on average over all categories. The plain questions are read once."""
    texts = tuple(PLAIN.values())
    rows = rows_of(suite.reader, texts)
    return {name: Reference.on(rows, reading, texts).general() for name, reading in routers.items()}


def _check_routers(experts: Experts, routers: Mapping[str, Reading]) -> None:
    """Misplaced where a policy names a router that the artifact lacks."""
    for name, policy in {"auto": experts.policy(), **experts.policies}.items():
        if policy.router not in routers:
            known = ", ".join(sorted(routers)) or "none"
            raise Misplaced(
                ("policies", name, "router"),
                f"the artifact has no router {policy.router}; it has {known}",
            )


def _packs(experts: Experts, reader: str, folder: Path) -> dict[str, Packs]:
    """The prompt packs of every policy; Misplaced where a file is not usable, or a policy needs one and names none."""
    found: dict[str, Packs] = {}
    for name, policy in {"auto": experts.policy(), **experts.policies}.items():
        if policy.packs is None:
            if policy.strategy == PROMPTS:
                raise Misplaced(
                    ("policies", name, "strategy"), f"{PROMPTS} needs packs, a file that `coterie prompts learn` wrote"
                )
            continue
        try:
            found[policy.packs] = load_packs(folder / policy.packs, reader)
        except ArtifactError as error:
            raise Misplaced(("policies", name, "packs"), str(error)) from None
    return found
