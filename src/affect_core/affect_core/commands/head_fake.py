"""`affect-hri head fake`: an OhBot without the OhBot, on a serial port of its own, healthy or not."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from threading import Event

import click

from affect_core.heads.fake_firmware import DIALECTS, FAULTS, Board, FakeFirmware

QUIET_S = 0.2


@click.command()
@click.option(
    "--port", type=click.Path(path_type=Path), required=True, help="The port to make, e.g. /tmp/ohbot."
)
@click.option(
    "--firmware",
    type=click.Choice(list(DIALECTS)),
    default="v1.8",
    show_default=True,
    help="Which one it talks like.",
)
@click.option(
    "--fault",
    type=click.Choice(list(FAULTS)),
    default=None,
    help="What goes wrong with it. Default: nothing.",
)
@click.option("--after", default=0.0, show_default=True, help="When the fault begins, s.")
@click.option("--lasting", type=float, default=None, help="How long the fault lasts, s. Default: to the end.")
@click.option(
    "--log", type=click.Path(dir_okay=False, path_type=Path), help="File for every line that is received."
)
def fake(
    port: Path, firmware: str, fault: str | None, after: float, lasting: float | None, log: Path | None
) -> None:
    """A robot to try programs on: makes a serial PORT with an OhBot's firmware behind it, until it is stopped."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    board = Board(DIALECTS[firmware])
    robot = FakeFirmware(port, board)
    if fault and after == 0:
        robot.inject(fault)
    with robot:
        click.echo(f"an OhBot with firmware {firmware} on {port}; Ctrl-C unplugs it", err=True)
        if fault and after > 0 and not stop.wait(after):
            robot.inject(fault)
        if fault and lasting is not None and not stop.wait(lasting):
            robot.heal()
        stop.wait()
        _wait_until_quiet(board)
        attached = sorted(board.attached)
    if log:
        log.write_bytes(b"".join(line + b"\n" for line in board.lines))
    on = ", ".join(map(str, attached)) or "none"
    click.echo(f"received {len(board.lines)} lines; servos on at the end: {on}")


def _wait_until_quiet(board: Board) -> None:
    """The last lines of a driver that has just gone are still on their way through the port."""
    heard = -1
    while heard != len(board.lines):
        heard = len(board.lines)
        time.sleep(QUIET_S)
