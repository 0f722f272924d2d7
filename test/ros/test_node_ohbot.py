"""ohbot_node alone in front of a plain rclpy peer."""

import importlib.util
import math

import pytest
from action_msgs.msg import GoalStatus
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState

from affect_core.heads.expressions import load_expressions
from affect_core.heads.motion import Motion
from affect_core.heads.ohbot_protocol import raw_speed
from affect_hri import conversions
from affect_hri.nodes.ohbot import OhbotNode
from affect_hri_interfaces.action import ShowExpression
from affect_hri_interfaces.msg import ExpressionCommand, HeadStatus

MS = 1_000_000
needs_hri = pytest.mark.skipif(
    importlib.util.find_spec("hri_msgs") is None, reason="needs hri_msgs, which comes with ROS4HRI"
)


def command(expression, stamp_ns=0, intensity=1.0, side=ExpressionCommand.SIDE_DEFAULT, onset=math.nan):
    return ExpressionCommand(
        header=conversions.to_header(stamp_ns),
        expression=expression,
        intensity=intensity,
        side=side,
        onset=onset,
    )


def command_stamps(statuses, state):
    return [conversions.from_time(status.command_stamp) for status in statuses if status.state == state]


@pytest.fixture
def inbox(peer):
    return {
        "joints": peer.hear("head/joint_states", JointState),
        "status": peer.hear("head/status", HeadStatus, latched=True),
    }


@pytest.fixture
def status_is(inbox, wait_until):
    """Wait for a status with this state and expression; return it."""

    def wait(state, expression=""):
        def found():
            return next(
                (s for s in reversed(inbox["status"]) if (s.state, s.expression) == (state, expression)), None
            )

        return wait_until(found, lambda: f"status {state} of {expression!r}; got {inbox['status'][-3:]}")

    return wait


class TestLockstep:
    @pytest.fixture
    def settings(self):
        return {}

    @pytest.fixture
    def head(self, bench, peer, inbox, wait_until, settings):
        with bench.running(OhbotNode, peer.namespace, clock="lockstep", head="none", **settings):
            clock, commands = peer.speak("/clock", Clock), peer.speak("head/command", ExpressionCommand)

            def tick(stamp_ns):
                clock.publish(Clock(clock=conversions.to_time(stamp_ns)))
                count = len(inbox["joints"]) + 1
                wait_until(lambda: len(inbox["joints"]) >= count, f"joint states at {stamp_ns}")
                return inbox["joints"][-1]

            yield {"tick": tick, "commands": commands}

    def test_a_command_is_acknowledged_by_its_stamp(self, head, status_is):
        sent = command("confusion", 400 * MS, intensity=0.75)
        head["commands"].publish(sent)
        status = status_is(HeadStatus.MOVING, "confusion")
        assert status.command_stamp == sent.header.stamp
        assert (status.head, status.intensity, status.message) == ("none", 0.75, "")

    def test_joint_states_are_the_motion_at_the_clocks_instants(self, head, status_is):
        motion = Motion(load_expressions())
        for name, start_ns, side in [("skepticism", 0, "right"), ("boredom", 800 * MS, "default")]:
            number = {"right": ExpressionCommand.SIDE_RIGHT, "default": ExpressionCommand.SIDE_DEFAULT}[side]
            head["commands"].publish(command(name, start_ns, 0.5, number))
            status_is(HeadStatus.MOVING, name)
            motion.command(name, 0.5, side, start_ns)
            for stamp_ns in range(start_ns, start_ns + 800 * MS, 66_666_667):
                state = head["tick"](stamp_ns)
                assert conversions.from_time(state.header.stamp) == stamp_ns
                found = dict(zip(state.name, state.position, strict=True))
                assert found.pop("onset") == 1.0 or not motion.settled(stamp_ns)
                assert found == motion.pose(stamp_ns)

    @pytest.mark.parametrize("settings", [{"servo_speed": 1.0}])
    def test_servo_speed_moves_the_joints_as_the_firmware_does(self, head, status_is):
        at_once, slow = Motion(load_expressions()), Motion(load_expressions(), raw_speed(1.0))
        for motion in (at_once, slow):
            motion.command("boredom", start_ns=0, onset_s=0.1)
        head["commands"].publish(command("boredom", onset=0.1))
        status_is(HeadStatus.MOVING, "boredom")
        message = head["tick"](150 * MS)
        pose = dict(zip(message.name, message.position, strict=True))
        assert pose["eye_yaw"] == pytest.approx(slow.pose(150 * MS)["eye_yaw"], abs=1e-9)
        assert abs(pose["eye_yaw"]) < abs(at_once.pose(150 * MS)["eye_yaw"]) - 0.01

    def test_the_onsets_share_is_sent_along(self, head, status_is):
        head["commands"].publish(command("frustration", 0, onset=0.5))
        status_is(HeadStatus.MOVING, "frustration")
        shares = [
            dict(zip(s.name, s.position, strict=True))["onset"] for s in map(head["tick"], (0, 250 * MS))
        ]
        assert shares == [0.0, 0.5]
        assert dict(zip(*self._columns(head["tick"](500 * MS)), strict=True))["onset"] == 1.0
        assert status_is(HeadStatus.READY, "frustration").command_stamp.nanosec == 0

    @staticmethod
    def _columns(state):
        return state.name, state.position

    @pytest.mark.parametrize(
        ("bad", "message"),
        [
            (command("rage"), "unknown expression 'rage'; known: anger, boredom, confusion"),
            (command("boredom", intensity=3.0), "intensity"),
            (command("boredom", onset=-1.0), "expected an onset longer than 0 s, got -1.0"),
            (command("boredom", side=9), "expected a side of [0, 1, 2], got 9"),
        ],
        ids=["unknown expression", "intensity", "onset", "side"],
    )
    def test_a_bad_command_is_a_fault_and_the_next_good_one_works(self, head, peer, status_is, bad, message):
        head["commands"].publish(bad)
        status = status_is(HeadStatus.FAULT)
        assert message in status.message
        peer.until_status("ohbot", "ERROR", message)
        head["commands"].publish(command("disapproval", 100 * MS))
        assert status_is(HeadStatus.MOVING, "disapproval").message == ""


class TestWall:
    @pytest.fixture
    def running(self, bench, peer, status_is):
        with bench.running(OhbotNode, peer.namespace, head="none") as node:
            status_is(HeadStatus.READY)
            yield node

    def test_settles_after_its_onset(self, running, peer, inbox, status_is):
        commands = peer.speak("head/command", ExpressionCommand)
        commands.publish(command("neutral"))  # without a stamp: now
        begun = status_is(HeadStatus.MOVING, "neutral")
        done = status_is(HeadStatus.READY, "neutral")
        assert conversions.from_time(begun.command_stamp) > 0
        assert done.command_stamp == begun.command_stamp
        passed_ns = conversions.from_time(done.header.stamp) - conversions.from_time(begun.command_stamp)
        assert passed_ns >= 400 * MS  # onset of neutral in config/expressions.yaml

    def test_action_reports_when_it_is_settled(self, running, peer, wait_until):
        stamp_ns = peer.node.get_clock().now().nanoseconds
        goal = ShowExpression.Goal(command=command("boredom", stamp_ns, onset=0.25))
        handle, result = peer.act("show_expression", ShowExpression, goal)
        assert handle.accepted
        wait_until(result.done, "the result")
        assert result.result().status == GoalStatus.STATUS_SUCCEEDED
        assert (result.result().result.success, result.result().result.message) == (True, "")
        assert conversions.from_time(result.result().result.settled_at) == stamp_ns + 250 * MS

    def test_a_bad_goal_is_aborted_with_the_reason(self, running, peer, wait_until):
        goal = ShowExpression.Goal(command=command("rage"))
        _handle, result = peer.act("show_expression", ShowExpression, goal)
        wait_until(result.done, "the result")
        assert result.result().status == GoalStatus.STATUS_ABORTED
        assert not result.result().result.success
        assert "unknown expression 'rage'; known: anger, boredom" in result.result().result.message

    def test_a_replaced_goal_says_by_what(self, running, peer, wait_until):
        goal = ShowExpression.Goal(command=command("boredom", onset=60.0))
        _handle, result = peer.act("show_expression", ShowExpression, goal)
        peer.speak("head/command", ExpressionCommand).publish(command("neutral"))
        wait_until(result.done, "the result")
        assert result.result().status == GoalStatus.STATUS_ABORTED
        assert result.result().result.message == "replaced by neutral"

    def test_status_after_deactivation(self, bench, peer, inbox, status_is):
        with bench.running(OhbotNode, peer.namespace, head="none"):
            status_is(HeadStatus.READY)
        status_is(HeadStatus.DISCONNECTED)


@needs_hri
class TestHri:
    """REP-155's /robot_face/expression."""

    @pytest.fixture
    def face(self, bench, peer, status_is):
        from hri_msgs.msg import Expression

        with bench.running(OhbotNode, peer.namespace, head="none"):
            status_is(HeadStatus.READY)
            yield peer.speak("/robot_face/expression", Expression, depth=1)

    @pytest.mark.parametrize(
        ("theirs", "ours"),
        [
            ("neutral", "neutral"),
            ("confused", "confusion"),
            ("annoyed", "frustration"),
            ("skeptical", "skepticism"),
            ("disappointed", "disapproval"),
            ("bored", "boredom"),
            ("happy", "happy"),
            ("scared", "fear"),
        ],
    )
    def test_shows_what_the_label_map_says(self, face, status_is, theirs, ours):
        from hri_msgs.msg import Expression

        stamp = conversions.to_time(1_795_000_000_000_000_123)
        message = Expression(expression=theirs)
        message.header.stamp = stamp
        face.publish(message)
        status = status_is(HeadStatus.MOVING, ours)
        assert (status.command_stamp, status.intensity) == (stamp, 1.0)

    @pytest.mark.parametrize(
        ("valence", "arousal", "expected", "intensity"),
        [(0.0, 0.05, "neutral", 1.0), (0.81, 0.51, "happy", 1.0), (0.405, 0.255, "happy", 0.5)],
    )
    def test_without_a_word_valence_and_arousal_choose(
        self, face, status_is, valence, arousal, expected, intensity
    ):
        from hri_msgs.msg import Expression

        face.publish(Expression(valence=valence, arousal=arousal))
        status = status_is(HeadStatus.MOVING, expected)
        assert status.intensity == pytest.approx(intensity, abs=1e-3)

    @pytest.mark.parametrize(
        ("message", "text"),
        [
            ({"valence": 1.5, "arousal": -0.5}, "valence and arousal from -1 to 1, got 1.5 and -0.5"),
            ({"valence": float("nan")}, "got nan and 0"),
            ({"expression": "pleading"}, "'pleading' is not supported"),
        ],
    )
    def test_what_has_no_word_is_told_and_work_goes_on(self, face, peer, status_is, message, text):
        from hri_msgs.msg import Expression

        face.publish(Expression(**message))
        peer.until_status("ohbot", "WARN", text)
        face.publish(Expression(expression="bored"))
        status_is(HeadStatus.MOVING, "boredom")


def test_every_mapped_expression_leads_back():
    from affect_core.data.label_maps import load_label_maps

    for item in load_label_maps().values():
        for theirs, ours in item.inverse().items():
            assert item.get(ours) == theirs
