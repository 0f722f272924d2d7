"""Processes that die or are ended: in the middle of a trial, and in every phase of it."""

import json
import signal
from pathlib import Path

import pytest
import yaml
from ament_index_python.packages import get_package_prefix

pytest.importorskip("rclpy", reason="needs rclpy: run `make test`, or source a ROS 2 workspace")

from rclpy.time import Time  # only with rclpy

PROTOCOL = {
    "name": "long",
    "description": "long enough to lose a node and get it back",
    "kind": "single_emotion",
    "labels": ["confusion", "boredom"],
    "repetitions": 1,
    "hold_s": 120.0,
    "rest_s": 0.5,
    "lead_in_s": 0.5,
    "intensity": 1.0,
    "order": "fixed",
    "fps": 10,
}


@pytest.fixture
def protocol(tmp_path):
    path = tmp_path / "long.yaml"
    path.write_text(yaml.safe_dump(PROTOCOL))
    return path


def only_folder(output):
    (folder,) = output.iterdir()
    return folder


@pytest.fixture
def console(ros_domain):
    """Asks services of the trial, as an operator does, and hears its labels."""
    import rclpy
    from rclpy.executors import SingleThreadedExecutor
    from rclpy.signals import SignalHandlerOptions

    from affect_hri_interfaces.msg import EmotionEstimateArray

    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("console", namespace="affect")
    heard = []
    node.create_subscription(EmotionEstimateArray, "emotions", heard.append, 10)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    yield node, heard, executor
    executor.shutdown()
    node.destroy_node()
    rclpy.try_shutdown()


def ask(console, wait_until, service):
    from std_srvs.srv import Trigger

    node, _, executor = console
    client = node.create_client(Trigger, service)
    wait_until(lambda: executor.spin_once(timeout_sec=0.05) or client.service_is_ready(), lambda: service)
    future = client.call_async(Trigger.Request())
    wait_until(
        lambda: executor.spin_once(timeout_sec=0.05) or future.done(), lambda: f"the answer of {service}"
    )
    return future.result().success


def labels(console, wait_until, count):
    """So many labels, of frames from now on."""
    node, heard, executor = console
    now = node.get_clock().now()
    found = []

    def enough():
        executor.spin_once(timeout_sec=0.05)
        found[:] = [m for m in heard if m.estimates and Time.from_msg(m.header.stamp) > now]
        return len(found) >= count

    wait_until(enough, lambda: f"{count} labels, there are {len(found)}")
    return found


def test_a_node_is_killed_and_started_again_in_the_middle_of_a_trial(
    graph, console, tiny_model, protocol, tmp_path, wait_until
):
    """The trial goes on, and the report says what was lost."""
    values = {"model": str(tiny_model), "output": str(tmp_path / "reports"), "protocol": str(protocol)}
    values |= {"explain": "none", "head": "none", "fps": 10.0}
    overrides = {"evaluation": {"samples": False}, "avatar": {"width": 320, "height": 180}}
    with graph("trial", values, tmp_path, overrides) as nodes:
        nodes.nodes["trial"].until_it_says("conducting long")
        before = labels(console, wait_until, 15)
        nodes.nodes["face"].send(signal.SIGKILL)
        assert nodes.nodes["face"].until_it_ends() == -signal.SIGKILL
        nodes.start("face")
        after = labels(console, wait_until, 15)
        assert nodes.nodes["trial"].code is None
        assert ask(console, wait_until, "trial/abort")  # it is long enough
        codes = nodes.run()
    assert codes == dict.fromkeys(codes, 0) | {"evaluation": 3}  # 3: aborted, so the report is partial
    folder = only_folder(tmp_path / "reports")
    summary = json.loads((folder / "summary.json").read_text())
    # Starting Python and the detector takes more than a second: nobody answered in that time.
    gap = max(summary["gaps"], key=lambda one: one["to_s"] - one["from_s"])
    assert gap["from_s"] > 0.0 and gap["to_s"] - gap["from_s"] > 1.0, summary["gaps"]
    frames = summary["frames"]
    assert frames["labelled"] >= 25, summary
    assert frames["rendered"] - frames["published"] >= 5, frames
    report = (folder / "report.html").read_text()
    assert "No estimates came from" in report and f"{gap['from_s']:.1f} s to {gap['to_s']:.1f} s" in report
    # Whoever is seen afterwards has an id of its own.
    ids = [{one.face_id for message in part for one in message.estimates} for part in (before, after)]
    assert ids[0] and ids[1] and not ids[0] & ids[1]


class TestInterrupt:
    """SIGINT to the conductor and to who writes the report, in every phase."""

    @pytest.fixture
    def run(self, process, tmp_path):
        made = []
        executables = f"{get_package_prefix('affect_hri')}/lib/affect_hri"

        def start(name, **parameters):
            values = {"output": str(tmp_path / "reports"), **parameters}
            options = [part for key, value in values.items() for part in ("-p", f"{key}:={value}")]
            command = [f"{executables}/{name}_node", "--ros-args", "-r", "__ns:=/affect", *options]
            made.append(process(name, command, tmp_path))
            return made[-1]

        yield start
        for item in made:
            item.kill()

    TRIAL = {"head": "none", "camera": "topic", "start_delay_s": 0.0}  # noqa: RUF012

    def test_while_it_loads_its_model(self, run, tiny_model, wait_until):
        emotion = run("emotion", model=tiny_model, ros4hri="off")
        status = Path(f"/proc/{emotion.pid}/status")

        def takes_signals():  # since it takes SIGTERM, which nobody else in Python does: then it begins to load
            line = next(line for line in status.read_text().splitlines() if line.startswith("SigCgt"))
            return int(line.split()[1], 16) >> (signal.SIGTERM - 1) & 1

        wait_until(takes_signals, lambda: "its handler of signals")
        emotion.send(signal.SIGINT)
        assert emotion.until_it_ends() == 0
        assert "Traceback" not in emotion.log and "running" not in emotion.log

    def test_while_it_waits_for_others(self, run, protocol):
        trial = run("trial", protocol=protocol, wait_for="[nobody]", **self.TRIAL)
        trial.until_it_says("waiting for the other nodes")
        trial.send(signal.SIGINT)
        assert trial.until_it_ends() == 0
        assert "Traceback" not in trial.log and "conducting" not in trial.log

    def test_before_its_first_event(self, run, protocol):
        trial = run("trial", protocol=protocol, **self.TRIAL | {"start_delay_s": 60.0})
        trial.until_it_says("waiting for the other nodes")
        trial.send(signal.SIGINT)
        assert trial.until_it_ends() == 0
        assert "Traceback" not in trial.log and "conducting" not in trial.log

    @pytest.mark.parametrize("paused", [False, True], ids=["conducting", "paused"])
    def test_while_it_conducts(self, run, console, protocol, tmp_path, wait_until, paused):
        evaluation = run("evaluation", samples=False)
        trial = run("trial", protocol=protocol, wait_for="[evaluation]", **self.TRIAL)
        trial.until_it_says("conducting long")
        if paused:
            assert ask(console, wait_until, "trial/pause")
        trial.send(signal.SIGINT)
        assert trial.until_it_ends() == 0
        assert "aborted: interrupted by the operator" in trial.log
        assert evaluation.until_it_ends() == 3  # by itself: it has heard the end
        summary = json.loads((only_folder(tmp_path / "reports") / "summary.json").read_text())
        assert summary["frames"]["labelled"] == 0
        assert "Traceback" not in trial.log + evaluation.log

    def test_while_the_last_estimates_are_waited_for(self, run, tmp_path):
        evaluation = run("evaluation", samples=False, grace_s=60.0)
        trial = run("trial", protocol="short", wait_for="[evaluation]", **self.TRIAL)
        trial.until_it_says("finished short")
        evaluation.send(signal.SIGINT)
        assert evaluation.until_it_ends() == 0
        assert "Traceback" not in evaluation.log
        folder = only_folder(tmp_path / "reports")
        assert json.loads((folder / "summary.json").read_text())["protocol"] == "short"
        assert (folder / "report.html").exists()
