"""The real OhBot on a serial port.

One thread owns the port, so that bytes of two commands never mix and a caller never waits for the cable.
The robot gives no feedback: what is reported is what was commanded.
"""

from __future__ import annotations

import atexit
import time
from contextlib import suppress
from itertools import chain, repeat
from pathlib import Path
from threading import Condition, Thread
from typing import Final

from affect_core.errors import HeadError
from affect_core.heads import ohbot_protocol as protocol
from affect_core.heads.base import HEADS, Head, HeadConfig
from affect_core.heads.motor_definitions import DEFAULT_MOTORS, MotorTable, load_motor_definitions
from affect_core.heads.ohbot_link import Pulse, SerialLink
from affect_core.heads.ohbot_projection import Projection, load_projection
from affect_core.heads.ohbot_servos import Servos
from affect_core.heads.rig import Pose

_PERIOD_S: Final = (
    0.04  # at most 25 poses/s: a pose of 8 motors is 112 bytes, at 19200 baud there is room for 17
)
_RETRY_S: Final = (0.25, 0.5, 1.0, 2.0)  # the last one repeats
_CONFIRM_S: Final = 1.0
_END_S: Final = 5.0
_WAITING: Final = "trying again until it is back"
_DARK: Final = (0, 0, 0)


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
        self._changed = Condition()  # something below has changed
        self._target: dict[str, float] | None = None
        self._lights: list[protocol.Colour] = [_DARK, _DARK]
        self._asked_pins: list[int] = []
        self._readings: dict[int, float] = {}
        self._lost = ""
        self._limp = False
        self._stopping = False

    def set_led(self, red: float, green: float, blue: float, led: int | None = None) -> None:
        """Light the eyes or the base, whichever this robot has; dark until told otherwise.

        Args:
            red, green, blue: 0..1.
            led: 0 or 1; None = both.

        Raises:
            HeadError: not connected, or a value out of range.
        """
        self._expect_connected("set_led")
        if self._config.led_swap_red_green:
            red, green = green, red
        colour = protocol.colour(red, green, blue)
        with self._changed:
            for index in (0, 1) if led is None else (led,):
                protocol.light(index, *colour)  # refuses an LED that does not exist
                self._lights[index] = colour

    def read_sensor(self, pin: int, timeout_s: float = 0.5) -> float | None:
        """The input of a plug-in sensor on analogue pin 0..5, as a share of full scale, 0..1.

        Returns:
            None when the board did not answer in time.

        Raises:
            HeadError: not connected, no such pin, or the robot was lost.
        """
        self._expect_connected("read_sensor")
        protocol.read_pin(pin)  # refuses a pin that does not exist
        with self._changed:
            self._readings.pop(pin, None)
            self._asked_pins.append(pin)
            self._changed.wait_for(lambda: pin in self._readings or self._lost, timeout_s)
            if self._lost:
                raise HeadError(self._lost)
            return self._readings.pop(pin, None)

    def _open(self) -> None:
        link = SerialLink(self._config, self._sockets)
        self._target, self._lost, self._stopping = None, "", False
        self._lights = [_DARK, _DARK]
        self._thread = Thread(target=self._run, args=(link,), name=f"ohbot {self._config.port}", daemon=True)
        self._thread.start()
        atexit.register(self.close)  # servos left attached hold their torque and get hot

    def _drive(self, pose: Pose) -> Pose:
        visible = self._projection.visible(pose)
        with self._changed:
            self._target = self._projection.positions(visible)
            if self._lost:
                raise HeadError(self._lost)
        return visible

    def _let_go(self) -> None:
        with self._changed:
            self._limp, self._target = False, None
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: self._limp or self._lost, _CONFIRM_S) or self._lost:
                raise HeadError(
                    f"the stop is in force, but the robot could not be told: {self._lost or 'no time'}; "
                    "cut its power"
                )

    def _shut(self) -> None:
        atexit.unregister(self.close)
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(_END_S)

    def _problem(self) -> str:
        return self._lost if self._connected else ""

    @property
    def _sockets(self) -> list[int]:
        return [motor.socket for motor in self._motors.values()]

    # --- the thread that owns the port ---

    def _run(self, first: SerialLink) -> None:
        link: SerialLink | None = first
        try:
            while link:
                self._serve(link)
                link = self._reconnect()
        finally:
            if not self._stopping:
                self._lose(HeadError("the OhBot's driver has ended, see the log; close() and connect()"))

    def _serve(self, link: SerialLink) -> None:
        """Drive the robot until it is lost or let go."""
        servos = Servos(self._motors, link)
        try:
            self._follow(link, servos)
        except HeadError as error:
            self._lose(HeadError(f"{error}; {_WAITING}"))
        finally:
            with suppress(HeadError):  # a board that only fell silent may still obey
                servos.detach_all()
                link.write(_light_lines([_DARK, _DARK]))
            link.close()

    def _follow(self, link: SerialLink, servos: Servos) -> None:
        """Turn after turn until stopping; raises HeadError when the port is lost."""
        pulse = Pulse(link, time.monotonic())
        shown: list[protocol.Colour] = []
        while not self._stopping:
            self._listen(link, pulse)
            shown = self._light(link, shown)
            self._move(servos, time.monotonic())
            self._ask_sensors(link)
            self._pause(_PERIOD_S)

    def _listen(self, link: SerialLink, pulse: Pulse) -> None:
        for line in link.lines():
            reading = protocol.parse_reading(line)
            if reading:
                with self._changed:
                    self._readings |= [reading]
                    self._changed.notify_all()
            elif protocol.parse_firmware(line):
                pulse.heard(time.monotonic())
        pulse.beat(time.monotonic())

    def _move(self, servos: Servos, now_s: float) -> None:
        target = self._target
        if self._stopped:
            self._go_limp(servos)
        elif target is not None:
            self._wake(servos, target, now_s)
            servos.move(target, self._speed_raw(servos, now_s), now_s)
            if self._config.idle_detach_s:
                servos.rest_idle(self._config.idle_detach_s, now_s)

    def _go_limp(self, servos: Servos) -> None:
        if not self._limp:
            servos.detach_all()
            with self._changed:
                self._limp = True
                self._changed.notify_all()

    def _wake(self, servos: Servos, target: dict[str, float], now_s: float) -> None:
        """One servo at a time, the others meanwhile move: all at once overload weak supplies."""
        if self._config.attach_interval_s == 0:
            while servos.wake_next(target, now_s):
                pass
        elif now_s - servos.woken_s >= self._config.attach_interval_s:
            servos.wake_next(target, now_s)

    def _speed_raw(self, servos: Servos, now_s: float) -> int:
        first = now_s - servos.first_woken_s < self._config.first_speed_s
        return protocol.raw_speed(self._config.first_speed if first else self._config.speed)

    def _light(self, link: SerialLink, shown: list[protocol.Colour]) -> list[protocol.Colour]:
        wanted = list(self._lights)
        if wanted != shown:
            link.write(_light_lines(wanted))
        return wanted

    def _ask_sensors(self, link: SerialLink) -> None:
        with self._changed:
            pins, self._asked_pins = self._asked_pins, []
        for pin in pins:
            link.write(protocol.read_pin(pin))

    def _reconnect(self) -> SerialLink | None:
        """Wait until the robot is back; None when stopping."""
        for pause_s in chain(_RETRY_S, repeat(_RETRY_S[-1])):
            with self._changed:
                if self._changed.wait_for(lambda: self._stopping, pause_s):
                    return None
            try:
                link = SerialLink(self._config, self._sockets, given_up=lambda: self._stopping)
            except HeadError as error:
                self._lose(HeadError(f"{error}; {_WAITING}"))
            else:
                self._lost = ""
                return link
        return None

    def _lose(self, error: HeadError) -> None:
        with self._changed:
            self._lost = str(error)
            self._changed.notify_all()

    def _pause(self, seconds: float) -> None:
        """Sleep, unless there is something that cannot wait."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or (self._stopped and not self._limp), seconds)


def _light_lines(colours: list[protocol.Colour]) -> bytes:
    return b"".join(protocol.light(index, *colour) for index, colour in enumerate(colours))


@HEADS.register("ohbot_serial")
def build(config: HeadConfig) -> OhbotSerialHead:
    """The OhBot of ``config.port``, with the robot's own motor definitions where it has some.

    Raises:
        ConfigError: the motor definition file or the expression table is wrong.
    """
    motors = load_motor_definitions(Path(config.motor_file)) if config.motor_file else DEFAULT_MOTORS
    table = Path(config.expressions_file) if config.expressions_file else None
    return OhbotSerialHead(config, motors, load_projection(table, motors))
