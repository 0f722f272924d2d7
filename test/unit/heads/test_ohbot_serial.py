"""The serial driver, byte by byte, against the fake firmware."""

import contextlib
import sys
from math import radians

import pytest

from affect_core.errors import HeadError
from affect_core.heads import HeadConfig, ohbot_serial, rest_pose
from affect_core.heads.fake_firmware import Board, FakeFirmware
from affect_core.heads.motor_definitions import DEFAULT_MOTORS
from affect_core.heads.ohbot_serial import Servos, build

pytest.importorskip("serial", reason="pyserial is not installed")

TURN_8 = {"head_yaw": radians(3 / 0.11)}  # HEADTURN 8: 3 positions at the table's 0.11 per degree
LIGHTS_OUT = [b"l00,0,0,0", b"l01,0,0,0"]
WAKE_AT_REST = [
    *(b"m00,75,0", b"a00", b"m01,90,0", b"a01", b"m02,104,0", b"a02", b"m03,44,0", b"a03"),
    *(b"m04,49,0", b"a04", b"m05,49,0", b"a05", b"m06,129,0", b"a06", b"m07,98,0", b"a07"),
]


def lines(fake: FakeFirmware) -> set[bytes]:
    return set(fake.board.lines)


def awake(board: Board) -> bool:
    return len(board.attached) == 8


def test_whole_conversation(ohbot, fake):
    head = ohbot(speed=3.0)
    head.command(rest_pose())
    assert fake.wait_until(awake)
    head.command(TURN_8)
    assert fake.wait_until(lambda board: board.lines[-1] == b"m01,144,75")
    head.close()
    assert fake.wait_until(lambda board: not board.attached)
    detach = [b"d%02d" % socket for socket in range(8)]
    assert fake.board.lines == [b"v", *LIGHTS_OUT, *WAKE_AT_REST, b"m01,144,75", *detach]


def test_nothing_moves_before_the_first_command(ohbot, fake):
    ohbot().close()
    assert fake.wait_until(lambda board: board.lines[-1] == b"l01,0,0,0")
    assert fake.board.attached == set()


def test_only_whole_degrees_that_changed_are_sent(ohbot, fake):
    head = ohbot()
    head.command({})
    assert fake.wait_until(awake)
    head.command({"head_yaw": radians(0.4)})  # 0.044 positions are 0.79 of a degree
    head.command({"head_yaw": radians(0.4), "head_pitch": radians(5)})  # HEADNOD 6: 25 + 100 * 0.4 = 65
    assert fake.wait_until(lambda board: b"m00,65,125" in board.lines)
    assert [line for line in fake.board.lines if line.startswith(b"m01")] == [b"m01,90,0"]


def test_first_moves_are_slow(ohbot, fake):
    head = ohbot(speed=10.0, first_speed=2.0, first_speed_s=3600.0)
    head.command({})
    assert fake.wait_until(awake)
    head.command(TURN_8)
    assert fake.wait_until(lambda board: b"m01,144,50" in board.lines)


def test_close_while_waking_leaves_nothing_attached(ohbot, fake):
    head = ohbot(attach_interval_s=60.0)
    head.command({})
    assert fake.wait_until(lambda board: board.attached == {0})
    head.close()
    assert fake.wait_until(lambda board: not board.attached)
    assert b"a01" not in lines(fake)


def test_own_motor_file(ohbot, fake, tmp_path):
    omd = tmp_path / "own.omd"
    omd.write_text('<Motors><Motor Name="HeadTurn" Motor="9" Min="100" Max="600" Reverse="True"/></Motors>')
    head = ohbot(motor_file=str(omd))
    applied = head.command({**TURN_8, "head_pitch": 0.2})
    assert applied == pytest.approx(rest_pose() | TURN_8), "this robot cannot nod"
    assert fake.wait_until(lambda board: board.attached == {9})
    assert [line for line in fake.board.lines if line[:1] in b"ma"] == [b"m09,36,0", b"a09"]  # 18 + 90 * 0.2


@pytest.mark.parametrize("version", ["1.8", "2.10.12,0"])
def test_both_dialects(ohbot, fake, version):
    fake.board.version = version
    ohbot().command({})
    assert fake.wait_until(awake)


class Recorder:
    """Keeps what would go to the port."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.sent.append(data)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # A smile that turns: top 3 -> 7 opens first (int(99 * 0.3) = 29), then bottom 7 -> 3 closes (69).
        ({"TOPLIP": 3, "BOTTOMLIP": 7}, {"TOPLIP": 7, "BOTTOMLIP": 3}, b"m04,29,25\nm05,69,25\n"),
        ({"TOPLIP": 7, "BOTTOMLIP": 3}, {"TOPLIP": 3, "BOTTOMLIP": 7}, b"m05,29,25\nm04,69,25\n"),
        ({"TOPLIP": 5, "BOTTOMLIP": 5}, {"TOPLIP": 7, "BOTTOMLIP": 7}, b"m04,29,25\nm05,29,25\n"),
    ],
)
def test_the_lip_that_opens_goes_first(before, after, expected):
    port = Recorder()
    servos = Servos(DEFAULT_MOTORS, port)
    for name in before:
        servos.wake(name, before[name])
    port.sent.clear()
    servos.move(after, speed_raw=25)
    assert port.sent == [expected]


def test_unplugged_while_moving_then_plugged_in_again(ohbot, fake, eventually):
    head = ohbot()
    head.command({})
    assert fake.wait_until(awake)
    fake.unplug()
    with contextlib.suppress(HeadError):  # the write that finds out may not have happened yet
        head.command(TURN_8)
    assert eventually(lambda: head.fault)
    with pytest.raises(HeadError, match=f"{fake.port}.*plug .* in.*trying again until it is back"):
        head.command(TURN_8)
    fake.plug()
    assert eventually(lambda: not head.fault)
    assert fake.wait_until(awake), "it wakes up by itself, in the newest pose"
    assert fake.board.servos[1].last_target == 144
    assert head.command({}) == pytest.approx(rest_pose())


def test_unplugged_for_good_does_not_hang(ohbot, fake):
    head = ohbot()
    head.command({})
    assert fake.wait_until(awake)
    fake.unplug()
    head.close()
    with pytest.raises(HeadError, match=r"No such file or directory.*plug the robot in"):
        head.connect()


def test_idle_robot_that_is_unplugged_is_noticed(ohbot, fake, eventually, monkeypatch):
    monkeypatch.setattr(ohbot_serial, "_KEEP_ALIVE_S", 0.05)
    head = ohbot()
    fake.unplug()
    assert eventually(lambda: "lost the OhBot" in head.fault)


def test_silent_board(ohbot, fake):
    fake.unplug()
    fake.board.feed = lambda data, now_s: b""
    fake.board.banner = lambda: b"Guid = {29D81537-AF38-4BE3-9BEE-4B6952124806}\r\n"
    fake.plug()
    with pytest.raises(HeadError, match=r"to name its firmware within 0\.1 s, got no answer"):
        ohbot(reply_timeout_s=0.1)


def test_board_that_takes_nothing_more_is_lost_and_never_blocks(ohbot, fake, eventually, monkeypatch):
    import serial

    head = ohbot()

    def stuck(port: object, data: bytes) -> None:
        raise serial.SerialTimeoutException("Write timeout")

    monkeypatch.setattr(serial.Serial, "write", stuck)
    head.command({})
    assert eventually(lambda: "Write timeout" in head.fault)
    monkeypatch.undo()
    assert fake.wait_until(awake)


def test_port_that_another_program_uses(ohbot, fake):
    ohbot()
    with pytest.raises(HeadError, match="close the other program that uses it"):
        ohbot()


def test_no_port_given():
    with pytest.raises(
        HeadError, match="expected a serial port for the OhBot, got none; set port to one of:"
    ):
        build(HeadConfig()).connect()


def test_without_pyserial(monkeypatch, fake):
    monkeypatch.setitem(sys.modules, "serial", None)
    with pytest.raises(HeadError, match="pip install pyserial"):
        build(HeadConfig(port=str(fake.port))).connect()
