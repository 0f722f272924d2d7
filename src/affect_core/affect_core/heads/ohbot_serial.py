"""The real OhBot on a serial port.

One thread owns the port, so that bytes of two commands never mix and a caller never waits for the cable.
The robot gives no feedback: what is reported is what was commanded.
"""

from __future__ import annotations

import atexit
import errno
import logging
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Condition, Thread
from typing import Any, Final

from affect_core.errors import HeadError
from affect_core.heads import ohbot_protocol as protocol
from affect_core.heads.base import HEADS, Head, HeadConfig
from affect_core.heads.motor_definitions import DEFAULT_MOTORS, MotorTable, load_motor_definitions
from affect_core.heads.ohbot_projection import Projection, load_projection
from affect_core.heads.rig import Pose

try:
    from termios import error as TerminalError
except ImportError:  # Windows has none
    TerminalError = OSError  # type: ignore[misc, assignment]

_log = logging.getLogger(__name__)

_PERIOD_S: Final = (
    0.04  # at most 25 poses/s: a pose of 8 motors is 112 bytes, at 19200 baud there is room for 17
)
_KEEP_ALIVE_S: Final = 2.0  # also how soon an unplugged, idle robot is noticed
_RETRY_S: Final = (0.25, 0.5, 1.0, 2.0)  # the last one repeats
_BANNER_LINES: Final = 20
_WAITING: Final = "trying again until it is back"
_WHY: Final[dict[int | None, str]] = {
    errno.ENOENT: "plug the robot in, and check its name",
    errno.EACCES: "add your user to the group dialout and log in again",
    errno.EBUSY: "close the other program that uses it",
    errno.EAGAIN: "close the other program that uses it",
}


class OhbotSerialHead(Head):
    """Drives the motors of a real OhBot; a pose's joints that it lacks are left at rest.

    A robot that is unplugged makes `command` raise until it is back; then it wakes up in the newest pose.
    """

    name = "ohbot_serial"

    def __init__(self, config: HeadConfig, motors: MotorTable, projection: Projection) -> None:
        super().__init__()
        self._config = config
        self._motors = motors
        self._projection = projection
        self._changed = Condition()  # a new target, or stopping
        self._target: dict[str, float] | None = None
        self._fault = ""
        self._stopping = False

    @property
    def fault(self) -> str:
        """Why the robot does not follow at the moment; empty when it does."""
        return self._fault

    def _open(self) -> None:
        link = SerialLink(self._config)
        self._target, self._fault, self._stopping = None, "", False
        self._thread = Thread(target=self._run, args=(link,), name=f"ohbot {self._config.port}", daemon=True)
        self._thread.start()
        atexit.register(self.close)  # servos left attached hold their torque and get hot

    def _drive(self, pose: Pose) -> Pose:
        visible = self._projection.visible(pose)
        with self._changed:
            self._target = self._projection.positions(visible)
            self._changed.notify()
            if self._fault:
                raise HeadError(self._fault)
        return visible

    def _shut(self) -> None:
        atexit.unregister(self.close)
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def _run(self, link: SerialLink | None) -> None:
        while link:
            servos = Servos(self._motors, link)
            try:
                self._follow(servos)
                servos.release()
                return
            except HeadError as error:
                self._fault = f"{error}; {_WAITING}"
            finally:
                link.close()
            link = self._reconnect()

    def _follow(self, servos: Servos) -> None:
        """Send every new target, until stopping; raises HeadError when the port is lost."""
        shown: dict[str, float] | None = None
        while not self._stopping:
            target = self._next_target(shown)
            if target is not None and target is not shown:
                self._wake(servos, target)
                servos.move(target, self._speed_raw(servos))
                shown = target
                self._pause(_PERIOD_S)
            elif not self._stopping:
                servos.keep_alive()

    def _next_target(self, shown: dict[str, float] | None) -> dict[str, float] | None:
        """The newest target; ``shown`` again when there is no other for a while, or when stopping."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or self._target is not shown, _KEEP_ALIVE_S)
            return self._target

    def _wake(self, servos: Servos, target: Mapping[str, float]) -> None:
        for motor in servos.asleep(target):
            if self._stopping:
                return
            servos.wake(motor, target[motor])
            self._pause(self._config.attach_interval_s)

    def _speed_raw(self, servos: Servos) -> int:
        first = time.monotonic() - servos.awake_since_s < self._config.first_speed_s
        return protocol.raw_speed(self._config.first_speed if first else self._config.speed)

    def _reconnect(self) -> SerialLink | None:
        """Wait until the robot is back; None when stopping."""
        attempt = 0
        while not self._pause(_RETRY_S[min(attempt, len(_RETRY_S) - 1)]):
            attempt += 1
            try:
                link = SerialLink(self._config)
            except HeadError as error:
                self._fault = f"{error}; {_WAITING}"
            else:
                self._fault = ""
                return link
        return None

    def _pause(self, seconds: float) -> bool:
        """Sleep; True as soon as stopping."""
        with self._changed:
            return self._changed.wait_for(lambda: self._stopping, seconds)


class Servos:
    """What a board was told: which servos are awake, and where each one was sent."""

    def __init__(self, motors: MotorTable, link: SerialLink) -> None:
        self._motors = motors
        self._link = link
        self._sent_deg: dict[str, int] = {}
        self._sent: dict[str, float] = {}
        self.awake_since_s = time.monotonic()

    def asleep(self, names: Iterable[str]) -> tuple[str, ...]:
        """Which of these motors were not woken yet."""
        return tuple(name for name in names if name not in self._sent_deg)

    def wake(self, name: str, position: float) -> None:
        """Energise a motor at a position.

        The move comes first: a servo wakes at its last target, which is 90 degrees after power-up, outside
        the range of lids and eyes. It gets there at full speed in any case, its place being unknown.
        """
        motor = self._motors[name]
        degrees = motor.degrees(position)
        self._link.write(
            protocol.move(motor.socket, degrees, protocol.FULL_SPEED) + protocol.attach(motor.socket)
        )
        self._sent_deg[name], self._sent[name] = degrees, position
        self.awake_since_s = time.monotonic()

    def move(self, target: Mapping[str, float], speed_raw: int) -> None:
        """Send the motors that are awake and whose whole degree has changed.

        The lip that opens more goes first, so that TOPLIP + BOTTOMLIP >= 10 also holds in between.
        """
        degrees = {name: self._motors[name].degrees(target[name]) for name in self._sent_deg}
        changed = [name for name in degrees if degrees[name] != self._sent_deg[name]]
        changed.sort(key=lambda name: self._sent[name] - target[name] if name.endswith("LIP") else 0.0)
        if changed:
            moves = (protocol.move(self._motors[name].socket, degrees[name], speed_raw) for name in changed)
            self._link.write(b"".join(moves))
        self._sent_deg |= degrees
        self._sent |= {name: target[name] for name in degrees}

    def keep_alive(self) -> None:
        """Send an empty line, which the board ignores: it fails when the board is gone."""
        self._link.write(protocol.KEEP_ALIVE)

    def release(self) -> None:
        """Switch off all that is awake."""
        self._link.write(b"".join(protocol.detach(self._motors[name].socket) for name in self._sent_deg))
        self._sent_deg.clear()


class SerialLink:
    """An open port with an OhBot behind it, its lights out (a colour could tell the emotion).

    Raises:
        HeadError: no pyserial, no port, no access, no answer; the message says what to do.
    """

    def __init__(self, config: HeadConfig) -> None:
        self._name = config.port
        self._port = _open_port(config)
        try:
            _log.info("OhBot with firmware %s on %s", self._identify(config.reply_timeout_s), config.port)
            self.write(protocol.light(0, 0, 0, 0) + protocol.light(1, 0, 0, 0))
        except HeadError:
            self.close()
            raise

    def write(self, data: bytes) -> None:
        """Send; raises HeadError when the board is gone or does not take it in time."""
        try:
            self._port.write(data)
        except OSError as error:
            raise self._lost(error) from error

    def close(self) -> None:
        """Let go of the port."""
        self._port.close()

    def _identify(self, timeout_s: float) -> protocol.Firmware:
        """Ask who is there and read over the banner that a board prints when its port is first opened."""
        deadline_s = time.monotonic() + timeout_s
        self.write(protocol.IDENTIFY)
        for _ in range(_BANNER_LINES):
            firmware = protocol.parse_firmware(self._read_line(deadline_s))
            if firmware:
                return firmware
        raise HeadError(
            f"expected an OhBot on {self._name} to name its firmware within {timeout_s} s, got no answer; "
            "check the port, or unplug the robot for 5 s"
        )

    def _read_line(self, deadline_s: float) -> bytes:
        try:
            self._port.timeout = max(deadline_s - time.monotonic(), 0.0)
            return bytes(self._port.read_until(b"\n"))
        except OSError as error:
            raise self._lost(error) from error

    def _lost(self, error: OSError) -> HeadError:
        return HeadError(f"lost the OhBot on {self._name} ({error}); plug it in again")


def _open_port(config: HeadConfig) -> Any:
    try:
        import serial
    except ImportError as error:
        raise HeadError("the OhBot needs the package pyserial: pip install pyserial==3.5") from error
    if not config.port:
        raise HeadError(f"expected a serial port for the OhBot, got none; set port to one of: {_ports()}")
    try:
        return serial.Serial(
            config.port, protocol.BAUD, timeout=0, write_timeout=config.write_timeout_s, exclusive=True
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


@HEADS.register("ohbot_serial")
def build(config: HeadConfig) -> OhbotSerialHead:
    """The OhBot of ``config.port``, with the robot's own motor definitions where it has some.

    Raises:
        ConfigError: the motor definition file or the expression table is wrong.
    """
    motors = load_motor_definitions(Path(config.motor_file)) if config.motor_file else DEFAULT_MOTORS
    table = Path(config.expressions_file) if config.expressions_file else None
    return OhbotSerialHead(config, motors, load_projection(table, motors))
