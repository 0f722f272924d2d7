"""Asks the other nodes of a namespace for their parameters, in the background."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rcl_interfaces.msg import ParameterEvent
from rcl_interfaces.srv import GetParameters, ListParameters
from rclpy.client import Client
from rclpy.node import Node
from rclpy.parameter import parameter_value_to_python

EVENTS = "/parameter_events"
Values = dict[str, dict[str, Any]]


class ParameterSurvey:
    """All parameters of all nodes in the namespace of ``node``, also of those that come later, and their changes.

    Args:
        node: on whose executor it runs.
        tell: called with node -> parameter -> value after every answer that brings something new.
    """

    def __init__(self, node: Node, tell: Callable[[Values], None]) -> None:
        self._node, self._tell = node, tell
        self._found: Values = {}
        self._asked: set[str] = set()
        self._clients: list[Client] = []
        self._events = node.create_subscription(ParameterEvent, EVENTS, self._on_event, 100)

    def ask(self) -> None:
        """Ask nodes that have not been asked; to be called now and then."""
        mine = self._node.get_namespace()
        for name, namespace in self._node.get_node_names_and_namespaces():
            full = f"{namespace.rstrip('/')}/{name}"
            if namespace == mine and full not in self._asked:
                self._ask(full)

    def close(self) -> None:
        """Stop asking."""
        self._node.destroy_subscription(self._events)
        for client in self._clients:
            self._node.destroy_client(client)
        self._clients.clear()

    def _on_event(self, message: ParameterEvent) -> None:
        self._asked.discard(message.node)

    def _ask(self, name: str) -> None:
        listing = self._client(ListParameters, f"{name}/list_parameters")
        getting = self._client(GetParameters, f"{name}/get_parameters")
        if not (listing.service_is_ready() and getting.service_is_ready()):
            return
        self._asked.add(name)

        def on_names(answer: Any) -> None:
            if getting not in self._clients:  # closed meanwhile
                return
            names = answer.result().result.names
            future = getting.call_async(GetParameters.Request(names=names))
            future.add_done_callback(lambda done: self._keep(name, names, done.result().values))

        listing.call_async(ListParameters.Request()).add_done_callback(on_names)

    def _client(self, kind: type, service: str) -> Client:
        for client in self._clients:
            if client.srv_name == service:
                return client
        self._clients.append(self._node.create_client(kind, service))
        return self._clients[-1]

    def _keep(self, name: str, names: list[str], values: list[Any]) -> None:
        found = {
            key: _plain(parameter_value_to_python(value)) for key, value in zip(names, values, strict=True)
        }
        if self._found.get(name) != found:
            self._found[name] = found
            self._tell(self._found)


def _plain(value: Any) -> Any:
    """As JSON can hold it; lists of numbers come as arrays."""
    return value if value is None or isinstance(value, bool | int | float | str) else list(value)
