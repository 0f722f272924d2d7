from pathlib import Path

import pytest

from affect_core.errors import ConfigError
from affect_core.heads.motor_definitions import (
    DEFAULT_MOTORS,
    MOTORS,
    MotorDefinition,
    load_motor_definitions,
)

LINE = (
    '<Motor Name="{}" Min="{}" Max="{}" Motor="{}" Speed="40" Reverse="{}" '
    'Acceleration="60" RestPosition="5" Avoid="{}"/>'
)
LIPS = [("TopLip", 0, 550, 4, "True", "BottomLip"), ("BottomLip", 0, 550, 5, "True", "TopLip")]


def write(folder: Path, *elements: str) -> Path:
    path = folder / "robot.omd"
    path.write_text("<Motors>" + "".join(elements) + "</Motors>")
    return path


def motor(name="HeadTurn", low=0, high=1000, socket=1, reverse="False", avoid="") -> str:
    return LINE.format(name, low, high, socket, reverse, avoid)


# Ends of each motor, as the vendor's library computes them: int(raw / 1000 * 180).
@pytest.mark.parametrize(
    ("name", "at_0", "at_10"),
    [
        ("HEADNOD", 125, 25),
        ("HEADTURN", 0, 180),
        ("EYETURN", 68, 140),
        ("LIDBLINK", 6, 54),
        ("TOPLIP", 99, 0),
        ("BOTTOMLIP", 99, 0),
        ("EYETILT", 93, 165),
        ("HEADROLL", 135, 62),
    ],
)
def test_ends_of_the_default_motors(name, at_0, at_10):
    motor = DEFAULT_MOTORS[name]
    assert (motor.degrees(0), motor.degrees(10)) == (at_0, at_10)
    assert (motor.degrees(-3), motor.degrees(1e9)) == (at_0, at_10), "outside means the end"


# What the vendor's library sends: move(1, 8), move(0, 8), move(3, 0), move(7, 7.5).
@pytest.mark.parametrize(
    ("name", "position", "degrees"),
    [("HEADTURN", 8, 144), ("HEADNOD", 8, 45), ("LIDBLINK", 0, 6), ("HEADROLL", 7.5, 80)],
)
def test_degrees_agree_with_the_vendors_library(name, position, degrees):
    assert DEFAULT_MOTORS[name].degrees(position) == degrees


def test_default_table_has_every_motor_in_its_socket():
    assert tuple(DEFAULT_MOTORS) == MOTORS
    assert [motor.socket for motor in DEFAULT_MOTORS.values()] == list(range(8))
    assert DEFAULT_MOTORS["LIDBLINK"].rest == 10


def test_centre_bends_the_scale():
    # 100 -> 18 degrees, 200 -> 36, 600 -> 108 (0.6 * 180 is 108 exactly)
    bent = MotorDefinition("TOPLIP", 4, 100, 600, centre_raw=200)
    assert [bent.degrees(p) for p in (0, 2.5, 5, 7.5, 10)] == [18, 27, 36, 72, 108]
    reversed_bent = MotorDefinition("TOPLIP", 4, 100, 600, reverse=True, centre_raw=200)
    assert [reversed_bent.degrees(p) for p in (0, 2.5, 5, 7.5, 10)] == [108, 72, 36, 27, 18]


def test_file_of_a_seven_motor_robot(tmp_path):
    old_mouth = motor("MouthOpen", 80, 460, 7)
    table = load_motor_definitions(write(tmp_path, motor(), *(motor(*lip) for lip in LIPS), old_mouth))
    assert set(table) == {"HEADTURN", "TOPLIP", "BOTTOMLIP"}
    assert table["TOPLIP"] == DEFAULT_MOTORS["TOPLIP"]


def test_centre_is_read(tmp_path):
    element = motor("HeadRoll", 350, 750, 7).replace("/>", ' Center="500"/>')
    assert load_motor_definitions(write(tmp_path, element))["HEADROLL"].centre_raw == 500


@pytest.mark.parametrize(
    ("elements", "message"),
    [
        ([], "expected <Motors> with <Motor .../> inside"),
        ([motor(low=500, high=500)], "Max >= Min + 100"),
        ([motor(low=500, high=599)], "Max >= Min + 100"),
        ([motor(low=700, high=140)], "Max >= Min + 100"),
        ([motor(low=-1)], "Min and Max in 0 to 1000"),
        ([motor(high=1001)], "Min and Max in 0 to 1000"),
        ([motor(low="a")], "a number for Min, got 'a'"),
        ([motor(socket=12)], "Motor 0 to 11"),
        ([motor(reverse="yes")], "Reverse True or False, got 'yes'"),
        ([motor(name="Eyebrow")], "a name of HEADNOD"),
        ([motor(avoid="TopLip")], "Avoid to name another motor, got TOPLIP"),
        ([motor(avoid="HeadTurn")], "Avoid to name another motor"),
        ([motor(), motor(socket=2)], "HEADTURN is defined twice"),
        ([motor(), motor(name="HeadNod")], "HEADTURN and HEADNOD both have Motor=1"),
        ([motor().replace('RestPosition="5"', 'RestPosition="11"')], "RestPosition in 0 to 10"),
        ([motor(high=500).replace("/>", ' Center="600"/>')], "Min <= Center <= Max"),
        ([motor().replace('Max="1000"', "")], "a number for Max, got None"),
        (["<Motor"], "expected XML"),
    ],
)
def test_wrong_file_is_refused_with_its_name(tmp_path, elements, message):
    path = write(tmp_path, *elements)
    with pytest.raises(ConfigError) as caught:
        load_motor_definitions(path)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_missing_file(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.omd: expected a readable motor definition file"):
        load_motor_definitions(tmp_path / "none.omd")
