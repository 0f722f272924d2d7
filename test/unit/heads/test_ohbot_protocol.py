import pytest

from affect_core.errors import HeadError
from affect_core.heads import ohbot_protocol as protocol
from affect_core.heads.motor_definitions import DEFAULT_MOTORS


# The vendor's library was seen to send these (its speeds are floats, "75.0"; the firmware reads both alike).
@pytest.mark.parametrize(
    ("name", "position", "speed", "line"),
    [
        ("HEADTURN", 8, 3, b"m01,144,75\n"),
        ("HEADNOD", 8, 5, b"m00,45,125\n"),
        ("LIDBLINK", 0, 10, b"m03,6,250\n"),
        ("HEADROLL", 7.5, 5, b"m07,80,125\n"),
    ],
)
def test_move(name, position, speed, line):
    motor = DEFAULT_MOTORS[name]
    assert protocol.move(motor.socket, motor.degrees(position), protocol.raw_speed(speed)) == line


def test_other_commands():
    assert protocol.attach(1) == b"a01\n"
    assert protocol.detach(7) == b"d07\n"
    assert protocol.light(0, 255, 127, 0) == b"l00,255,127,0\n"
    assert protocol.light(1, *protocol.colour(1.0, 0.5, 0.0)) == b"l01,255,127,0\n"
    assert protocol.read_pin(3) == b"i03\n"
    assert protocol.IDENTIFY == b"v\n"
    assert protocol.NAME_ROBOT == b"R\n"
    assert protocol.BAUD == 19200


@pytest.mark.parametrize(
    ("line", "reading"),
    [
        (b"v3,512\r", (3, 512 / 1023)),
        (b"v0,0", (0, 0.0)),
        (b"v5,1023\r", (5, 1.0)),
        (b"v3,1024", None),
        (b"v6,1", None),
        (b"v3,", None),
        (b"SVer:v1.8", None),
        (b"xv3,512", None),
    ],
)
def test_reading(line, reading):
    assert protocol.parse_reading(line) == reading


# As the vendor's own programs tell them apart.
@pytest.mark.parametrize(
    ("line", "robot", "asks"),
    [
        (b"SVer:v1.8", "ohbot", False),
        (b"SVer:v2.10.12,0", "ohbot", True),
        (b"SVer:v2.10.12,1", "ohbot", True),
        (b"SVer:v2.10.12", "picoh", False),
        (b"SVer:v2.10.12,7", "picoh", False),
        (b"SVer:v2.09,1", "ohbot", True),
        (b"SVer:v2.18.3,0", "ohbot", True),
        (b"SVer:v2.19,0", "ohbot", False),
        (b"SVer:v3.1,0", "ohbot", False),
        (b"SVer:v3.1", "picoh", False),
    ],
)
def test_robot(line, robot, asks):
    firmware = protocol.parse_firmware(line)
    assert (firmware.robot, firmware.names_robot) == (robot, asks)


@pytest.mark.parametrize(
    ("line", "robot"),
    [(b"FLASHED:1:2:Picoh\r", "picoh"), (b"FLASHED:a:b:ohbot", "ohbot"), (b"FLASHED:a:b", None), (b"", None)],
)
def test_name_of_the_robot(line, robot):
    assert protocol.parse_robot(line) == robot


# 0 would be the fastest on the wire, so that the slowest sent is 1.
@pytest.mark.parametrize(("speed", "raw"), [(0, 25), (0.5, 25), (1, 25), (2, 50), (10, 250), (99, 250)])
def test_speed_scale(speed, raw):
    assert protocol.raw_speed(speed) == raw


def test_speed_law():
    assert pytest.approx(2.4246, abs=1e-4) == protocol.DEG_S_PER_RAW
    assert protocol.raw_speed(1) * protocol.DEG_S_PER_RAW == pytest.approx(60.6, abs=0.1)


@pytest.mark.parametrize(
    ("line", "version", "fields", "text"),
    [
        (b"SVer:v1.8\r\n", (1, 8), (), "v1.8"),
        (b"Servo Control SVer:v1.8\r\n", (1, 8), (), "v1.8"),
        (b"SVer:v2.10.12,0\r\n", (2, 10, 12), ("0",), "v2.10.12"),
        (b"SVer:v3", (3,), (), "v3"),
    ],
)
def test_firmware(line, version, fields, text):
    firmware = protocol.parse_firmware(line)
    assert firmware == protocol.Firmware(version, fields)
    assert str(firmware) == text


@pytest.mark.parametrize(
    "line", [b"", b"Guid = {29D81537}\r\n", b"Servo: 0 on pin4\r\n", b"\xff\x00SVer:w1\r\n"]
)
def test_no_firmware(line):
    assert protocol.parse_firmware(line) is None


@pytest.mark.parametrize(
    "send",
    [
        lambda: protocol.move(1, 181, 0),
        lambda: protocol.move(1, -1, 0),
        lambda: protocol.move(12, 90, 0),
        lambda: protocol.move(1, 90, 251),
        lambda: protocol.light(2, 0, 0, 0),
        lambda: protocol.light(0, 256, 0, 0),
        lambda: protocol.colour(0.0, -0.1, 0.0),
        lambda: protocol.colour(0.0, 0.0, float("nan")),
        lambda: protocol.read_pin(6),
    ],
)
def test_what_the_firmware_would_misread_is_refused(send):
    with pytest.raises(HeadError, match="expected"):
        send()
