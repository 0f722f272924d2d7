import hashlib
import itertools
import json
from math import degrees, pi, radians, sin

import pytest
import yaml

from affect_core.errors import ConfigError, UnknownName
from affect_core.heads.action_units import SHAPES, Cycle
from affect_core.heads.expressions import load_expressions, separate_lips
from affect_core.heads.rig import JOINTS, clamp, mirror, rest_pose
from affect_core.labels import BASIC_8, COMPLEX_6

ALL = COMPLEX_6 + BASIC_8[1:]

TIMES = {"onset_s": 1.0, "hold_s": 2.0, "offset_s": 1.0}


def small_table() -> dict:
    """Numbers small enough to work out by hand."""
    return {
        "action_units": {
            "AU4": {"name": "brow lowerer", "joints": {"brow_raise_mm": -6, "furrow": 1}},
            "AU12": {"name": "lip corner puller", "joints": {"corner_raise_mm": 8}},
        },
        "motors": {
            "HEADTURN": {"rest": 5, "joints": {"head_yaw_deg": 0.1}},
            "TOPLIP": {"rest": 5, "joints": {"corner_raise_mm": -0.2}},
            "BOTTOMLIP": {"rest": 5, "joints": {"corner_raise_mm": 0.2}},
        },
        "expressions": {
            "neutral": dict(TIMES),
            "smirk": {
                **TIMES,
                "lead": "left",
                "action_units": {"AU4": {"lead": 0, "other": 1}, "AU12": {"lead": 1, "other": 0.25}},
                "head": {"yaw_deg": 10},
                "motion": [{"joint": "eye_yaw", "amplitude_deg": 4, "frequency_hz": 1, "shape": "sine"}],
            },
        },
    }


@pytest.fixture
def load(tmp_path):
    def write_and_load(content):
        path = tmp_path / "expressions.yaml"
        path.write_text(yaml.safe_dump(content))
        return load_expressions(path)

    return write_and_load


@pytest.fixture(scope="module")
def table():
    return load_expressions()


def moved(pose):
    """Joints that are not at rest."""
    return {name: pytest.approx(value) for name, value in pose.items() if value != JOINTS[name].rest}


def test_projection_to_joints_by_hand(load):
    pose = load(small_table()).pose("smirk", intensity=0.5)
    assert moved(pose) == {
        "head_yaw": radians(5),
        "brow_raise_right": -0.003,
        "corner_raise_left": 0.004,
        "corner_raise_right": 0.001,
        "furrow": 0.25,  # half intensity x mean of 0 and 1
    }


def test_the_other_side_leads_on_request(load):
    pose = load(small_table()).pose("smirk", intensity=0.5, side="right")
    assert moved(pose) == {
        "head_yaw": radians(-5),
        "brow_raise_left": -0.003,
        "corner_raise_right": 0.004,
        "corner_raise_left": 0.001,
        "furrow": 0.25,
    }


def test_a_table_may_lead_on_the_right(load):
    content = small_table()
    led_left = load(content).pose("smirk")
    content["expressions"]["smirk"]["lead"] = "right"
    table = load(content)
    assert table.pose("smirk") == table.pose("smirk", side="right") == mirror(led_left)
    assert table.get("smirk").head.yaw_deg == -10
    assert table.get("smirk").motion[0].amplitude == radians(-4)


def test_projection_to_motors_by_hand(load):
    positions = load(small_table()).motor_positions("smirk")
    # corners 8 and 2 mm: mean 5 mm x 0.2 = 1
    assert positions == {
        "HEADTURN": pytest.approx(6),
        "TOPLIP": pytest.approx(4),
        "BOTTOMLIP": pytest.approx(6),
    }


def test_cycle_by_hand():
    cycle = Cycle("eye_yaw", 0.2, 0.5, "sine")
    assert [round(cycle.offset(s), 9) for s in (-1, 0, 0.5, 1, 1.5)] == [0, 0, 0.2, 0, -0.2]
    blink = Cycle("upper_lid_left", 0.3, 0.5, "blink")
    assert [round(blink.offset(s), 9) for s in (0, 0.7, 0.9, 1.0, 1.3)] == [0, 0, 0.15, 0.3, 0]


def test_shapes_by_hand():
    def at(shape, *phases):
        return [round(SHAPES[shape].at(phase), 9) for phase in phases]

    assert at("glance", 0, 0.2, 0.3, 0.35, 0.5, 0.65, 0.7, 0.8) == [0, 0, 0.5, 1, 1, 1, 0.5, 0]
    assert at("nod", 0, 0.125, 0.25, 0.375, 0.5, 0.7) == [0, 1, 0, 1, 0, 0]
    # 8 pi / 16 is a quarter turn, so 1 x sin(2 pi / 16) at 1/16; at 3/16 it has turned round
    near, far = round(sin(pi / 8), 9), round(sin(3 * pi / 8), 9)
    assert at("shake", 0, 1 / 16, 2 / 16, 3 / 16, 5 / 16, 7 / 16, 0.6) == [0, near, 0, -far, far, -near, 0]


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_are_periodic_bounded_and_no_steeper_than_they_say(name):
    shape = SHAPES[name]
    values = [shape.at(k / 10000) for k in range(10001)]
    assert values[0] == 0
    assert values[-1] == pytest.approx(0, abs=1e-9)
    assert max(map(abs, values)) <= 1
    assert max(abs(b - a) for a, b in itertools.pairwise(values)) * 10000 <= shape.steepest * (1 + 1e-6)


def test_table_holds_all_labels_in_order(table):
    assert table.names() == COMPLEX_6 + BASIC_8[1:]


COMPLEX_POSES = {
    "neutral": "9a55f3760b8746b0",
    "confusion": "d621ab82cd67fb58",
    "frustration": "f259a52601cdc1f0",
    "skepticism": "23f9129f04be17ac",
    "disapproval": "993ac5c638360e05",
    "boredom": "0d26eda8a024e007",
}
"""sha256 of the poses models were trained on: they must not change."""


@pytest.mark.parametrize("name", COMPLEX_6)
def test_the_poses_that_models_know_stay(table, name):
    assert hashlib.sha256(json.dumps(table.pose(name)).encode()).hexdigest()[:16] == COMPLEX_POSES[name]


@pytest.mark.parametrize("name", ALL[1:])
def test_everything_but_neutral_moves_and_says_how_long(table, name):
    row = table.get(name)
    assert row.action_units
    assert row.motion or name == "skepticism"
    assert 0.15 <= row.onset_s <= 0.6
    assert row.hold_s >= 1.5
    assert 0.5 <= row.offset_s <= 0.8


def test_all_expressions_differ_also_on_the_real_head(table):
    for project, least in ((table.pose, 0.001), (table.motor_positions, 0.35)):
        for one, other in itertools.combinations(ALL, 2):
            a, b = project(one), project(other)
            assert max(abs(a[key] - b[key]) for key in a) >= least, (one, other)


def test_fear_by_hand(table):
    pose = table.pose("fear")
    # AU1 1 x 5 + AU2 0.35 x 9 - AU4 0.25 x 7 mm; AU1 -11 + AU2 0.35 x 3 + AU4 0.25 x 17 deg; AU5 -24 - 8 deg
    assert pose["brow_raise_left"] == pytest.approx(0.0064)
    assert pose["brow_angle_left"] == pytest.approx(radians(-5.7))
    assert pose["upper_lid_right"] == pytest.approx(radians(-32))


def test_neutral_is_rest(table):
    assert table.pose("neutral") == rest_pose()


@pytest.mark.parametrize("name", ALL)
def test_sides_are_mirror_images(table, name):
    assert table.pose(name, 0.7, "left") == pytest.approx(mirror(table.pose(name, 0.7, "right")))
    assert table.get(name).led_by("right").led_by("left") == table.get(name).led_by("left")


@pytest.mark.parametrize("name", ALL)
def test_no_expression_needs_limiting(table, name):
    pose = table.pose(name)
    assert clamp(pose)[1] == ()
    for axis in ("head_yaw", "head_pitch", "head_roll"):
        swing = sum(abs(c.amplitude) for c in table.get(name).motion if c.joint == axis)
        assert degrees(abs(pose[axis]) + swing) <= 20


@pytest.mark.parametrize("name", ALL)
def test_cyclic_motion_is_within_the_servos_speed(table, name):
    for cycle in table.get(name).motion:
        steps = [cycle.offset(k / 1000) for k in range(1, 5000)]
        fastest = max(abs(b - a) for a, b in itertools.pairwise(steps)) * 1000
        assert fastest <= JOINTS[cycle.joint].rate


def test_asymmetric_expressions_are_asymmetric(table):
    for name in ("confusion", "skepticism"):
        pose = table.pose(name, side="left")
        assert pose["brow_raise_left"] - pose["brow_raise_right"] > 0.008


def test_lips_never_collide(table):
    for name in table.names():
        for side in ("left", "right"):
            for intensity in (0, 0.1, 0.3, 0.5, 0.8, 1):
                positions = table.motor_positions(name, intensity, side)
                assert positions["TOPLIP"] + positions["BOTTOMLIP"] >= 10 - 1e-9
                assert all(0 <= value <= 10 for value in positions.values())


def test_motors_take_part_of_a_pose(table):
    positions = table.motors_of({"head_yaw": radians(-10)})
    assert positions["HEADTURN"] == pytest.approx(5 - 1.1)
    assert positions["LIDBLINK"] == 8


@pytest.mark.parametrize(
    ("lips", "separated"),
    [((5, 5), (5, 5)), ((3, 8), (3, 8)), ((4, 4), (5, 5)), ((9.5, 0), (9.75, 0.25)), ((0, 0), (5, 5))],
)
def test_separate_lips(lips, separated):
    top, bottom = lips
    result = separate_lips({"TOPLIP": top, "BOTTOMLIP": bottom, "HEADNOD": 1})
    assert result == {"TOPLIP": separated[0], "BOTTOMLIP": separated[1], "HEADNOD": 1}


def test_unknown_names_list_the_known_ones(table):
    with pytest.raises(UnknownName, match="unknown expression 'joy'; known: anger, boredom, confusion"):
        table.pose("joy")
    with pytest.raises(UnknownName, match="unknown side 'both'; known: default, left, right"):
        table.pose("neutral", side="both")


@pytest.mark.parametrize("intensity", [-0.1, 1.1, float("nan")])
def test_intensity_out_of_range(table, intensity):
    with pytest.raises(ConfigError, match="expected an intensity of 0 to 1"):
        table.pose("confusion", intensity)


def change(path, value):
    """A function that sets one place of the small table; None deletes it."""

    def apply(content):
        *parents, last = path
        for key in parents:
            content = content[key]
        if value is None:
            del content[last]
        else:
            content[last] = value

    return apply


SMIRK = ("expressions", "smirk")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ((*SMIRK, "action_units", "AU99"), 1, "unknown action unit AU99"),
        ((*SMIRK, "action_units", "AU4"), 1.5, r"AU4\.lead: expected a number from 0 to 1, got 1\.5"),
        ((*SMIRK, "action_units", "AU4"), "much", r"AU4\.lead: expected a number from 0 to 1, got much"),
        ((*SMIRK, "action_units", "AU4"), {"lead": 1}, r"AU4\.other: expected a number"),
        ((*SMIRK, "action_units", "AU4"), {"left": 1}, "unknown key left"),
        ((*SMIRK, "lead"), "both", r"smirk\.lead: expected right or left, got both"),
        ((*SMIRK, "onset_s"), None, r"smirk\.onset_s: expected a number"),
        ((*SMIRK, "colour"), "red", "unknown key colour"),
        ((*SMIRK, "head"), {"yaw_deg": 21}, r"smirk\.head_yaw: expected at most 20 deg"),
        ((*SMIRK, "gaze"), {"roll_deg": 1}, "unknown key roll_deg"),
        ((*SMIRK, "motion", 0, "joint"), "jaw", r"smirk\.motion: expected a joint and its unit.*got jaw_deg"),
        ((*SMIRK, "motion", 0, "shape"), "saw", "expected one of sine, blink, glance, nod, shake, got saw"),
        (("action_units", "AU4", "joints"), {"brow_mm": 1}, r"AU4\.joints: expected a joint.*got brow_mm"),
        (("action_units", "AU4", "joints"), {"brow_raise_deg": 1}, r"expected a joint.*brow_raise_mm"),
        (("action_units", "AU12", "joints"), {"corner_raise_mm": 80}, "too much of corner_raise"),
        (("motors", "TOPLIP"), None, "expected TOPLIP and BOTTOMLIP"),
        (("motors", "HEADTURN", "rest"), 11, "expected a number from 0 to 10, got 11"),
        (("expressions", "neutral"), None, "expected an expression 'neutral'"),
        (("expressions",), [1], "expected a mapping"),
        (("poses",), {}, "unknown key poses"),
    ],
)
def test_a_wrong_table_says_where(load, path, value, message):
    content = small_table()
    change(path, value)(content)
    with pytest.raises(ConfigError, match=message) as caught:
        load(content)
    assert "expressions.yaml" in str(caught.value)
