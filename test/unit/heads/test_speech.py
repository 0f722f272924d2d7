from math import exp, inf, nan

import pytest

from affect_core.errors import ConfigError, InputError
from affect_core.heads.expressions import load_expressions
from affect_core.heads.motor_definitions import MOTORS
from affect_core.heads.ohbot_projection import load_projection
from affect_core.heads.rig import rest_pose
from affect_core.heads.speech import Mouth, MouthConfig

S = 1_000_000_000
CONFIG = MouthConfig(mouth_attack_s=0.1, mouth_release_s=0.2, mouth_timeout_s=0.5)
EXPRESSIONS = load_expressions()


@pytest.fixture
def mouth() -> Mouth:
    return Mouth(CONFIG)


def test_closed_until_it_hears_something(mouth):
    assert mouth.opening(7 * S) == 0.0
    assert mouth.add_to(rest_pose(), 7 * S) == rest_pose()


def test_opens_with_the_attack_and_closes_with_the_release(mouth):
    assert mouth.hear(1.0, 10 * S) == ""
    assert mouth.opening(10 * S) == 0.0
    assert mouth.opening(10 * S + S // 10) == pytest.approx(1 - exp(-1))
    mouth.hear(0.0, 10 * S + S // 10)
    assert mouth.opening(10 * S + 3 * S // 10) == pytest.approx((1 - exp(-1)) * exp(-1))


def test_closes_when_nobody_speaks_any_more(mouth):
    mouth.hear(1.0, 0)
    at_timeout = 1 - exp(-5)
    assert mouth.opening(S // 2) == pytest.approx(at_timeout)
    assert mouth.opening(S // 2 + S // 5) == pytest.approx(at_timeout * exp(-1))
    assert mouth.opening(9 * S) == pytest.approx(0.0, abs=1e-12)


def test_stamps_out_of_order_do_not_break_it(mouth):
    mouth.hear(1.0, 2 * S)
    assert mouth.opening(S) == 0.0


@pytest.mark.parametrize(("value", "taken"), [(-0.5, 0.0), (1.5, 1.0)])
def test_out_of_range_is_clipped_and_told(mouth, value, taken):
    assert mouth.hear(value, 0) == f"expected a mouth opening of 0 to 1, got {value:g}: clipped"
    assert mouth.opening(S // 2) == pytest.approx(taken, abs=0.01)


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_what_is_no_number_is_refused(mouth, value):
    mouth.hear(0.5, 0)
    with pytest.raises(InputError, match="mouth opening of 0 to 1"):
        mouth.hear(value, S)
    assert mouth.opening(S // 2) == pytest.approx(0.5, abs=0.01)


def test_adds_to_the_lips_only(mouth):
    mouth.hear(1.0, 0)
    mouth.hear(1.0, S)  # fully open by then, but for exp(-5) and the pause
    opening = mouth.opening(S + S // 2)
    pose = rest_pose() | {"upper_lip_open": 0.001, "lower_lip_open": 0.012, "furrow": 0.5}
    assert mouth.add_to(pose, S + S // 2) == pytest.approx(
        pose | {"upper_lip_open": 0.001 + 0.006 * opening, "lower_lip_open": 0.016}
    )


@pytest.mark.parametrize("name", EXPRESSIONS.names())
@pytest.mark.parametrize("opening", [0.3, 1.0])
def test_speech_breaks_no_expression_on_the_real_head(mouth, name, opening):
    """Where a lip's servo has no travel left it is the speech that gives way, not the expression."""
    projection = load_projection(None, MOTORS)
    mouth.hear(opening, 0)
    pose = EXPRESSIONS.pose(name)
    silent, speaking = projection.visible(pose), projection.visible(mouth.add_to(pose, S // 2))
    lips = {"upper_lip_open", "lower_lip_open"}
    assert {k: v for k, v in speaking.items() if k not in lips} == pytest.approx(
        {k: v for k, v in silent.items() if k not in lips}
    )
    before, after = projection.positions(silent), projection.positions(speaking)
    assert all(after[lip] >= before[lip] - 1e-9 for lip in ("TOPLIP", "BOTTOMLIP"))
    assert after["TOPLIP"] + after["BOTTOMLIP"] > before["TOPLIP"] + before["BOTTOMLIP"] + 0.5


def test_settings_are_checked():
    with pytest.raises(ConfigError, match="mouth_attack_s"):
        MouthConfig(mouth_attack_s=0.0)
