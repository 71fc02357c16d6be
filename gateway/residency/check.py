"""What experts.yaml says of groups, checked: rooms that can hold their models, hooks that fit their providers."""

from __future__ import annotations

from gateway.document import Misplaced, Where
from gateway.errors import StartError
from gateway.experts import Expert, Experts, Group, Residency

HOOKS = {"local": ("local",), "openai": ("ollama", "llamacpp", "vllm", "none")}


def check_groups(experts: Experts) -> None:
    """Misplaced where an expert and its group cannot go together."""
    groups_of_files: dict[str, tuple[str, str | None]] = {}
    for place, expert in enumerate(experts.experts):
        where = ("experts", place, "residency")
        residency = expert.residency
        if residency is not None:
            _check_group(residency, experts, where)
            _check_hook(expert, residency, where)
        if expert.provider == "local":
            group = residency.group if residency else None
            other, theirs = groups_of_files.setdefault(expert.model, (expert.name, group))
            if theirs != group:
                raise Misplaced(where, f"'{other}' runs the same file; put both in the same group, or neither in any")


def check_alone(experts: Experts, workers: int) -> None:
    """StartError where several processes would fill one device, each by its own plan."""
    if experts.groups and workers > 1:
        raise StartError("several workers cannot share out the devices of `groups`; start one worker, or take them out")


def _check_group(residency: Residency, experts: Experts, where: Where) -> None:
    group = experts.groups.get(residency.group)
    if group is None:
        allowed = ", ".join(sorted(experts.groups)) or f"none; add `groups: {{{residency.group}: {{room: 1}}}}`"
        raise Misplaced((*where, "group"), f"no such group: {residency.group!r}. Allowed: {allowed}")
    if group.room_gb is None:
        return
    if residency.size_gb == 0:
        raise Misplaced(
            (*where, "size_gb"), f"is missing; group {residency.group!r} has a room_gb, so every size must be known"
        )
    if residency.size_gb > group.room_gb:
        raise Misplaced(
            (*where, "size_gb"),
            f"{residency.size_gb:g} GB never fit into group {residency.group!r}, which has room for {group.room_gb:g}",
        )


def _check_hook(expert: Expert, residency: Residency, where: Where) -> None:
    allowed = HOOKS.get(expert.provider, ("none",))
    if residency.hook is not None and residency.hook not in allowed:
        raise Misplaced(
            (*where, "hook"),
            f"{residency.hook} is no hook for provider {expert.provider}. Allowed: {', '.join(allowed)}",
        )


def hook_of(expert: Expert, residency: Residency) -> str:
    """The hook given, or the one that goes without saying."""
    return residency.hook or ("local" if expert.provider == "local" else "none")


def size_of(residency: Residency, group: Group) -> float:
    """In the measure of the group's room."""
    return residency.size_gb if group.room_gb is not None else 1.0
