"""The versions of experts.yaml in lines, for people. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from eval.counterfactual.knobs import in_words
from eval.counterfactual.versions import Version, Versions


def history_lines(path: Path) -> Iterator[str]:
    """The oldest first; a star at the one in force."""
    versions = Versions(path)
    history = versions.history()
    now = versions.in_force(history) if history else None
    for one in history:
        star = "*" if now is not None and one.version == now.version else " "
        yield f"{star} {one.version}  {one.at}  {one.who}  {_did(one)}"
    if not history:
        yield f"{path} has no versions; `coterie eval replay --promote` makes the first"
    elif now is None:
        yield f"{path} was edited by hand since version {history[-1].version}"


def _did(one: Version) -> str:
    why = f" ({one.why})" if one.why else ""
    if one.restores is not None:
        return f"{one.did} to {one.restores}{why}"
    changed = one.changed
    what = f" {changed['policy']}: {in_words(changed['to'])}" if changed else ""
    return f"{one.did}{what}{why}{'; ' + str(one.evidence['grounds']) if one.evidence else ''}"
