"""The cable to an OhBot: an open port with the right robot behind it, its bytes, and whether it still answers."""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable, Collection
from typing import Any, Final

from affect_core.errors import HeadError
from affect_core.heads import ohbot_protocol as protocol
from affect_core.heads.base import HeadConfig

try:
    from termios import error as TerminalError
except ImportError:  # Windows has none
    TerminalError = OSError  # type: ignore[misc, assignment]

_log = logging.getLogger(__name__)

_READ_S: Final = 0.02
_ASK_AGAIN_S: Final = 1.0  # a board that is still booting misses the first question
_NAME_S: Final = 1.0  # the vendor's program waits as long for the name of the robot
_LINE_MAX: Final = 200  # longer than any line a board sends: noise without line ends is dropped
_PULSE_S: Final = 1.0
_WHY: Final[dict[int | None, str]] = {
    errno.ENOENT: "plug the robot in, and check its name",
    errno.EACCES: "add your user to the group dialout and log in again",
    errno.EBUSY: "close the other program that uses it",
    errno.EAGAIN: "close the other program that uses it",
}


class SerialLink:
    """An open port with an OhBot behind it. All its servos are off, whatever the last program left behind.

    Args:
        sockets: the servos this robot has.
        given_up: asked while the board is waited for; True ends the waiting.

    Raises:
        HeadError: no pyserial, no port, no access, no answer, or another robot; the message says what to do.
    """

    def __init__(
        self, config: HeadConfig, sockets: Collection[int], given_up: Callable[[], bool] = lambda: False
    ) -> None:
        self._name = config.port
        self._given_up = given_up
        self._rest = b""
        self._port = _open_port(config)
        try:
            self.firmware = self._identify(config.reply_timeout_s)
            self._refuse_other_robots()
            self.write(b"".join(map(protocol.detach, sockets)))
        except HeadError:
            self.close()
            raise
        _log.info("OhBot with firmware %s on %s", self.firmware, config.port)

    def write(self, data: bytes) -> None:
        """Send; raises HeadError when the board is gone or does not take it in time."""
        try:
            self._port.write(data)
        except OSError as error:
            raise self._lost(error) from error

    def lines(self, wait: bool = False) -> list[bytes]:
        """The whole lines that have arrived. ``wait``: up to 20 ms for something to arrive.

        Raises:
            HeadError: the board is gone.
        """
        try:
            waiting = self._port.in_waiting or int(wait)
            self._rest += self._port.read(waiting) if waiting else b""
        except OSError as error:
            raise self._lost(error) from error
        *lines, rest = self._rest.split(b"\n")
        self._rest = rest[-_LINE_MAX:]
        return lines

    def close(self) -> None:
        """Let go of the port."""
        self._port.close()

    def _identify(self, timeout_s: float) -> protocol.Firmware:
        """Ask who is there; the banner that a board prints when its port is first opened is read over."""
        asked_s = deadline_s = time.monotonic()
        deadline_s += timeout_s
        self.write(protocol.IDENTIFY)
        while (now_s := time.monotonic()) < deadline_s and not self._given_up():
            if now_s - asked_s > _ASK_AGAIN_S:
                self.write(protocol.IDENTIFY)
                asked_s = now_s
            for firmware in filter(None, map(protocol.parse_firmware, self.lines(wait=True))):
                return firmware
        raise HeadError(
            f"expected an OhBot on {self._name} to name its firmware within {timeout_s} s, got no answer; "
            "check the port, or unplug the robot for 5 s"
        )

    def _refuse_other_robots(self) -> None:
        robot = self.firmware.robot
        if self.firmware.names_robot:
            robot = self._robot_name() or robot
        if robot != protocol.OHBOT:
            raise HeadError(
                f"expected an OhBot on {self._name}, got a {robot.capitalize()} (firmware {self.firmware}): "
                "its motors differ, so it is not driven; choose the OhBot's port"
            )

    def _robot_name(self) -> str | None:
        self.write(protocol.NAME_ROBOT)
        deadline_s = time.monotonic() + _NAME_S
        while time.monotonic() < deadline_s and not self._given_up():
            for name in filter(None, map(protocol.parse_robot, self.lines(wait=True))):
                return name
        return None

    def _lost(self, error: OSError) -> HeadError:
        return HeadError(f"lost the OhBot on {self._name} ({error}); plug it in again")


class Pulse:
    """Asks the board once a second who it is, which also keeps it awake: one that hangs takes bytes for ever."""

    def __init__(self, link: SerialLink, now_s: float) -> None:
        self._link = link
        self._next_s = now_s + _PULSE_S
        self._asked = False

    def heard(self, now_s: float) -> None:
        """The board has answered."""
        self._asked, self._next_s = False, now_s + _PULSE_S

    def beat(self, now_s: float) -> None:
        """Ask when it is time; raises HeadError when the last question was not answered."""
        if now_s < self._next_s:
            return
        if self._asked:
            raise HeadError(f"the OhBot does not answer for {_PULSE_S:g} s; check its power")
        self._link.write(protocol.IDENTIFY)
        self._asked, self._next_s = True, now_s + _PULSE_S


def _open_port(config: HeadConfig) -> Any:
    try:
        import serial
    except ImportError as error:
        raise HeadError("the OhBot needs the package pyserial: pip install pyserial==3.5") from error
    if not config.port:
        raise HeadError(f"expected a serial port for the OhBot, got none; set port to one of: {_ports()}")
    try:
        return serial.Serial(
            config.port, protocol.BAUD, timeout=_READ_S, write_timeout=config.write_timeout_s, exclusive=True
        )
    except (OSError, TerminalError) as error:  # the latter when it vanishes while it is being opened
        advice = _WHY.get(getattr(error, "errno", None), "check the port")
        raise HeadError(f"expected an OhBot on {config.port}, got: {error}; {advice}") from error


def _ports() -> str:
    """Names of this machine's serial ports. They are only listed: opening one could disturb what is on it."""
    from serial.tools import list_ports

    return (
        ", ".join(sorted(port.device for port in list_ports.comports())) or "(none found; plug the robot in)"
    )
