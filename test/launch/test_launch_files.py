"""The launch files on a real LaunchService, where launch_ros is there."""

import json
import os
import re
import signal
import sys
from pathlib import Path

import pytest

pytest.importorskip(
    "launch_ros", reason="needs launch_ros, which a ROS installation brings; the wheels do not"
)

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "launch").glob("*.launch.py"))
CHILD = Path(__file__).parent / "launch_child.py"
FINISHED = re.compile(r"\[(\w+)-\d+\]: process has finished cleanly")
STARTED = re.compile(r"\[(\w+)-\d+\]: process started")


def description_of(file):
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    from launch import LaunchContext

    return PythonLaunchDescriptionSource(str(file)).get_launch_description(LaunchContext())


def scenario_of(file):
    from affect_hri.graph import load_scenario

    return load_scenario(file.name.removesuffix(".launch.py"), ROOT / "config" / "graph.yaml")


def text_of(substitutions):
    return "".join(part.text for part in substitutions)


@pytest.fixture
def launched(process, tmp_path):
    """Start a launch file in a process of its own; killed at the end if it is still there."""
    made = []

    def start(name, **arguments):
        values = [f"{key}:={value}" for key, value in arguments.items()]
        command = [sys.executable, CHILD, ROOT / "launch" / f"{name}.launch.py", *values]
        made.append(process(f"{name}_launch", command, tmp_path, ROS_LOG_DIR=str(tmp_path / "log")))
        return made[-1]

    yield start
    for item in made:
        item.kill()


def assert_all_ended_cleanly(launch):
    assert launch.until_it_ends() == 0, launch.log
    assert sorted(FINISHED.findall(launch.log)) == sorted(STARTED.findall(launch.log)), launch.log
    assert "process has died" not in launch.log
    assert "Traceback" not in launch.log


def test_there_is_one_launch_file_per_scenario():
    assert [file.name for file in FILES] == [
        "head.launch.py",
        "live.launch.py",
        "replay.launch.py",
        "trial.launch.py",
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_arguments_are_those_of_the_scenario(file):
    declared = {action.name: action for action in description_of(file).get_launch_arguments()}
    scenario = scenario_of(file)
    more = {"head": {"description", "rviz"}, "live": {"rviz"}}.get(scenario.name, set())
    names = {argument.name for argument in scenario.arguments}
    assert set(declared) == names | {"namespace", "params_file", "diagnostics"} | more
    for argument in scenario.arguments:
        action = declared[argument.name]
        assert argument.parse(text_of(action.default_value)) == argument.default
        assert action.description.startswith(argument.doc)
        assert tuple(action.choices or ()) == argument.choices


def test_live_is_up_and_down_again(launched, tiny_model):
    launch = launched("live", camera="avatar", model=tiny_model)
    launch.until_it_says("[affect.emotion]: running")
    launch.until_it_says("[affect.overlay]: ")
    launch.send(signal.SIGINT)
    assert_all_ended_cleanly(launch)


def test_a_node_that_is_killed_is_started_again(launched, wait_until):
    launch = launched("head", head="none")
    launch.until_it_says("[affect.ohbot]: driving none")
    [pid] = re.findall(r"\[ohbot_node-\d+\]: process started with pid \[(\d+)\]", launch.log)
    os.kill(int(pid), signal.SIGKILL)
    wait_until(lambda: launch.log.count("[affect.ohbot]: driving none") == 2, lambda: launch.log)
    launch.send(signal.SIGINT)
    assert launch.until_it_ends() == 0, launch.log
    assert launch.log.count("process has died") == 1
    assert FINISHED.findall(launch.log) == ["ohbot_node"]


def test_in_lock_step_nobody_is_started_again():
    from affect_hri.graph import NodeSpec
    from affect_hri.launching import _may_come_back

    assert _may_come_back(NodeSpec("face", {"clock": "wall"}, ends=False))
    assert not _may_come_back(NodeSpec("face", {"clock": "lockstep"}, ends=False))
    assert not _may_come_back(NodeSpec("trial", {"clock": "wall", "wait_for": ["face"]}, ends=False))
    assert not _may_come_back(NodeSpec("evaluation", {"clock": "wall"}, ends=True))


def test_head_in_a_namespace_with_a_parameter_file(launched, tmp_path):
    file = tmp_path / "own.param.yaml"
    file.write_text("/**/ohbot:\n  ros__parameters:\n    head: none\n")
    launch = launched("head", namespace="lab", params_file=file)
    launch.until_it_says("[lab.ohbot]: driving none")
    launch.until_it_says("[lab.avatar]: rendering")
    launch.send(signal.SIGINT)
    launch.send(signal.SIGINT)
    assert_all_ended_cleanly(launch)


@pytest.mark.parametrize(
    ("scenario", "argument", "package", "told", "working"),
    [
        (
            "live",
            "rviz",
            "rviz2",
            "overlay/image is not shown in RViz: rviz2 not installed",
            "[affect.emotion]: running",
        ),
        ("head", "rviz", "rviz2", "the head is not shown in RViz: ", "driving none"),
        (
            "head",
            "diagnostics",
            "diagnostic_aggregator",
            "diagnostics are not grouped: diagnostic_aggregator not installed; apt install ros-",
            "driving none",
        ),
    ],
)
def test_what_is_not_installed_is_told(launched, tiny_model, scenario, argument, package, told, working):
    from ament_index_python.packages import get_packages_with_prefixes

    if package in get_packages_with_prefixes():
        pytest.skip(f"{package} is installed here")
    own = {"live": {"camera": "avatar", "model": tiny_model}, "head": {"head": "none"}}[scenario]
    launch = launched(scenario, **own, **{argument: "true"})
    launch.until_it_says(told)
    launch.until_it_says(working)
    launch.send(signal.SIGINT)
    assert_all_ended_cleanly(launch)


def test_head_with_its_diagnostics_grouped(launched):
    from ament_index_python.packages import get_packages_with_prefixes

    if "diagnostic_aggregator" not in get_packages_with_prefixes():
        pytest.skip("needs diagnostic_aggregator")
    launch = launched("head", head="none", diagnostics="true")
    launch.until_it_says("aggregator_node")
    launch.until_it_says("driving none")
    launch.send(signal.SIGINT)
    assert_all_ended_cleanly(launch)


def test_head_with_its_frames(launched, tmp_path):
    from ament_index_python.packages import get_packages_with_prefixes

    if "robot_state_publisher" not in get_packages_with_prefixes():
        pytest.skip("needs robot_state_publisher")
    launch = launched("head", head="none", description="true")
    launch.until_it_says("robot_state_publisher")
    launch.until_it_says("driving none")
    launch.send(signal.SIGINT)
    assert_all_ended_cleanly(launch)


def test_a_trial_ends_by_itself_with_its_report_and_replay_repeats_it(launched, tiny_model, tmp_path):
    output = tmp_path / "reports"
    values = {"model": tiny_model, "output": output}
    launch = launched("trial", protocol="short", clock="lockstep", record="true", participant="007", **values)
    assert_all_ended_cleanly(launch)
    (folder,) = output.iterdir()
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["participant"] == "007"
    assert summary["frames"]["labelled"] == 20
    assert_all_ended_cleanly(launched("replay", bag=folder / "bag", **values))
    (again,) = output.glob("*-replay/summary.json")
    assert json.loads(again.read_text())["confusion"] == summary["confusion"]


def test_a_trial_that_cannot_begin_shuts_everything_down(launched, tiny_model, tmp_path):
    launch = launched("trial", protocol="nope", model=tiny_model, output=tmp_path / "reports")
    launch.until_it_ends()
    assert "unknown trials entry 'nope'; known: demo" in launch.log
    assert re.search(r"trial_node-\d+\]: process has died .*exit code 2", launch.log)


def test_a_wrong_value_names_the_choices(launched):
    launch = launched("trial", camera="nope")
    assert launch.until_it_ends() != 0
    assert "['avatar', 'webcam', 'video', 'folder', 'topic']" in launch.log
