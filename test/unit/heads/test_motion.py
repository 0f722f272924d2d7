import itertools
from math import radians

import pytest

from affect_core.errors import ConfigError, UnknownName
from affect_core.heads.expressions import load_expressions
from affect_core.heads.motion import Motion, ease
from affect_core.heads.rig import JOINTS, rest_pose
from affect_core.labels import BASIC_8, COMPLEX_6

ALL = COMPLEX_6 + BASIC_8[1:]

S = 1_000_000_000


@pytest.fixture(scope="module")
def table():
    return load_expressions()


@pytest.fixture
def motion(table):
    return Motion(table)


def test_ease_by_hand():
    assert [ease(share) for share in (-1, 0, 0.25, 0.5, 0.75, 1, 2)] == [0, 0, 0.15625, 0.5, 0.84375, 1, 1]


def test_rests_before_the_first_command(motion):
    assert motion.pose(5 * S) == rest_pose()
    assert motion.settled(5 * S)
    assert motion.settled_at_ns is None


def test_halfway_through_the_onset_it_is_halfway(motion, table):
    motion.command("skepticism", start_ns=10 * S, onset_s=1.0)
    start, target = rest_pose(), table.pose("skepticism")
    for stamp_ns, share in ((10 * S, 0), (10 * S + S // 4, 0.15625), (10 * S + S // 2, 0.5), (11 * S, 1)):
        expected = {name: start[name] + share * (target[name] - start[name]) for name in target}
        assert motion.pose(stamp_ns) == pytest.approx(expected)


def test_settles_after_the_onset(motion, table):
    motion.command("boredom", start_ns=10 * S)
    onset_ns = round(table.get("boredom").onset_s * S)
    assert motion.settled_at_ns == 10 * S + onset_ns
    assert motion.settled(9 * S)
    assert not motion.settled(10 * S)
    assert not motion.settled(10 * S + onset_ns - 1)
    assert motion.settled(10 * S + onset_ns)


def test_a_new_command_starts_where_the_head_is(motion, table):
    motion.command("skepticism", start_ns=0, onset_s=1.0)
    halfway = motion.pose(S // 2)
    motion.command("neutral", start_ns=S // 2, onset_s=1.0)
    assert motion.pose(S // 2) == pytest.approx(halfway)
    # a quarter of the way in time, 0.15625 of the way from halfway (half the yaw) back to rest
    yaw = table.pose("skepticism")["head_yaw"]
    assert motion.pose(S // 2 + S // 4)["head_yaw"] == pytest.approx(yaw * 0.5 * (1 - 0.15625))
    assert motion.pose(3 * S) == pytest.approx(rest_pose())


def test_older_stamps_keep_their_pose(motion):
    motion.command("confusion", start_ns=0)
    before = motion.pose(S)
    motion.command("boredom", start_ns=2 * S)
    assert motion.pose(S) == before
    assert motion.settled(S)


def test_a_command_replaces_those_scheduled_later(motion, table):
    motion.command("confusion", start_ns=5 * S)
    motion.command("boredom", start_ns=1 * S)
    assert motion.pose(4 * S)["head_pitch"] == table.pose("boredom")["head_pitch"]
    assert motion.pose(9 * S)["head_pitch"] == table.pose("boredom")["head_pitch"]


def test_the_cycle_starts_when_settled_and_scales_with_intensity(motion, table):
    shake = next(cycle for cycle in table.get("disapproval").motion if cycle.joint == "head_yaw")
    quarter_ns = round(S / shake.frequency_hz / 4)
    motion.command("disapproval", intensity=0.5, start_ns=0, onset_s=1.0)
    assert motion.pose(S)["head_yaw"] == pytest.approx(0)
    assert motion.pose(S + quarter_ns)["head_yaw"] == pytest.approx(0.5 * shake.amplitude)
    assert motion.pose(S + 3 * quarter_ns)["head_yaw"] == pytest.approx(-0.5 * shake.amplitude)


def test_a_joint_is_no_faster_than_its_servo(motion):
    # head_roll of 11 degrees at 200 deg/s: 1.5 x 11 / 200 = 82.5 ms at least, so at 41.25 ms it is halfway
    motion.command("confusion", start_ns=0, onset_s=0.01)
    assert motion.pose(41_250_000)["head_roll"] == pytest.approx(radians(5.5))
    assert motion.settled_at_ns == S // 100


@pytest.mark.parametrize("first", ALL)
@pytest.mark.parametrize("second", ALL)
def test_every_change_fits_into_its_onset(table, first, second):
    motion = Motion(table)
    motion.command(first, start_ns=0)
    motion.command(second, start_ns=3 * S, side="right")
    assert motion.pose(motion.settled_at_ns) == pytest.approx(table.pose(second, side="right"))


def test_no_joint_exceeds_its_rate(table):
    motion = Motion(table)
    for k, name in enumerate((*ALL, *reversed(ALL))):
        motion.command(name, start_ns=k * S)
    step_ns = S // 200
    poses = [motion.pose(k * step_ns) for k in range(26 * 200)]
    for before, after in itertools.pairwise(poses):
        for name, value in after.items():
            assert abs(value - before[name]) <= JOINTS[name].rate / 200 + 1e-12


def test_two_heads_with_the_same_commands_agree(table):
    heads = [Motion(table), Motion(table)]
    for head in heads:
        head.command("confusion", 0.7, "right", S)
        head.command("boredom", 1.0, "left", 2 * S + 123)
    heads[0].pose(7 * S)  # asking does not change anything
    assert heads[0].pose(4 * S + 77) == heads[1].pose(4 * S + 77)


def test_wrong_commands_are_refused_and_change_nothing(motion):
    with pytest.raises(UnknownName, match="unknown expression"):
        motion.command("delight")
    with pytest.raises(ConfigError, match="intensity"):
        motion.command("boredom", intensity=2.0)
    with pytest.raises(ConfigError, match="onset longer than 0"):
        motion.command("boredom", onset_s=0.0)
    assert motion.settled_at_ns is None
