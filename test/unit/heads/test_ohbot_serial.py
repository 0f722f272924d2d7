"""The serial driver, byte by byte, against the fake firmware."""

import contextlib
import sys
import time
from math import radians

import pytest

from affect_core.errors import HeadError
from affect_core.heads import HeadConfig, rest_pose
from affect_core.heads.fake_firmware import DIALECTS, Board, Dialect, FakeFirmware
from affect_core.heads.ohbot_serial import build

pytest.importorskip("serial", reason="pyserial is not installed")

TURN_8 = {"head_yaw": radians(3 / 0.11)}  # HEADTURN 8: 3 positions at the table's 0.11 per degree
LIGHTS_OUT = [b"l00,0,0,0", b"l01,0,0,0"]
DETACH = [b"d%02d" % socket for socket in range(8)]
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
    assert fake.wait_until(lambda board: b"m01,144,75" in board.lines)
    head.close()
    assert fake.wait_until(lambda board: not board.attached)
    assert fake.wait_until(lambda board: board.lines[-2:] == LIGHTS_OUT)
    spoken = [line for line in fake.board.lines if line != b"v"]
    assert spoken == [*DETACH, *LIGHTS_OUT, *WAKE_AT_REST, b"m01,144,75", *DETACH, *LIGHTS_OUT]


def test_nothing_moves_before_the_first_command(ohbot, fake):
    ohbot().close()
    assert fake.wait_until(lambda board: board.lines[-2:] == LIGHTS_OUT)
    assert {line[:1] for line in fake.board.lines} <= {b"v", b"d", b"l"}


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


@pytest.mark.parametrize("dialect", ["v1.8", "v2.10"])
def test_both_dialects(ohbot, fake, dialect):
    fake.board.dialect = DIALECTS[dialect]
    ohbot().command({})
    assert fake.wait_until(awake)
    questions = [line for line in fake.board.lines if line in (b"v", b"R")]
    assert questions[:2] == ([b"v", b"R"] if dialect == "v2.10" else [b"v"])


def test_idle_servos_are_switched_off_and_wake_where_they_were(ohbot, fake):
    head = ohbot(idle_detach_s=0.05, speed=3.0)
    head.command({})
    assert fake.wait_until(lambda board: b"a07" in board.lines and not board.attached)
    del fake.board.lines[:]
    head.command({})
    head.command(TURN_8)
    assert fake.wait_until(lambda board: b"d01" in board.lines)
    assert [line for line in fake.board.lines if line != b"v"] == [b"m01,90,0", b"a01", b"m01,144,75", b"d01"]


def test_a_pose_at_most_every_40_ms(ohbot, fake):
    head = ohbot()
    head.command({})
    assert fake.wait_until(awake)
    start_s = time.monotonic()
    count = 0
    while count < 12:
        for step in range(100):  # each a degree or more away from the one before
            head.command({"head_yaw": radians(2 * (step % 20))})
            time.sleep(0.0005)
        count = sum(line.startswith(b"m01") for line in list(fake.board.lines)) - 1
    assert count <= 25 * (time.monotonic() - start_s) + 1


# --- lights and sensors -----------------------------------------------------------------------------------------


def test_lights(ohbot, fake):
    head = ohbot()
    assert fake.wait_until(lambda board: board.lines[-2:] == LIGHTS_OUT)
    head.set_led(1.0, 0.5, 0.0)
    assert fake.wait_until(lambda board: board.lines[-2:] == [b"l00,255,127,0", b"l01,255,127,0"])
    head.set_led(0.0, 0.0, 1.0, led=1)
    assert fake.wait_until(lambda board: board.lights == [(255, 127, 0), (0, 0, 255)])
    head.close()
    assert fake.wait_until(lambda board: board.lights == [(0, 0, 0), (0, 0, 0)])


def test_lights_with_red_and_green_exchanged(ohbot, fake):
    ohbot(led_swap_red_green=True).set_led(1.0, 0.5, 0.0)
    assert fake.wait_until(lambda board: board.lines[-2:] == [b"l00,127,255,0", b"l01,127,255,0"])


def test_wrong_lights_are_refused(ohbot):
    head = ohbot()
    with pytest.raises(HeadError, match="LED channels 0 to 1, got"):
        head.set_led(0.0, 1.1, 0.0)
    with pytest.raises(HeadError, match="LED 0 or 1, got 2"):
        head.set_led(0.0, 0.0, 0.0, led=2)
    head.close()
    with pytest.raises(HeadError, match=r"connect\(\) before set_led\(\)"):
        head.set_led(0.0, 0.0, 0.0)


def test_sensor(ohbot, fake):
    fake.board.sensors[3] = 512
    head = ohbot()
    assert head.read_sensor(3, timeout_s=10.0) == pytest.approx(512 / 1023)
    assert head.read_sensor(0, timeout_s=10.0) == 0.0
    assert [line for line in fake.board.lines if line.startswith(b"i")] == [b"i03", b"i00"]
    with pytest.raises(HeadError, match="sensor pin 0 to 5, got 6"):
        head.read_sensor(6)


@pytest.mark.parametrize("fault", ["silent", "late", "short", "garbage"])
def test_sensor_that_does_not_answer(ohbot, fake, fault):
    fake.board.sensors[3] = 512
    head = ohbot()
    fake.inject(fault)
    assert head.read_sensor(3, timeout_s=0.1) is None


def test_sensor_of_a_lost_robot(ohbot, fake, eventually):
    head = ohbot()
    fake.unplug()
    assert eventually(lambda: not head.present)
    with pytest.raises(HeadError, match="trying again until it is back"):
        head.read_sensor(3, timeout_s=60.0)


# --- emergency stop ---------------------------------------------------------------------------------------------


def test_emergency_stop_and_the_way_back(ohbot, fake):
    head = ohbot()
    head.command({})
    assert fake.wait_until(awake)
    head.estop()
    assert fake.wait_until(lambda board: not board.attached)
    assert head.present
    assert "emergency" in head.fault
    with pytest.raises(HeadError, match=r"stopped in an emergency.*release"):
        head.command(TURN_8)
    head.release()
    assert head.fault == ""
    head.command(TURN_8)
    assert fake.wait_until(awake)
    assert fake.board.servos[1].last_target == 144


def test_emergency_stop_while_waking(ohbot, fake):
    head = ohbot(attach_interval_s=60.0)
    head.command({})
    assert fake.wait_until(lambda board: board.attached == {0})
    head.estop()
    assert fake.wait_until(lambda board: not board.attached)
    assert b"a01" not in lines(fake)


def test_emergency_stop_of_a_lost_robot_holds_when_it_is_back(ohbot, fake, eventually):
    head = ohbot()
    head.command({})
    assert fake.wait_until(awake)
    fake.unplug()
    assert eventually(lambda: not head.present)
    with pytest.raises(
        HeadError, match=r"the stop is in force, but the robot could not be told: .*cut its power"
    ):
        head.estop()
    del fake.board.lines[:]
    fake.plug()
    assert eventually(lambda: head.present)
    assert fake.wait_until(lambda board: b"l01,0,0,0" in board.lines)
    with pytest.raises(HeadError, match="emergency"):
        head.command({})
    assert not [line for line in fake.board.lines if line.startswith(b"a")]


# --- what goes wrong --------------------------------------------------------------------------------------------


def test_picoh_is_refused(ohbot, fake):
    fake.board.dialect = DIALECTS["picoh"]
    with pytest.raises(HeadError, match=r"expected an OhBot on .*, got a Picoh \(firmware v2\.10\.12\)"):
        ohbot()
    assert fake.board.lines == [b"v"]


def test_ohbot_firmware_that_was_set_up_as_a_picoh_is_refused(ohbot, fake):
    fake.board.dialect = Dialect("2.10.12,1", "picoh")
    with pytest.raises(HeadError, match="got a Picoh"):
        ohbot()
    assert fake.board.lines == [b"v", b"R"]


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


def test_silent_board(ohbot, fake):
    fake.inject("silent")
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
