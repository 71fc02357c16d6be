"""`--promote`: from what a replay found to a new version of experts.yaml. Knows no command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from eval.counterfactual.candidate import Wanted
from eval.counterfactual.command import Opened
from eval.counterfactual.evaluation import Evaluation
from eval.counterfactual.evidence import Gain, NotProven, as_evidence, grounds
from eval.counterfactual.knobs import difference, in_words
from eval.counterfactual.promotion import Change, promote
from eval.counterfactual.versions import Note
from gateway.errors import ConfigError
from gateway.experts import RESERVED
from gateway.settings import environment

RELOAD = "a running gateway reads it at SIGHUP or POST /admin/reload"


def check_promotable(given: Opened, wanted: Wanted, artifact: Path | None) -> None:
    """ConfigError, before long work, for what is no entry of experts.yaml."""
    if artifact is not None:
        raise ConfigError(f"--promote: routers are no part of experts.yaml; serve with COTERIE_ARTIFACT={artifact}")
    if wanted.policy != RESERVED and wanted.policy not in given.configuration.experts.policies:
        raise ConfigError(
            f"--promote: {wanted.policy} is no entry of {given.path}; it follows {RESERVED}, promote that"
        )
    if not given.candidate.changes:
        raise ConfigError("--promote: nothing is changed; say what with --set, --experts, --router or --instead")


def put_in_force(given: Opened, evaluation: Evaluation, margin: float, force: str | None) -> Iterator[str]:
    """What was done, in lines; NotProven where the evidence does not allow it and nobody insists."""
    assert evaluation.then is not None and evaluation.gain is not None
    said = _grounds(evaluation.gain, margin, force)
    changes, now = given.candidate.changes, given.candidate.now
    note = Note(
        "promoted",
        why=force or "",
        changed={
            "policy": evaluation.policy,
            "from": difference(given.candidate.then, now),
            "to": dict(changes),
        },
        evidence=as_evidence(evaluation.then, evaluation.gain, said),
    )
    version = promote(given.path, Change(given.content, evaluation.policy, changes), note, environment(), given.suite)
    yield f"promoted ({said})"
    yield f"version {version.version} of {given.path} has {evaluation.policy} with {in_words(changes)}"
    yield f"{RELOAD}; `coterie eval rollback` takes it back"
    if given.candidate.then.explore == 0 and given.candidate.then.learn is None:
        yield "note: with explore: 0 later logs cannot tell what else might be better; explore: 0.05 keeps them able to"


def _grounds(gain: Gain, margin: float, force: str | None) -> str:
    try:
        return grounds(gain, margin)
    except NotProven as error:
        if force is None:
            raise
        return f"forced, though {str(error).removeprefix('not promoted: ')}"
