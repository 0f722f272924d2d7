"""What an OhBot's servos were told: which are awake, where each was sent, and the bytes that change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from affect_core.heads import ohbot_protocol as protocol
from affect_core.heads.motor_definitions import LIPS, MotorTable


class Port(Protocol):
    """Where the bytes go."""

    def write(self, data: bytes) -> None:
        """Send; raises HeadError when it cannot."""


class Servos:
    """The servos of one board, all off at first. Times are seconds of any steady clock."""

    def __init__(self, motors: MotorTable, port: Port) -> None:
        self._motors = motors
        self._port = port
        self._awake: set[str] = set()
        self._sent_deg: dict[str, int] = {}
        self._sent: dict[str, float] = {}
        self._moved_s: dict[str, float] = {}
        self.woken_s = float("-inf")
        """When a servo was last switched on."""
        self.first_woken_s = float("-inf")
        """When that was last done without knowing where it stood."""

    @property
    def awake(self) -> frozenset[str]:
        """Names of the motors that are switched on."""
        return frozenset(self._awake)

    def wake_next(self, target: Mapping[str, float], now_s: float) -> bool:
        """Switch on one servo (or both lips) that has to move and is off; False when there is none."""
        name = next((name for name in target if self._must_wake(name, target)), None)
        if name is None:
            return False
        # One lip on its way while the other lies limp in its path would press them together.
        together = [lip for lip in LIPS if self._must_wake(lip, target)] if name in LIPS else [name]
        for motor in together:
            self._wake(motor, target[motor], now_s)
        return True

    def move(self, target: Mapping[str, float], speed_raw: int, now_s: float) -> None:
        """Send the motors that are awake and whose whole degree has changed.

        The lip that opens more goes first, so that TOPLIP + BOTTOMLIP >= 10 also holds in between.
        """
        changed = [name for name in target if name in self._awake and self._differs(name, target)]
        changed.sort(key=lambda name: self._sent[name] - target[name] if name in LIPS else 0.0)
        if changed:
            self._port.write(b"".join(self._move_line(name, target[name], speed_raw) for name in changed))
        for name in changed:
            self._sent_to(name, target[name], now_s)

    def rest_idle(self, idle_s: float, now_s: float) -> None:
        """Switch off what did not move for so long: a servo that holds its torque gets hot and buzzes."""
        idle = [name for name in self._motors if name in self._awake and now_s - self._moved_s[name] > idle_s]
        self._detach(idle)

    def detach_all(self) -> None:
        """Switch off every servo this robot has, and forget where they stand: limp, the head sags."""
        self._detach(list(self._motors))
        self._sent_deg.clear()

    def _must_wake(self, name: str, target: Mapping[str, float]) -> bool:
        return name in target and name not in self._awake and self._differs(name, target)

    def _differs(self, name: str, target: Mapping[str, float]) -> bool:
        return self._sent_deg.get(name) != self._motors[name].degrees(target[name])

    def _wake(self, name: str, position: float, now_s: float) -> None:
        """Switch on a motor where it was switched off, or at ``position`` when that is not known.

        The move comes first: a servo wakes at its last target, which is 90 degrees after power-up, outside
        the range of lids and eyes. It gets there at full speed in any case.
        """
        if name in self._sent_deg:
            position = self._sent[name]
        else:
            self.first_woken_s = now_s
        self.woken_s = now_s
        line = self._move_line(name, position, protocol.FULL_SPEED)
        self._port.write(line + protocol.attach(self._motors[name].socket))
        self._awake.add(name)
        self._sent_to(name, position, now_s)

    def _move_line(self, name: str, position: float, speed_raw: int) -> bytes:
        motor = self._motors[name]
        return protocol.move(motor.socket, motor.degrees(position), speed_raw)

    def _sent_to(self, name: str, position: float, now_s: float) -> None:
        self._sent[name], self._sent_deg[name] = position, self._motors[name].degrees(position)
        self._moved_s[name] = now_s

    def _detach(self, names: list[str]) -> None:
        if names:
            self._port.write(b"".join(protocol.detach(self._motors[name].socket) for name in names))
        self._awake.difference_update(names)
