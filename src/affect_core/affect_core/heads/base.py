"""What every robot head does, its settings, and the registry of heads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import ClassVar, Final, Self

from affect_core.config import Settings, setting
from affect_core.errors import HeadError
from affect_core.heads.rig import Pose, clamp, rest_pose
from affect_core.registry import Registry


@dataclass(frozen=True)
class HeadConfig(Settings):
    """Settings of all heads; each head reads those that concern it."""

    port: str = setting("", "ohbot_serial: serial port, e.g. /dev/ttyACM0 or COM3")
    motor_file: str = setting("", "ohbot_serial: the robot's own .omd motor file; empty = a fresh kit's")
    expressions_file: str = setting(
        "", "ohbot_serial: table with the motor gains; empty = config/expressions.yaml"
    )
    speed: float = setting(5.0, "ohbot_serial: servo speed, 61 degrees/s per unit", low=1.0, high=10.0)
    first_speed: float = setting(2.0, "ohbot_serial: speed just after the servos woke up", low=1.0, high=10.0)
    first_speed_s: float = setting(2.0, "ohbot_serial: how long first_speed holds, s", low=0.0)
    attach_interval_s: float = setting(
        0.1, "ohbot_serial: pause after waking each servo, s; all at once overload weak supplies", low=0.0
    )
    idle_detach_s: float = setting(
        5.0, "ohbot_serial: a servo that did not move for so long is switched off, s; 0 = never", low=0.0
    )
    led_swap_red_green: bool = setting(False, "ohbot_serial: the LEDs have red and green exchanged")
    reply_timeout_s: float = setting(
        2.0, "ohbot_serial: how long the board may take to name itself, s", low=0.1
    )
    write_timeout_s: float = setting(0.5, "ohbot_serial: a slower write means a lost port, s", low=0.05)
    fullscreen: bool = setting(True, "screen: fill the screen; False = a window")
    look: str = setting("face", "screen: look of the virtual head")
    colour: str = setting("blue", "screen: body colour of the ohbot look")


_STOPPED: Final = "stopped in an emergency; release() it, or call the service release, when all is well"


class Head(ABC):
    """A robot head that takes poses of the avatar's rig.

    `connect` before the first `command`; `close` is always safe. A ``with`` block does both. Implementations
    fill in `_drive`, and where they have something to open or to let go, `_open`, `_shut` and `_let_go`.
    """

    name: ClassVar[str]

    def __init__(self) -> None:
        self._connected = False
        self._stopped = False

    def connect(self) -> None:
        """Get ready to move. May take seconds; does nothing when already connected.

        Raises:
            HeadError: the head is not there, or refuses.
        """
        if not self._connected:
            self._open()
            self._connected = True

    def command(self, pose: Mapping[str, float]) -> Pose:
        """Go to a pose, without waiting until it is reached; joints that ``pose`` does not name go to rest.

        Returns:
            The complete pose after the limits of the rig and of this head: what the head is going to show.

        Raises:
            HeadError: not connected, stopped, a value that is no number, or the head was lost (it may come back).
            ConfigError: a name that is no joint.
        """
        self._expect_connected("command")
        if self._stopped:
            raise HeadError(_STOPPED)
        return self._drive(within_limits(pose))

    def estop(self) -> None:
        """Emergency stop: let go at once. `command` raises until `release`; also a lost head stays stopped.

        Raises:
            HeadError: the stop is in force, but the head did not confirm it: cut its power.
        """
        self._stopped = True
        if self._connected:
            self._let_go()

    def release(self) -> None:
        """End the emergency stop; the next `command` moves the head again."""
        self._stopped = False

    def close(self) -> None:
        """Let go of the head; does nothing when it is not connected."""
        if self._connected:
            self._connected = False
            self._shut()

    @property
    def fault(self) -> str:
        """What is wrong now and what to do; empty when nothing is."""
        return "; ".join(filter(None, (_STOPPED if self._stopped else "", self._problem())))

    @property
    def present(self) -> bool:
        """Whether the head is connected and not lost."""
        return self._connected and not self._problem()

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @abstractmethod
    def _drive(self, pose: Pose) -> Pose:
        """Go to a complete pose that is within the rig's limits; return what is applied."""

    def _open(self) -> None:  # noqa: B027 - most heads have nothing to open
        """Connect; raises HeadError."""

    def _shut(self) -> None:  # noqa: B027
        """Disconnect."""

    def _let_go(self) -> None:  # noqa: B027 - most heads have nothing that could hurt
        """Switch off what moves; raises HeadError when that is not certain."""

    def _problem(self) -> str:
        """Why a connected head cannot be reached, and what to do; empty when it can."""
        return ""

    def _expect_connected(self, verb: str) -> None:
        if not self._connected:
            raise HeadError(f"head {self.name}: expected connect() before {verb}()")


HEADS: Final[Registry[Head]] = Registry("head")


def within_limits(pose: Mapping[str, float]) -> Pose:
    """The complete pose within the rig's limits; missing joints are at rest.

    Raises:
        HeadError: a value that is no number: a servo must not be sent there.
        ConfigError: a name that is no joint.
    """
    for joint, value in pose.items():
        if not isfinite(value):
            raise HeadError(f"expected a finite value for joint {joint}, got {value}")
    return rest_pose() | clamp(pose)[0]
