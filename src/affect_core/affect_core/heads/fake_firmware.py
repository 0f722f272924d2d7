"""An OhBot without the OhBot, to try programs and tests on: a board on a pseudo-terminal, healthy or not.

    with FakeFirmware(Path("/tmp/ohbot")) as fake, HEADS.build("ohbot_serial", HeadConfig(port="/tmp/ohbot")):
        ...
        fake.board.servos[1].degrees(time.monotonic())
        fake.inject("silent")

Linux and macOS only. From the command line: ``affect-hri head fake --port /tmp/ohbot``.
"""

from __future__ import annotations

import os
import select
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Thread
from typing import Final, Self

from affect_core.errors import UnknownName
from affect_core.heads.fake_board import DIALECTS, Board, Dialect, Servo

__all__ = ["DIALECTS", "FAULTS", "Board", "Dialect", "FakeFirmware", "Fault", "Servo"]


def _noise(reply: bytes) -> bytes:
    """Bytes that depend on the reply only; now and then one of them ends a line."""
    return bytes((7 * index * index + 13 * byte) % 256 for index, byte in enumerate(3 * reply))


@dataclass(frozen=True)
class Fault:
    """What is wrong with a board. It still obeys, unless it is deaf or gone.

    Attributes:
        reply: what becomes of a reply.
        late_s: how much later it comes.
        banner_line_s: pause after each line of the banner; replies wait for its end.
        reboots: the power fails for a moment when the fault begins.
        vanishes: the port disappears with the next move command.
        deaf: it takes no more bytes, so that writing to it times out.
    """

    reply: Callable[[bytes], bytes] = bytes
    late_s: float = 0.0
    banner_line_s: float = 0.0
    reboots: bool = False
    vanishes: bool = False
    deaf: bool = False


HEALTHY: Final = Fault()
FAULTS: Final = {
    "silent": Fault(reply=lambda reply: b""),
    "late": Fault(late_s=1.5),
    "short": Fault(reply=lambda reply: reply[: len(reply) // 3]),
    "garbage": Fault(reply=_noise),
    "slow_boot": Fault(banner_line_s=0.1, reboots=True),
    "disappear": Fault(vanishes=True),
    "write_error": Fault(deaf=True),
}


class FakeFirmware:
    """A board on a port of its own: a link to a pseudo-terminal, which keeps its name when replugged.

    Args:
        port: path of the link; programs open it as their serial port.
        board: the firmware; a new one if None.
    """

    def __init__(self, port: Path, board: Board | None = None) -> None:
        self.port = port
        self.board = board or Board()
        self._fault = HEALTHY
        self._changed = Condition()
        self._thread: Thread | None = None

    def plug(self) -> None:
        """Power up and make the port appear; the first bytes received are answered with the banner."""
        self.board.power_up()
        master, self._slave = os.openpty()
        _make_raw(self._slave)
        os.set_blocking(master, False)
        stopped, self._stop = os.pipe()
        self.port.unlink(missing_ok=True)
        self.port.symlink_to(os.ttyname(self._slave))
        _hold_up(self._slave, self._fault.deaf)
        self._thread = Thread(
            target=self._serve, args=(master, self._slave, stopped), name="fake ohbot", daemon=True
        )
        self._thread.start()

    def unplug(self) -> None:
        """Make the port vanish under whoever has it open; does nothing when it is not there."""
        if self._thread:
            self.port.unlink(missing_ok=True)
            os.close(self._stop)
            self._thread.join()
            self._thread = None
            self.board.power_up()

    def inject(self, fault: str) -> None:
        """From now on the board has this fault, one of `FAULTS`, until `heal`. Also before `plug`."""
        if fault not in FAULTS:
            raise UnknownName("fault", fault, FAULTS)
        self._fault = FAULTS[fault]
        if self._thread and self._fault.reboots:
            self.unplug()
            self.plug()
        elif self._thread:
            _hold_up(self._slave, self._fault.deaf)

    def heal(self) -> None:
        """A healthy board again, plugged in again if its port has disappeared or was about to."""
        vanishes, self._fault = self._fault.vanishes, HEALTHY
        if vanishes:
            self.unplug()
            self.plug()
        elif self._thread:
            _hold_up(self._slave, False)

    def wait_until(self, condition: Callable[[Board], bool], timeout_s: float = 10.0) -> bool:
        """Wait for the board to get into a state; False when it did not within the time."""
        with self._changed:
            return self._changed.wait_for(lambda: condition(self.board), timeout_s)

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(self, *exception: object) -> None:
        self.unplug()

    def _serve(self, master: int, slave: int, stopped: int) -> None:
        greeted = False
        outbox = _Outbox(master)
        while stopped not in (ready := select.select([master, stopped], [], [], outbox.wait_s())[0]):
            fault = self._fault
            data = os.read(master, 4096) if master in ready else b""
            with self._changed:
                reply = self.board.feed(data, time.monotonic())
                self._changed.notify_all()
            if data and not greeted:
                for line in self.board.banner().splitlines(keepends=True):
                    outbox.put(fault.reply(line), 0.0, fault.banner_line_s)
                greeted = True
            if reply:
                outbox.put(fault.reply(reply), fault.late_s)
            outbox.send()
            if fault.vanishes and b"m" in data:
                self.port.unlink(missing_ok=True)
                break
        for descriptor in (master, slave, stopped):
            os.close(descriptor)


class _Outbox:
    """Bytes that leave later, in order."""

    def __init__(self, master: int) -> None:
        self._master = master
        self._items: deque[tuple[float, bytes]] = deque()
        self._free_s = 0.0

    def put(self, data: bytes, late_s: float, then_s: float = 0.0) -> None:
        """Send not before ``late_s`` from now, and nothing else until ``then_s`` after that."""
        due_s = max(time.monotonic(), self._free_s) + late_s
        self._items.append((due_s, data))
        if then_s:
            self._free_s = due_s + then_s

    def wait_s(self) -> float | None:
        """Until the next one is due; None when there is none."""
        return max(0.0, self._items[0][0] - time.monotonic()) if self._items else None

    def send(self) -> None:
        """Send what is due."""
        while self._items and self._items[0][0] <= time.monotonic():
            with suppress(BlockingIOError):  # nobody reads the port: drop it, like the real board
                os.write(self._master, self._items.popleft()[1])


def _make_raw(terminal: int) -> None:
    import tty  # not on Windows, where this module may still be imported for `Board`

    tty.setraw(terminal)


def _hold_up(terminal: int, deaf: bool) -> None:
    """Let writing to the terminal block, or go on."""
    import termios

    termios.tcflow(terminal, termios.TCOOFF if deaf else termios.TCOON)
