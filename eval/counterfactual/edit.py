"""One policy of experts.yaml with other knobs, and not another byte of the file changed. Reads and writes no file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode

from gateway.errors import ConfigError

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.:/-]*[A-Za-z0-9_]|[A-Za-z_]")
WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
"""What YAML takes for something else than a name."""


def edited(text: str, policy: str, changes: Mapping[str, Any]) -> str:
    """The file with these knobs of the policy, which is added where there is none.

    ConfigError where the file is built so that one cannot change without another (anchors), or is no mapping.
    """
    wanted = _values(text)
    policies = wanted.get("policies") or {}
    wanted = {**wanted, "policies": {**policies, policy: {**(policies.get(policy) or {}), **_plain(changes)}}}
    written = text
    for knob, value in changes.items():
        written = _with_knob(written, policy, knob, _inline(value))
    if not _says(written, wanted):
        said = ", ".join(f"{knob}: {_inline(value)}" for knob, value in changes.items())
        raise ConfigError(f"policies.{policy} cannot be changed without changing more; by hand: {said}")
    return written


def _says(text: str, wanted: Mapping[str, Any]) -> bool:
    try:
        return _values(text) == wanted
    except YAMLError:
        return False


def _values(text: str) -> dict[str, Any]:
    values = YAML(typ="safe", pure=True).load(text)
    if not isinstance(values, dict):
        raise ConfigError("experts.yaml must be a mapping")
    return values


def _plain(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {knob: list(value) if isinstance(value, tuple) else value for knob, value in changes.items()}


def _with_knob(text: str, policy: str, knob: str, value: str) -> str:
    """The innermost mapping that is there gets the rest."""
    node: Node = YAML(typ="rt", pure=True).compose(text)
    way = ("policies", policy, knob)
    for depth, key in enumerate(way):
        held = _held(node, key)
        if held is None or (depth < 2 and not (isinstance(held, MappingNode) and held.value)):
            return _put(text, node, held, way[depth:], value)
        node = held
    return _replaced(text, node, value)


def _put(text: str, node: Node, held: Node | None, keys: tuple[str, ...], value: str) -> str:
    """keys: of which the first goes into `node`; held: an empty value that it has there."""
    inner = value
    for key in reversed(keys[1:]):
        inner = f"{{{_inline(key)}: {inner}}}"
    if held is not None:
        return _filled(text, node, held, inner)
    entry = f"{_inline(keys[0])}: {inner}"
    if not isinstance(node, MappingNode) or not node.value:
        raise ConfigError("experts.yaml must be a mapping")
    first = node.value[0][0].start_mark
    if node.flow_style:
        return f"{text[: first.index]}{entry}, {text[first.index :]}"
    if keys[0] == "policies":
        return f"{text}{'' if text.endswith(chr(10)) else chr(10)}\n{entry}\n"
    return f"{text[: first.index]}{entry}\n{' ' * first.column}{text[first.index :]}"


def _filled(text: str, node: Node, held: Node, value: str) -> str:
    """In the place of an empty value; one that is not written at all may be marked anywhere after its key."""
    if held.start_mark.index < held.end_mark.index:
        return _replaced(text, held, value)
    key = next(name for name, one in node.value if one is held)
    colon = text.index(":", key.end_mark.index) + 1
    return f"{text[:colon]} {value}{text[colon:]}"


def _replaced(text: str, node: Node, value: str) -> str:
    return text[: node.start_mark.index] + value + text[_end(node) :]


def _end(node: Node) -> int:
    """Where its last word ends: a block's own mark stands after the comments that follow it."""
    if isinstance(node, CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _held(node: Node, key: str) -> Node | None:
    if not isinstance(node, MappingNode):
        return None
    return next((held for name, held in node.value if isinstance(name, ScalarNode) and name.value == key), None)


def _inline(value: Any) -> str:
    """As one writes it on a line."""
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_inline, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_inline(key)}: {_inline(held)}' for key, held in value.items())}}}"
    if isinstance(value, str) and PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    return json.dumps(value)
