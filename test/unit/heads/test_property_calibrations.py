"""Whatever a head is asked to show: no servo leaves its calibration, and the lips never collide."""

from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affect_core.heads.base import within_limits
from affect_core.heads.expressions import SIDES, load_expressions
from affect_core.heads.motion import Motion
from affect_core.heads.motor_definitions import LIPS, MotorTable, load_motor_definitions
from affect_core.heads.ohbot_projection import load_projection
from affect_core.heads.ohbot_servos import Servos
from affect_core.heads.rig import JOINTS, Pose
from affect_core.heads.speech import Mouth, MouthConfig

S = 1_000_000_000
CALIBRATIONS = sorted((Path(__file__).parent / "calibrations").glob("*.omd"))
EXPRESSIONS = load_expressions()


class Wire:
    """Reads every move command as the robot would, and refuses what could hurt it."""

    def __init__(self, motors: MotorTable) -> None:
        self._motors = {motor.socket: motor for motor in motors.values()}
        self._open = {name: self._most_open(motors, name) for name in LIPS}
        self._lips: dict[str, float] = {}
        self.moves = 0

    def write(self, data: bytes) -> None:
        for line in data.decode().splitlines():
            if line.startswith("m"):
                self._check(*map(int, line[1:].split(",")))

    def _check(self, socket: int, degrees: int, speed_raw: int) -> None:
        self.moves += 1
        motor = self._motors[socket]
        assert int(motor.low_raw / 1000 * 180) <= degrees <= int(motor.high_raw / 1000 * 180), motor
        assert 0 <= speed_raw <= 250
        if motor.name in LIPS:
            self._lips[motor.name] = self._open[motor.name][degrees]
        if len(self._lips) == 2:
            assert sum(self._lips.values()) >= 9.99, self._lips

    @staticmethod
    def _most_open(motors: MotorTable, name: str) -> dict[int, float]:
        """Whole degree -> the most open position that it stands for, to a hundredth."""
        places: dict[int, float] = defaultdict(float)
        for hundredth in range(1001):
            degrees = motors[name].degrees(hundredth / 100)
            places[degrees] = max(places[degrees], hundredth / 100)
        return places


@st.composite
def blends(draw: st.DrawFn) -> tuple[Motion, int]:
    """Expressions that interrupt each other, and a stamp somewhere in between or long after."""
    motion = Motion(EXPRESSIONS)
    for _ in range(draw(st.integers(0, 4))):
        motion.command(
            draw(st.sampled_from(EXPRESSIONS.names())),
            draw(st.floats(0, 1)),
            draw(st.sampled_from(SIDES)),
            draw(st.integers(0, 3 * S)),
            draw(st.none() | st.floats(0.05, 2)),
        )
    return motion, draw(st.integers(0, 6 * S))


@st.composite
def mouths(draw: st.DrawFn) -> Mouth:
    mouth = Mouth(MouthConfig())
    for _ in range(draw(st.integers(0, 3))):
        mouth.hear(draw(st.floats(-2, 3)), draw(st.integers(0, 6 * S)))
    return mouth


ANGLES = st.floats(-3, 3)
GAZES = st.fixed_dictionaries({}, optional={"eye_yaw": ANGLES, "eye_pitch": ANGLES, "head_yaw": ANGLES})
POSES = st.dictionaries(st.sampled_from(sorted(JOINTS)), ANGLES | st.floats(-0.05, 0.05))


@st.composite
def wishes(draw: st.DrawFn) -> Pose:
    """A pose, a blend of expressions, speech and gaze, each on top of the one before."""
    motion, stamp_ns = draw(blends())
    pose = motion.pose(stamp_ns) | draw(POSES)
    return draw(mouths()).add_to(pose, stamp_ns) | draw(GAZES)


def test_five_calibrations():
    names = [path.stem for path in CALIBRATIONS]
    assert names == ["centred", "fresh_kit", "lids_reversed", "narrow", "seven_motors"]
    tables = {path.stem: load_motor_definitions(path) for path in CALIBRATIONS}
    assert tables["lids_reversed"]["LIDBLINK"].reverse
    assert tables["centred"]["TOPLIP"].centre_raw == 190
    assert "HEADROLL" not in tables["seven_motors"]


@pytest.mark.parametrize("path", CALIBRATIONS, ids=lambda path: path.stem)
@settings(max_examples=60, deadline=None)
@given(sequence=st.lists(wishes(), min_size=1, max_size=4), rests=st.booleans())
def test_nothing_a_head_is_asked_for_can_hurt_it(path: Path, sequence: list[Pose], rests: bool):
    motors = load_motor_definitions(path)
    projection = load_projection(None, motors)
    wire = Wire(motors)
    servos = Servos(motors, wire)
    for now_s, wish in enumerate(sequence):
        positions = projection.positions(projection.visible(within_limits(wish)))
        assert set(positions) == set(motors)
        assert all(0.0 <= place <= 10.0 for place in positions.values())
        assert positions["TOPLIP"] + positions["BOTTOMLIP"] >= 10 - 1e-9
        while servos.wake_next(positions, float(now_s)):
            pass
        servos.move(positions, 125, float(now_s))
        if rests:
            servos.rest_idle(0.5, now_s + 0.9)
    assert wire.moves >= len(motors)


@pytest.mark.parametrize("path", CALIBRATIONS, ids=lambda path: path.stem)
def test_the_wire_finds_what_could_hurt(path: Path):
    motors = load_motor_definitions(path)
    top, bottom = (motors[name] for name in LIPS)
    wire = Wire(motors)
    wire.write(b"m%02d,%d,0\n" % (top.socket, top.degrees(5)))
    with pytest.raises(AssertionError):
        wire.write(b"m%02d,%d,0\n" % (bottom.socket, bottom.degrees(2)))
    with pytest.raises(AssertionError):
        wire.write(b"m%02d,%d,0\n" % (top.socket, max(top.degrees(0), top.degrees(10)) + 1))
