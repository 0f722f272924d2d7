"""A scenario composed in one program: the node classes of the graph, frames and crops handed over in memory."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import rclpy
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions

from affect_core.errors import ConfigError
from affect_core.paths import find_shared
from affect_hri.graph import GraphError, NodeSpec, load_scenario
from affect_hri.middleware import PROFILE, use_profile
from affect_hri.nodes import _topics
from affect_hri.nodes._managed import ManagedNode
from affect_hri.nodes._ports import Handover
from affect_hri.program import Program, Signals

FRAME_SOURCES = ("avatar", "camera", "replay")
IMAGE_TOPICS = (_topics.IMAGE_RAW.name, _topics.IMAGE_COMPRESSED.name)


class Composed:
    """The nodes of a scenario in this process. Use as a context manager.

    Args:
        scenario: a name in config/graph.yaml.
        arguments: argument -> value.
        overrides: node -> parameter -> value, on top of the graph's.

    Raises:
        ConfigError: unknown scenario or argument.
    """

    def __init__(
        self,
        scenario: str,
        arguments: Mapping[str, Any],
        overrides: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        try:
            specs = load_scenario(scenario, find_shared("config/graph.yaml")).resolve(arguments)
        except GraphError as error:
            raise ConfigError(str(error)) from error
        has_frames = any(spec.name in FRAME_SOURCES for spec in specs)
        self._handover = Handover(from_outside=() if has_frames else IMAGE_TOPICS)
        self._overrides = overrides or {}
        self._specs = specs
        self.nodes: dict[str, ManagedNode] = {}

    def __enter__(self) -> Self:
        gc.unfreeze()  # what `Program` froze of an earlier program of this process: its networks go only now
        gc.collect()
        if not rclpy.ok():
            use_profile(find_shared(PROFILE))
            rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        # The conductor first: it hears whether somebody else conducts here while the others load their models.
        for spec in sorted(self._specs, key=lambda spec: not node_class(spec.name).conducts):
            self.nodes[spec.name] = self._make(spec)
        nodes = tuple(self.nodes.values())
        for name in self.nodes.keys() & set(FRAME_SOURCES):
            self.nodes[name].may_start = lambda: all(node.allows_frames() for node in nodes)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        rclpy.try_shutdown()

    def run(self, watch: Callable[[], None] = lambda: None) -> int:
        """Run to the end. A node that cannot be set up raises its error here.

        Returns:
            The exit code of the nodes that end; 130 after a signal.
        """

        def look() -> None:
            failed = [node.failure for node in self.nodes.values() if node.failure is not None]
            if failed:
                raise failed[0]
            watch()

        ending = [self.nodes[spec.name] for spec in self._specs if spec.ends]
        with Signals() as signals:
            return Program(list(self.nodes.values()), signals).run(until=ending, watch=look)

    def tap(self, node: str, topic: str, callback: Callable[[Any], None]) -> None:
        """Hand over what ``node`` sends under a topic to this program as well, the newest first; before `run`.

        Args:
            node: its executor runs the callback, which should be quick.
            topic: name below the namespace, of values that are handed over in memory.
            callback: takes the value.
        """
        self._handover.open_box(self.nodes[node], topic, lambda value, _dropped: callback(value), 1)

    def _make(self, spec: NodeSpec) -> ManagedNode:
        values = {**spec.parameters, **self._overrides.get(spec.name, {})}
        overrides = [Parameter(name, value=value) for name, value in values.items() if value != []]
        return node_class(spec.name)(handover=self._handover, parameter_overrides=overrides)


def node_class(name: str) -> type[ManagedNode]:
    """The node class of ``affect_hri.nodes.<name>``."""
    module = importlib.import_module(f"affect_hri.nodes.{name}")
    return getattr(module, f"{name.capitalize()}Node")
