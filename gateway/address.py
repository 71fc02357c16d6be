"""What the `model` field means: an expert by name, a policy, or a policy with its knob, router or strategy set."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from rapidfuzz import process

from gateway.errors import UnknownModel
from gateway.experts import PROMPTS, RESERVED, Experts, Policy
from gateway.reading import ROUTERS
from gateway.strategies import STRATEGIES

KNOBS: dict[str, dict[str, float]] = {
    "cheap": {"thrift": 0.8},
    "fast": {"haste": 0.8},
    "best": {"thrift": 0.0, "haste": 0.0},
}

RAG, ABILITIES = "auto:rag", "irt"
"""The address of ExpertRAG, whose gate stands on the router of abilities."""


@dataclass(frozen=True, slots=True)
class Address:
    """Who is meant: one expert, or a policy that chooses. `expert` is '' where a policy chooses."""

    name: str
    expert: str
    policy: Policy
    about: str


def addresses(experts: Experts, routers: Collection[str] = ROUTERS) -> dict[str, Address]:
    """Everything that may stand in the `model` field; routers: those that the artifact has."""
    book = {address.name: address for address in _virtual(experts, routers)}
    auto = experts.policy()
    for expert in experts.experts:
        about = expert.description or f"expert: {expert.model} ({expert.provider})"
        book[expert.name] = Address(expert.name, expert.name, auto, about)
    return book


def find(book: dict[str, Address], name: str) -> Address:
    """The address of that name; UnknownModel names the nearest ones."""
    if name not in book:
        if name == f"{RESERVED}:{PROMPTS}":
            raise UnknownModel(f"The model '{name}' needs a policy '{RESERVED}' that names `packs`.", param="model")
        if name == RAG:
            raise UnknownModel(f"The model '{name}' needs `knowledge` in experts.yaml: documents.", param="model")
        meant = name.replace("coterie/", f"{RESERVED}:")
        close = [match for match, _, _ in process.extract(meant, list(book), limit=3, score_cutoff=50)]
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise UnknownModel(f"The model '{name}' does not exist.{hint} GET /v1/models lists all.", param="model")
    return book[name]


def _virtual(experts: Experts, routers: Collection[str]) -> Iterator[Address]:
    auto = experts.policy()
    yield Address(RESERVED, "", auto, "the default policy chooses")
    for knob, change in KNOBS.items():
        yield Address(f"auto:{knob}", "", auto.model_copy(update=change), f"the default policy, {knob}")
    for router in sorted(routers):
        yield Address(f"auto:{router}", "", auto.model_copy(update={"router": router}), f"router {router} alone")
    if experts.knowledge is not None and ABILITIES in routers:
        together = auto.model_copy(update={"router": ABILITIES, "retrieve": "auto"})
        yield Address(RAG, "", together, "expert and documents chosen together")
    for strategy in STRATEGIES:
        if strategy == PROMPTS and auto.packs is None:
            continue
        yield Address(f"auto:{strategy}", "", auto.model_copy(update={"strategy": strategy}), f"strategy {strategy}")
    for name, policy in experts.policies.items():
        if name != RESERVED:
            yield Address(name, "", policy, f"policy {name}")
