"""What is known of one expert of a pool: a recorded model's name, a profile that onboarding wrote, or rates by hand.

Knows no router.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from routers.abilities import Ability, ability_from_json
from routers.errors import UnknownProfile
from routers.irt.posterior import Posterior


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """recorded: the name under which the artifact's routers know the expert. Otherwise its ability, by category, and
    where it was tested its posterior under the artifact `artifact`."""

    recorded: str | None = None
    ability: Ability | None = None
    posterior: Posterior | None = None
    artifact: str = ""

    @classmethod
    def from_profile(cls, path: Path) -> Self:
        """What `coterie experts onboard` wrote; UnknownProfile, in one line, where the file is no such profile."""
        if not path.is_file():
            raise UnknownProfile(f"no profile at {path}")
        try:
            row = json.loads(path.read_bytes())
            placed = Posterior.from_json(row["irt"]) if row.get("irt") else None
            return cls(None, ability_from_json(row["ability"]), placed, str(row.get("artifact", "")))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UnknownProfile(f"{path} is not a profile that onboarding wrote: {error!r}") from None
