"""ohbot_node with the serial head on the fake firmware: faults, emergency stop, speech, and the end of the process."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from sensor_msgs.msg import JointState
from std_msgs.msg import Float32
from std_srvs.srv import Trigger

from affect_core.heads.fake_firmware import FAULTS, FakeFirmware
from affect_core.heads.motor_definitions import DEFAULT_MOTORS
from affect_hri_interfaces.action import ShowExpression
from affect_hri_interfaces.msg import ExpressionCommand, HeadStatus

pytest.importorskip("serial", reason="pyserial is not installed")

FAULT_DEADLINE_S = 3.0
ALL = set(range(8))


@pytest.fixture
def fake(tmp_path):
    with FakeFirmware(tmp_path / "ohbot") as firmware:
        yield firmware


@pytest.fixture
def driven(bench, peer, node_class, fake):
    """ohbot_node drives the fake; the list of its statuses."""
    statuses = peer.hear("head/status", HeadStatus, latched=True)
    settings = {"head": "ohbot_serial", "port": str(fake.port), "attach_interval_s": 0.0}
    with bench.running(node_class("ohbot"), peer.namespace, **settings):
        assert fake.wait_until(lambda board: board.attached == ALL, 60.0)
        yield statuses


def saying(statuses, state, text=""):
    return next((s for s in reversed(list(statuses)) if s.state == state and text in s.message), None)


def show(peer, expression, intensity=1.0):
    commands = peer.speak("head/command", ExpressionCommand)
    commands.publish(ExpressionCommand(expression=expression, intensity=intensity, onset=float("nan")))


def test_an_expression_reaches_the_motors(driven, peer, fake, wait_until):
    joints = peer.hear("head/joint_states", JointState)
    show(peer, "happy")
    wait_until(lambda: saying(driven, HeadStatus.MOVING), "the head to move")
    settled = wait_until(
        lambda: driven[-1] if driven[-1].state == HeadStatus.READY and driven[-1].expression else None,
        "the head to settle",
    )
    assert (settled.head, settled.expression, settled.intensity) == ("ohbot_serial", "happy", 1.0)
    state = dict(zip(joints[-1].name, joints[-1].position, strict=True))
    assert state["corner_raise_left"] == pytest.approx(0.008, abs=1e-6)
    assert state["brow_raise_left"] == 0.0, "the real head has no brows"
    # TOPLIP 5 - 0.2 * 8 mm + what AU25 opens; in any case the lips are where the smile puts them
    wait_until(lambda: fake.board.servos[4].last_target != 49, "the upper lip to move")


def test_the_mouth_opens_with_the_speech(driven, peer, fake, wait_until):
    mouth = peer.speak("head/mouth", Float32)
    rest = [fake.board.servos[socket].last_target for socket in (4, 5)]

    def wider():
        mouth.publish(Float32(data=1.0))
        return all(fake.board.servos[s].last_target < was - 10 for s, was in zip((4, 5), rest, strict=True))

    wait_until(wider, "both lips to open")
    wait_until(
        lambda: [fake.board.servos[socket].last_target for socket in (4, 5)] == rest, "the mouth to close"
    )


def test_a_mouth_value_out_of_range_is_clipped_and_told(driven, peer):
    mouth = peer.speak("head/mouth", Float32)
    mouth.publish(Float32(data=1.5))
    peer.until_status("ohbot", "WARN", "expected a mouth opening of 0 to 1, got 1.5: clipped")
    mouth.publish(Float32(data=float("nan")))
    peer.until_status("ohbot", "WARN", "input skipped: expected a mouth opening of 0 to 1, got nan")
    mouth.publish(Float32(data=0.0))


def test_emergency_stop_and_release(driven, peer, fake, wait_until):
    answer = peer.call("estop", Trigger, Trigger.Request())
    assert (answer.success, answer.message) == (True, "ohbot_serial is switched off")
    assert fake.wait_until(lambda board: not board.attached)
    wait_until(lambda: saying(driven, HeadStatus.FAULT, "stopped in an emergency"), "the fault to be told")
    show(peer, "happy")
    peer.until_status("ohbot", "ERROR", "stopped in an emergency")
    assert not fake.board.attached
    assert peer.call("release", Trigger, Trigger.Request()).success
    assert fake.wait_until(lambda board: board.attached == ALL, 60.0)
    wait_until(lambda: driven[-1].state == HeadStatus.READY and driven[-1].expression, "the head to settle")


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_told_within_3_s_and_passes(driven, peer, fake, wait_until, fault):
    peer.speak("head/command", ExpressionCommand).publish(
        ExpressionCommand(expression="disapproval", intensity=1.0, onset=float("nan"))
    )
    wait_until(lambda: saying(driven, HeadStatus.READY), "the head to be ready")
    del driven[:]
    start_s = time.monotonic()
    fake.inject(fault)
    told = wait_until(lambda: saying(driven, HeadStatus.DISCONNECTED), "the fault to be told")
    assert time.monotonic() - start_s < FAULT_DEADLINE_S
    assert "trying again until it is back" in told.message
    if fault != "slow_boot":
        fake.heal()
    wait_until(lambda: driven[-1].state in (HeadStatus.READY, HeadStatus.MOVING), "the head to be back")
    assert fake.wait_until(lambda board: board.attached == ALL, 60.0)


def test_a_goal_ends_with_the_fault(driven, peer, fake, wait_until):
    goal = ShowExpression.Goal(command=ExpressionCommand(expression="happy", intensity=1.0, onset=600.0))
    _, result = peer.act("show_expression", ShowExpression, goal)
    fake.unplug()
    wait_until(result.done, "the goal to end")
    assert not result.result().result.success
    assert "trying again until it is back" in result.result().result.message


def test_no_robot_is_told_and_the_node_lives_on(bench, peer, node_class, tmp_path):
    settings = {"head": "ohbot_serial", "port": str(tmp_path / "nowhere")}
    with bench.running(node_class("ohbot"), peer.namespace, **settings):
        peer.until_status("ohbot", "ERROR", "plug the robot in, and check its name")


# --- the process ------------------------------------------------------------------------------------------------


@pytest.fixture
def process(fake, ros_domain):
    """Starts ohbot_node as a process of its own on the fake."""
    started = []

    def start(**parameters):
        values = {"head": "ohbot_serial", "port": str(fake.port), **parameters}
        code = "from affect_hri.nodes.ohbot import main; raise SystemExit(main())"
        options = [part for name, value in values.items() for part in ("-p", f"{name}:={value}")]
        command = [sys.executable, "-c", code, "--ros-args", "-r", "__ns:=/process", *options]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        started.append(subprocess.Popen(command, env=environment))
        return started[-1]

    yield start
    for node in started:
        node.kill()
        node.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_no_motor_stays_on_after_a_signal(process, fake, number):
    node = process(attach_interval_s=0.0)
    assert fake.wait_until(lambda board: board.attached == ALL, 60.0)
    node.send_signal(number)
    assert node.wait(60.0) == 0
    assert fake.wait_until(lambda board: not board.attached)
    assert fake.board.lines[-1] == b"l01,0,0,0"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_no_motor_stays_on_when_the_signal_comes_while_they_wake(process, fake, number):
    node = process(attach_interval_s=30.0)
    assert fake.wait_until(lambda board: board.attached == {0}, 60.0)
    node.send_signal(number)
    node.send_signal(number)  # a terminal and a launch system both send one
    assert node.wait(60.0) == 0
    assert fake.wait_until(lambda board: not board.attached)
    assert b"a01" not in fake.board.lines


@pytest.mark.parametrize("fault", ["silent", "garbage", "late", "short"])
def test_no_motor_stays_on_when_the_board_has_a_fault(process, fake, fault):
    node = process(attach_interval_s=0.0)
    assert fake.wait_until(lambda board: board.attached == ALL, 60.0)
    fake.inject(fault)
    node.terminate()
    assert node.wait(60.0) == 0
    assert fake.wait_until(lambda board: not board.attached)


@pytest.mark.parametrize("fault", ["disappear", "write_error"])
def test_the_process_ends_also_when_the_board_cannot_be_told(process, fake, fault):
    node = process(attach_interval_s=0.0)
    assert fake.wait_until(lambda board: board.attached == ALL, 60.0)
    fake.inject(fault)
    node.terminate()
    assert node.wait(60.0) == 0


# --- a whole trial ----------------------------------------------------------------------------------------------


def test_a_whole_trial(fake, affect_hri, ros_domain, tiny_model, tmp_path):
    """The head moves as the protocol says, the virtual camera sees what the real head could show."""
    values = {"head": "ohbot_serial", "port": fake.port, "model": tiny_model, "output": tmp_path / "reports"}
    options = [part for name, value in values.items() for part in (f"--{name}", value)]
    done = affect_hri("trial", "--protocol", "short", "--clock", "wall", *options)
    assert done.returncode == 0, done.stderr
    (report,) = (tmp_path / "reports").glob("*/report.html")
    assert done.stdout.splitlines()[-1].endswith(f"report {report}")
    summary = json.loads(report.with_name("summary.json").read_text())
    assert summary["frames"]["labelled"] > 0
    assert fake.wait_until(lambda board: not board.attached)
    sent = [line.decode()[1:].split(",") for line in fake.board.lines if line.startswith(b"m")]
    sockets = {motor.socket: motor for motor in DEFAULT_MOTORS.values()}
    for socket, degrees, _ in sent:
        ends = sorted(sockets[int(socket)].degrees(end) for end in (0, 10))
        assert ends[0] <= int(degrees) <= ends[1], sockets[int(socket)]
    turned = {int(degrees) for socket, degrees, _ in sent if int(socket) == DEFAULT_MOTORS["HEADTURN"].socket}
    assert len(turned) > 10, "disapproval shakes the head"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_no_motor_stays_on_when_a_composed_trial_is_cut_off(
    fake, affect_hri_command, ros_domain, tiny_model, tmp_path, number
):
    options = ["--protocol", "demo", "--clock", "wall", "--head", "ohbot_serial", "--port", str(fake.port)]
    places = ["--model", str(tiny_model), "--output", str(tmp_path)]
    trial = subprocess.Popen([*affect_hri_command, "trial", *options, *places])
    try:
        assert fake.wait_until(lambda board: board.attached == ALL, 120.0)
        trial.send_signal(number)
        assert trial.wait(60.0) in (3, 130), "cut off: partial, or before it began"
    finally:
        trial.kill()
        trial.wait()
    assert fake.wait_until(lambda board: not board.attached)
    assert fake.board.lines[-1] == b"l01,0,0,0"
