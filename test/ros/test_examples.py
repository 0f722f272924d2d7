"""The examples of doc/integration.md do what it says."""

import importlib.util
import math
from pathlib import Path

import pytest

from affect_hri import conversions
from affect_hri.graph import load_scenario
from affect_hri_interfaces.msg import ExpressionCommand, HeadStatus

ROOT = Path(__file__).resolve().parents[2]
STAMP = conversions.to_time(5_000_000_007)


@pytest.fixture
def my_head(bench, namespace):
    path = ROOT / "src/affect_hri/doc/examples/my_head.py"
    spec = importlib.util.spec_from_file_location("my_head", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.MyHead


@pytest.mark.parametrize("onset_s", [0.2, math.nan])
def test_my_head_answers_as_a_trial_expects(my_head, peer, namespace, capfd, wait_until, onset_s):
    import threading

    from rclpy.executors import SingleThreadedExecutor

    node = my_head(namespace=namespace)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    thread = threading.Thread(target=executor.spin, daemon=True)
    thread.start()
    try:
        told = peer.hear("head/status", HeadStatus, latched=True)
        wait_until(lambda: told, "the first status")
        assert (told[0].state, told[0].head) == (HeadStatus.READY, "my_head")
        command = ExpressionCommand(expression="boredom", intensity=1.0, onset=onset_s)
        command.header.stamp = STAMP
        peer.speak("head/command", ExpressionCommand).publish(command)
        wait_until(lambda: len(told) == 3, "two more")
    finally:
        executor.shutdown(timeout_sec=5.0)
        thread.join(timeout=5.0)
        node.destroy_node()
    assert [one.state for one in told[1:]] == [HeadStatus.MOVING, HeadStatus.READY]
    assert {(one.expression, one.command_stamp.sec, one.command_stamp.nanosec) for one in told[1:]} == {
        ("boredom", 5, 7)
    }
    assert "|-o" in capfd.readouterr().out


@pytest.mark.parametrize("name", ["trial", "live"])
def test_a_head_of_ones_own_takes_the_place_of_ours(name):
    scenario = load_scenario(name, ROOT / "config/graph.yaml")
    arguments = {"camera": "topic", "head": "topic", "protocol": "watch"}
    if name == "live":
        arguments = {"camera": "topic", "head": "topic", "responder": "mirror"}
    nodes = {spec.name: spec.parameters for spec in scenario.resolve(arguments)}
    assert "ohbot" not in nodes
    if name == "trial":
        assert nodes["trial"]["head"] == "topic" and "ohbot" not in nodes["trial"]["wait_for"]
    else:
        assert "responder" in nodes
