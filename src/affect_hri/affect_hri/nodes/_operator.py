"""What an operator may do with a trial that is running: services below the node's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from std_srvs.srv import Trigger


class Conducted(Protocol):
    """A node that can be operated; each deed answers why it cannot be done, or nothing."""

    def next(self) -> str: ...
    def pause(self) -> str: ...
    def resume(self) -> str: ...
    def abort(self) -> str: ...
    def create_service(self, kind: type, name: str, callback: Any) -> Any: ...
    def destroy_service(self, service: Any) -> Any: ...
    def release_later(self, close: Callable[[], None]) -> None: ...


def offer_operator(node: Conducted) -> None:
    """Services ``~/next``, ``~/pause``, ``~/resume`` and ``~/abort`` (std_srvs/Trigger), until deactivation."""
    for name in ("next", "pause", "resume", "abort"):
        service = node.create_service(Trigger, f"~/{name}", _answering(getattr(node, name)))
        node.release_later(lambda service=service: node.destroy_service(service))  # type: ignore[misc]


def _answering(deed: Callable[[], str]) -> Callable[[Any, Any], Any]:
    def answer(_request: Any, response: Any) -> Any:
        response.message = deed()
        response.success = not response.message
        return response

    return answer
