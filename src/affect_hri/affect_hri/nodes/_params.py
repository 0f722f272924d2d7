"""ROS parameters declared from the library's dataclasses: a default has one home."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from rcl_interfaces.msg import ParameterDescriptor
from rclpy.node import Node

from affect_core.config import Settings, from_mapping
from affect_core.errors import AffectError, ConfigError

S = TypeVar("S", bound=Settings)


def declare(node: Node, kind: type[Settings]) -> None:
    """Declare one parameter per field of ``kind``, with its default, description and range."""
    for item in dataclasses.fields(kind):
        if node.has_parameter(item.name):
            continue
        description = ParameterDescriptor(description=_describe(item), dynamic_typing=True)
        node.declare_parameter(item.name, _to_parameter(item.default), description)


def read(node: Node, kind: type[S], changes: Mapping[str, Any] | None = None) -> S:
    """The settings that the node's parameters hold, with changes; raises ConfigError for a value out of range."""
    names = [item.name for item in dataclasses.fields(kind)]
    held = {name: node.get_parameter(name).value for name in names}
    values = {name: _plain((changes or {}).get(name, held[name])) for name in names}
    return from_mapping(kind, values, source=f"parameters of {node.get_name()}")


def problem_with(node: Node, kinds: tuple[type[Settings], ...], changes: dict[str, Any]) -> str:
    """Why these parameter changes cannot be taken; empty if they can."""
    try:
        for kind in kinds:
            names = {item.name for item in dataclasses.fields(kind)}
            current = {name: node.get_parameter(name).value for name in names}
            new = current | {k: v for k, v in changes.items() if k in names}
            from_mapping(kind, {k: _plain(v) for k, v in new.items()}, node.get_name())
    except ConfigError as error:
        return str(error)
    return ""


class Adapters:
    """Which parameters of a configured node can be changed, and who takes them."""

    def __init__(self) -> None:
        self._known: list[tuple[type[Settings], frozenset[str], Callable[[Any], None]]] = []

    def add(self, kind: type[S], names: Collection[str], take: Callable[[S], None]) -> None:
        """``take`` gets the settings when one of these parameters is to be changed; it refuses by an AffectError."""
        self._known.append((kind, frozenset(names), take))

    def clear(self) -> None:
        """None any more."""
        self._known.clear()

    def problem_with(self, node: Node, kinds: tuple[type[Settings], ...], changes: dict[str, Any]) -> str:
        """Make these changes, which are in range; why not, if one cannot be made: then none is."""
        ours = {item.name for kind in kinds for item in dataclasses.fields(kind)}
        new = {k for k in changes.keys() & ours if _plain(changes[k]) != _plain(node.get_parameter(k).value)}
        can = set().union(*(names for _, names, _ in self._known))
        if fixed := sorted(new - can):
            return (
                f"{', '.join(fixed)}: fixed while {node.get_name()} is configured; clean it up first (ros2 lifecycle "
                f"set {node.get_fully_qualified_name()} deactivate, then cleanup), change it, and configure it again"
            )
        taken: list[tuple[type[Settings], Callable[[Any], None]]] = []
        try:
            for kind, names, take in self._known:
                if names & new:
                    take(read(node, kind, changes))
                    taken.append((kind, take))
        except AffectError as error:
            for kind, take in taken:
                take(read(node, kind))
            return str(error)
        return ""


def _plain(value: Any) -> Any:
    """Lists of numbers come as arrays when they came by a service."""
    return value if isinstance(value, str) or not isinstance(value, Sequence) else list(value)


def _describe(item: dataclasses.Field[Any]) -> str:
    low, high, choices = (item.metadata.get(key) for key in ("low", "high", "choices"))
    parts = [item.metadata.get("doc", "")]
    if low is not None or high is not None:
        parts.append(f"range {low if low is not None else '-inf'}..{high if high is not None else 'inf'}")
    if choices:
        parts.append(f"one of {', '.join(choices)}")
    return "; ".join(part for part in parts if part)


def _to_parameter(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
