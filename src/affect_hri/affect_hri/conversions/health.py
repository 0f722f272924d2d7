"""What nodes say about themselves."""

from __future__ import annotations

from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus

HEALTHY: bytes = DiagnosticStatus.OK
"""Level of a node that is at work."""


@dataclass(frozen=True)
class Health:
    """The last diagnostic of one node.

    Attributes:
        ok: whether it is at work, without a complaint.
        values: key -> text.
    """

    ok: bool
    values: dict[str, str]


def to_health(message: DiagnosticArray) -> dict[str, Health]:
    """DiagnosticArray -> name of the status -> its health."""
    return {
        status.name: Health(status.level == HEALTHY, {item.key: item.value for item in status.values})
        for status in message.status
    }
