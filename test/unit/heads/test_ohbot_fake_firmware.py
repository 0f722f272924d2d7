import os
import select
import time

import pytest

from affect_core.errors import UnknownName
from affect_core.heads.fake_firmware import DIALECTS, FAULTS, Board, FakeFirmware


@pytest.fixture
def board() -> Board:
    return Board()


def test_identifies_itself(board):
    assert board.feed(b"v\n", 0.0) == b"SVer:v1.8\r\n"
    assert board.feed(b"v\r\n", 0.0) == b"SVer:v1.8\r\n"


@pytest.mark.parametrize(
    ("dialect", "identity", "robot"),
    [
        ("v1.8", b"SVer:v1.8\r\n", b""),
        ("v2.10", b"SVer:v2.10.12,0\r\n", b"FLASHED:1:1:ohbot\r\n"),
        ("picoh", b"SVer:v2.10.12\r\n", b""),
    ],
)
def test_dialects(dialect, identity, robot):
    board = Board(DIALECTS[dialect])
    assert (board.feed(b"v\n", 0.0), board.feed(b"R\n", 0.0)) == (identity, robot)


def test_banner(board):
    lines = board.banner().split(b"\r\n")
    assert lines[0] == b"Servo Control SVer:v1.8"
    assert lines[1].startswith(b"Guid = {")
    assert lines[2] == b"Servo: 0 on pin4 min uS: 544 max uS: 2400"
    assert len(lines) == 15, "12 servos and the end"


def test_constant_speed(board):
    board.feed(b"m01,90,0\na01\nm01,144,75\n", 10.0)
    servo = board.servos[1]
    # 75 raw are 181.8 degrees/s: 18.18 degrees after 0.1 s, all 54 after 0.297 s
    assert servo.degrees(10.0) == 90
    assert servo.degrees(10.1) == pytest.approx(90 + 18.185, abs=1e-3)
    assert servo.degrees(10.29) < 144
    assert servo.degrees(10.3) == 144


def test_new_target_on_the_way_starts_where_the_servo_is(board):
    board.feed(b"a01\nm01,144,75\n", 0.0)
    board.feed(b"m01,90,75\n", 0.1)
    assert board.servos[1].degrees(0.15) == pytest.approx(90 + 18.185 / 2, abs=1e-3)


def test_speed_zero_is_at_once(board):
    board.feed(b"a01\nm01,144,0\n", 0.0)
    assert board.servos[1].degrees(0.0) == 144


def test_wakes_at_its_last_target(board):
    board.feed(b"a03\n", 0.0)
    assert board.servos[3].degrees(0.0) == 90, "the middle after power-up, whatever the motor's range"
    board.feed(b"m06,129,0\na06\n", 0.0)
    assert board.servos[6].degrees(0.0) == 129


def test_all_is_the_first_seven_and_those_attached_by_number(board):
    board.feed(b"ax\n", 0.0)
    assert board.attached == set(range(7))
    board.feed(b"a07\nd02\n", 0.0)
    assert board.attached == {0, 1, 3, 4, 5, 6, 7}
    board.feed(b"dx\n", 0.0)
    assert board.attached == set()


def test_numbers_are_read_like_atoi(board):
    board.feed(b"m01,144.9,75.0\nm02,xyz\nm91,20\nm50,30\n", 0.0)
    assert board.servos[1].last_target == 144
    assert board.servos[2].last_target == 0
    assert board.servos[11].last_target == 20, "sockets 10 and 11 are also called 90 and 91"
    assert board.servos[0].last_target == 30, "a number that is no servo means servo 0"


def test_above_544_is_a_pulse(board):
    board.feed(b"m01,1472,0\n", 0.0)
    assert board.servos[1].degrees(0.0) == 90  # (1472 - 544) / 1856 * 180


def test_line_is_cut_at_50_characters(board):
    board.feed(b"m01,100," + b"0" * 42 + b"99\n", 0.0)
    board.feed(b"m01,110,1\n", 0.0)
    assert len(board.lines[0]) == 52
    assert board.servos[1].last_target == 110


def test_lines_may_come_in_pieces(board):
    assert board.feed(b"m01,1", 0.0) == b""
    board.feed(b"44,0\nm0", 0.0)
    assert board.lines == [b"m01,144,0"]
    assert board.servos[1].last_target == 144


def test_lights_and_sensors(board):
    board.sensors[3] = 512
    assert board.feed(b"l01,255,127,0\ni03\n", 0.0) == b"v3,512\r\n"
    assert board.lights == [(0, 0, 0), (255, 127, 0)]
    board.feed(b"l01\n", 0.0)
    assert board.lights[1] == (0, 0, 0)


def test_pulse_ends(board):
    board.feed(b"x01,2000\nn01,1000\nm01,1500,0\n", 0.0)
    assert board.servos[1].degrees(0.0) == 90
    assert b"Servo: 1 on pin5 min uS: 1000 max uS: 2000\r\n" in board.feed(b"t\n", 0.0)


@pytest.mark.parametrize("line", [b"\n", b"R\n", b"FE,1,2\n", b"\xff\xfe\n", b",,,\n", b"l\n", b"x\n"])
def test_what_it_does_not_know_is_ignored(board, line):
    assert board.feed(line, 0.0) == b""


def test_port_vanishes_and_comes_back(tmp_path):
    fake = FakeFirmware(tmp_path / "ohbot")
    fake.board.sensors[0] = 7
    for _ in range(2):
        with fake:
            port = os.open(fake.port, os.O_RDWR | os.O_NOCTTY)
            os.write(port, b"ax\n")
            assert fake.wait_until(lambda board: board.attached == set(range(7)))
        assert not fake.port.exists()
        with pytest.raises(OSError):
            os.write(port, b"v\n")
        os.close(port)
    fake.unplug()
    with fake:
        assert fake.board.attached == set(), "power was lost"


# --- faults -------------------------------------------------------------------------------------------------------


@pytest.fixture
def talk(tmp_path):
    """What a board with a fault sends within a time, or until it says something, when asked who it is."""

    def ask(fault: str, timeout_s: float, until: bytes = b"never") -> bytes:
        fake = FakeFirmware(tmp_path / "ohbot")
        fake.inject(fault)
        with fake:
            port = os.open(fake.port, os.O_RDWR | os.O_NOCTTY)
            os.write(port, b"v\n")
            heard, deadline_s = b"", time.monotonic() + timeout_s
            while not heard.endswith(until):
                if not select.select([port], [], [], max(0.0, deadline_s - time.monotonic()))[0]:
                    break
                heard += os.read(port, 4096)
            os.close(port)
            return heard

    return ask


BANNER = Board().banner()


def test_silent(talk):
    assert talk("silent", 0.2) == b""


def test_short_replies_are_cut(talk):
    heard = talk("short", 10.0, b"Servo: 11 on pSVe")
    assert heard.startswith(b"Servo CoGuid")
    assert heard.endswith(b"SVe")


def test_garbage_is_the_same_every_time_and_never_an_answer(talk):
    heard = talk("garbage", 0.3)
    assert len(heard) == 3 * (len(BANNER) + len(b"SVer:v1.8\r\n"))
    assert b"SVer" not in heard
    assert heard == talk("garbage", 0.3)


def test_slow_boot_answers_behind_the_banner(talk):
    assert len(talk("slow_boot", 0.3)) < len(BANNER)
    assert talk("slow_boot", 10.0, b"2400\r\nSVer:v1.8\r\n") == BANNER + b"SVer:v1.8\r\n"


def test_late(talk):
    assert talk("late", 0.5) == BANNER
    assert talk("late", 10.0, b"2400\r\nSVer:v1.8\r\n") == BANNER + b"SVer:v1.8\r\n"


def test_write_error_blocks_the_writer(tmp_path):
    with FakeFirmware(tmp_path / "ohbot") as fake:
        port = os.open(fake.port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        fake.inject("write_error")
        with pytest.raises(BlockingIOError):
            os.write(port, b"v\n")
        fake.heal()
        os.write(port, b"v\n")
        assert fake.wait_until(lambda board: board.lines == [b"v"])
        os.close(port)


def test_disappears_with_the_next_move_and_comes_back_healed(tmp_path):
    with FakeFirmware(tmp_path / "ohbot") as fake:
        port = os.open(fake.port, os.O_RDWR | os.O_NOCTTY)
        fake.inject("disappear")
        os.write(port, b"v\n")
        assert fake.wait_until(lambda board: board.lines == [b"v"])
        os.write(port, b"m01,90,0\n")
        assert fake.wait_until(lambda board: board.lines[-1] == b"m01,90,0")
        fake.heal()
        assert fake.port.exists()
        os.close(port)


def test_unknown_fault(tmp_path):
    with pytest.raises(UnknownName, match="unknown fault 'tired'; known: disappear"):
        FakeFirmware(tmp_path / "ohbot").inject("tired")
    assert "garbage" in FAULTS
