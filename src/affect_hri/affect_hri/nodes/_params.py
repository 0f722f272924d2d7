"""ROS parameters declared from the library's dataclasses: a default has one home."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from rcl_interfaces.msg import ParameterDescriptor
from rclpy.node import Node

from affect_core.config import Settings, from_mapping
from affect_core.errors import ConfigError

S = TypeVar("S", bound=Settings)


def declare(node: Node, kind: type[Settings]) -> None:
    """Declare one parameter per field of ``kind``, with its default, description and range."""
    for item in dataclasses.fields(kind):
        if node.has_parameter(item.name):
            continue
        description = ParameterDescriptor(description=_describe(item), dynamic_typing=True)
        node.declare_parameter(item.name, _to_parameter(item.default), description)


def read(node: Node, kind: type[S]) -> S:
    """The settings that the node's parameters hold; raises ConfigError for a value out of range."""
    names = [item.name for item in dataclasses.fields(kind)]
    values = {name: node.get_parameter(name).value for name in names}
    return from_mapping(kind, values, source=f"parameters of {node.get_name()}")


def problem_with(node: Node, kinds: tuple[type[Settings], ...], changes: dict[str, Any]) -> str:
    """Why these parameter changes cannot be taken; empty if they can."""
    try:
        for kind in kinds:
            names = {item.name for item in dataclasses.fields(kind)}
            current = {name: node.get_parameter(name).value for name in names}
            from_mapping(kind, current | {k: v for k, v in changes.items() if k in names}, node.get_name())
    except ConfigError as error:
        return str(error)
    return ""


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
