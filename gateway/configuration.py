"""One configuration, checked as far as it can be without asking anyone: file, keys, router, addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.address import Address, addresses
from gateway.config_file import experts_in, listed
from gateway.document import read_document
from gateway.experts import Experts
from gateway.pool import Pool, gather
from gateway.reading import ROUTERS, Reading, readings
from gateway.strategies import STRATEGIES
from routers.artifacts import CategoryArtifact


@dataclass(frozen=True, slots=True)
class Configuration:
    """What experts.yaml says, with this environment's keys and this artifact's routers."""

    experts: Experts
    pool: Pool
    book: dict[str, Address]
    readings: dict[str, Reading]


def configure(path: Path, environment: Mapping[str, str], artifact: CategoryArtifact) -> Configuration:
    """ConfigError or StartError, in one line, where anything is wrong."""
    document = read_document(path, listed(Experts.model_fields))
    experts = experts_in(document, routers=ROUTERS, strategies=STRATEGIES)
    with document.placing():
        routers = readings(artifact, experts)
    return Configuration(experts, gather(experts, environment), addresses(experts), routers)
