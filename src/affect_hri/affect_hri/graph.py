"""Which nodes a scenario runs, read from config/graph.yaml: the one description behind launch files and composed runs.

Standard library and yaml only: launch files come here through `affect_hri.launching`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Value = bool | int | float | str | list[str]


class GraphError(ValueError):
    """The graph file, or an argument given to it, is wrong."""


@dataclass(frozen=True)
class Argument:
    """One argument of a scenario."""

    name: str
    default: Value
    doc: str
    choices: tuple[str, ...] = ()

    def parse(self, text: Any) -> Value:
        """A value of the default's type from command-line text."""
        value = yaml.safe_load(text) if isinstance(text, str) and not isinstance(self.default, str) else text
        value = str(value) if isinstance(self.default, str) else value
        if type(value) is not type(self.default):
            raise GraphError(f"{self.name}: expected {type(self.default).__name__}, got {text!r}")
        if self.choices and value not in self.choices:
            raise GraphError(f"{self.name}: expected one of {', '.join(self.choices)}, got {text!r}")
        return value


@dataclass(frozen=True)
class NodeSpec:
    """One node to run: ``<name>_node`` as an executable, ``name`` as a node.

    Attributes:
        parameters: ROS parameters.
        ends: the run is over when all nodes marked so have ended.
    """

    name: str
    parameters: dict[str, Value]
    ends: bool

    @property
    def executable(self) -> str:
        """Name of the executable."""
        return f"{self.name}_node"


class Scenario:
    """A scenario of the graph file; `resolve` says which nodes run for given arguments."""

    def __init__(self, name: str, content: Mapping[str, Any], common: Mapping[str, Any]) -> None:
        self.name, self.doc = name, str(content["doc"])
        own = dict(content["arguments"])
        rows = {key: common[key] for key in own.pop("use", [])} | own
        self.arguments = tuple(
            Argument(key, row["default"], row["doc"], tuple(row.get("choices", ())))
            for key, row in rows.items()
        )
        self._constants = dict(content.get("constants", {}))
        self._nodes = content["nodes"]

    def resolve(self, given: Mapping[str, Any]) -> list[NodeSpec]:
        """The nodes to run.

        Args:
            given: argument -> value or text; what is not given has its default.

        Raises:
            GraphError: an unknown argument, or a value that is not one of its choices.
        """
        try:
            return self._resolved(given)
        except (TypeError, AttributeError, LookupError) as error:
            raise GraphError(
                f"scenario {self.name}: a value is missing or of another kind than expected: {error!r}"
            ) from error

    def _resolved(self, given: Mapping[str, Any]) -> list[NodeSpec]:
        known = {argument.name: argument for argument in self.arguments}
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise GraphError(f"unknown argument {', '.join(unknown)}; {self.name} knows: {', '.join(known)}")
        values = {name: item.parse(given.get(name, item.default)) for name, item in known.items()}
        values |= self._constants
        rows = [row for row in self._nodes if _runs(row, values)]
        names = [row["node"] for row in rows]
        return [_spec(row, values, names) for row in rows]


def load_scenario(name: str, graph_file: Path) -> Scenario:
    """One scenario of a graph file; an unknown name lists the known ones."""
    try:
        content = yaml.safe_load(graph_file.read_text())
        scenarios = content["scenarios"]
        if name not in scenarios:
            raise GraphError(f"unknown scenario {name!r}; known: {', '.join(scenarios)}")
        return Scenario(name, scenarios[name], content["common"])
    except GraphError:
        raise
    except Exception as error:  # whatever a damaged file makes of PyYAML, or lacks
        raise GraphError(
            f"{graph_file}: expected a graph like config/graph.yaml: {type(error).__name__}: {error}"
        ) from error


def _runs(row: Mapping[str, Any], values: Mapping[str, Value]) -> bool:
    return _holds(row.get("when", {}), values) and not ("unless" in row and _holds(row["unless"], values))


def _holds(conditions: Mapping[str, list[Value]], values: Mapping[str, Value]) -> bool:
    return all(values[name] in allowed for name, allowed in conditions.items())


def _spec(row: Mapping[str, Any], values: Mapping[str, Value], names: list[str]) -> NodeSpec:
    parameters = {key: _fill(value, values) for key, value in row.get("parameters", {}).items()}
    shared = {key: values[key] for key in ("clock", "image_reliability") if key in values}
    waiting = {"wait_for": [name for name in names if name != row["node"]]} if row.get("waits") else {}
    return NodeSpec(row["node"], {**shared, **parameters, **waiting}, bool(row.get("ends", False)))


def _fill(value: Value, values: Mapping[str, Value]) -> Value:
    return values[value[1:]] if isinstance(value, str) and value.startswith("$") else value
