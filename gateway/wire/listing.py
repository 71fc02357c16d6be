"""GET /v1/models: everything that may stand in the `model` field, as OpenAI lists models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.address import Address
from gateway.pipeline import Pipeline
from gateway.pool import Member
from gateway.types import Json

CREATED = 1_767_225_600
"""OpenAI's clients want a number; ours says nothing (2026-01-01)."""


def models_json(pipeline: Pipeline) -> Json:
    return {"object": "list", "data": [model_json(pipeline, address) for address in pipeline.book.values()]}


def model_json(pipeline: Pipeline, address: Address) -> Json:
    """One model; what is ours stands under `coterie`."""
    model: Json = {"id": address.name, "object": "model", "created": CREATED, "owned_by": "coterie"}
    if address.expert:
        return {**model, "coterie": _expert(pipeline.pool.members[address.expert], address)}
    policy = address.policy
    return {
        **model,
        "coterie": {
            "kind": "virtual",
            "about": address.about,
            "router": policy.router,
            "strategy": policy.strategy,
            "thrift": policy.thrift,
        },
    }


def _expert(member: Member, address: Address) -> Mapping[str, Any]:
    expert = member.expert
    return {
        "kind": "expert",
        "about": address.about,
        "provider": expert.provider,
        "context": expert.context,
        "price": expert.price.model_dump(),
        "supports": sorted(expert.supports),
        "abilities": expert.abilities or {},
        "profile": expert.profile,
        "available": not member.absent,
        "reason": member.absent or None,
    }
