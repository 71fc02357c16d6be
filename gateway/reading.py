"""A trained router as the gateway uses it: the artifact's encoder and classifier, with this pool's experts in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gateway.errors import ConfigError
from gateway.experts import Expert, Experts
from routers.abilities import Ability, Profiles
from routers.artifacts import CategoryArtifact, load_bundled, load_category
from routers.base import Encoder, Router
from routers.errors import ArtifactError, UnknownProfile


@dataclass(frozen=True, slots=True)
class Reading:
    """One router by name. Below `sure_above` its reading of a query is not to be relied on."""

    name: str
    encoder: Encoder
    router: Router
    sure_above: float
    version: str


ROUTERS: frozenset[str] = frozenset({"category"})
"""The routers that a policy or a wish may name."""


def load_artifact(folder: Path | None) -> CategoryArtifact:
    """The operator's own artifact, or the bundled one; ConfigError where it cannot be used."""
    try:
        return load_bundled() if folder is None else load_category(folder)
    except ArtifactError as error:
        raise ConfigError(f"router artifact: {error}") from None


def readings(artifact: CategoryArtifact, experts: Experts) -> dict[str, Reading]:
    """The routers over this pool, by name; ConfigError where an expert's abilities or profile are not known."""
    abilities = {expert.name: _ability(expert, artifact.profiles) for expert in experts.experts}
    category = Reading("category", artifact.encoder, artifact.router(abilities), artifact.sure_above, artifact.version)
    return {category.name: category}


def _ability(expert: Expert, profiles: Profiles) -> Ability:
    try:
        if expert.profile is not None:
            return profiles.profile(expert.profile)
        return Ability.declared(expert.abilities) if expert.abilities else Ability.unknown()
    except UnknownProfile as error:
        raise ConfigError(f"experts.yaml: {expert.name}.profile: {error}") from None
    except ValueError as error:
        raise ConfigError(f"experts.yaml: {expert.name}.abilities: {error}") from None
