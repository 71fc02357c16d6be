"""The groups of this process, and the seats that each configuration's experts take in them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from gateway.clients.build import Workshop
from gateway.dispatch.lane import Lane
from gateway.experts import Experts
from gateway.pool import Member, Pool
from gateway.residency.check import hook_of, size_of
from gateway.residency.group import Group
from gateway.residency.hooks.endpoint import Endpoint
from gateway.residency.hooks.llamacpp import LlamaCppWeights
from gateway.residency.hooks.local import LocalWeights
from gateway.residency.hooks.ollama import OllamaWeights
from gateway.residency.hooks.vllm import VllmWeights
from gateway.residency.seat import Seat
from gateway.residency.slot import Slot
from gateway.residency.weights import Unmanaged, Weights

PATIENCE = 10.0
"""A load that takes this many times as long as was said has failed,"""
LEAST_PATIENCE_S = 120.0
"""but not sooner than this."""


@dataclass(frozen=True, slots=True)
class Seating:
    """Who of one configuration sits where; experts that share nothing have no seat."""

    seats: Mapping[str, Seat]

    def open(self, lanes: Mapping[str, Lane], resting: Callable[[], Collection[str]]) -> None:
        """These are the lanes of all experts, and who is being left alone."""

        def wait_of(expert: str) -> float:
            seat, lane = self.seats.get(expert), lanes.get(expert)
            if lane is None or expert in resting() or (seat is not None and not seat.serves()):
                return float("inf")
            return lane.expected_wait_s()

        for name, seat in self.seats.items():
            seat.take(lanes[name], wait_of)


class Groups:
    """`await groups.seating(...)` for each configuration; closing stops every group."""

    def __init__(self) -> None:
        self.by_name: dict[str, Group] = {}

    async def close(self) -> None:
        """No more loads."""
        for group in self.by_name.values():
            await group.close()

    async def seating(self, experts: Experts, pool: Pool, workshop: Workshop) -> Seating:
        """Seats for those of the pool that share a device. Raises ModelError where a local file is not to be had."""
        seats: dict[str, Seat] = {}
        for member in pool.present:
            residency = member.expert.residency
            if residency is None:
                continue
            terms = experts.groups[residency.group]
            group = self.by_name.setdefault(residency.group, Group(residency.group, terms))
            group.terms = terms
            weights = await weights_of(member, workshop)
            slot = Slot(weights, size_of(residency, terms), residency.load_s, member.expert.breaker_rest_s)
            seats[member.expert.name] = group.seat(slot)
        return Seating(seats)


async def weights_of(member: Member, workshop: Workshop) -> Weights:
    """What an expert answers with, and how that is loaded. Experts on the same weights get the same name."""
    expert = member.expert
    assert expert.residency is not None
    hook = hook_of(expert, expert.residency)
    if hook == "local":
        return LocalWeights(str(await workshop.local.path(expert.model)), expert.model, workshop.local)
    root = (expert.base_url or expert.provider).removesuffix("/v1")
    name = f"{root} {expert.model}"
    patience_s = max(LEAST_PATIENCE_S, PATIENCE * expert.residency.load_s)
    endpoint = Endpoint(root, member.key, workshop.transports.within(expert.connect_timeout_s), patience_s)
    match hook:
        case "ollama":
            return OllamaWeights(name, expert.model, endpoint)
        case "llamacpp":
            return LlamaCppWeights(name, expert.model, endpoint)
        case "vllm":
            return VllmWeights(root, endpoint)
        case _:
            return Unmanaged(name)
