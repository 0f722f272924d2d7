"""A scenario as a launch description: one process per node. The only module of ours that launch files import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    SetEnvironmentVariable,
)
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from affect_hri.graph import NodeSpec, Scenario, Value, load_scenario
from affect_hri.middleware import PROFILE, profile_variables
from launch import LaunchContext, LaunchDescription

PACKAGE = "affect_hri"


def launch_description(name: str, *more: Any) -> LaunchDescription:
    """The scenario ``name`` of config/graph.yaml, and more actions."""
    config = Path(get_package_share_directory(PACKAGE)) / "config"
    scenario = load_scenario(name, config / "graph.yaml")
    arguments = [_declare(item.name, item.default, item.doc, item.choices) for item in scenario.arguments]
    extra = [
        _declare("namespace", "affect", "namespace of all nodes", ()),
        _declare("params_file", "", "YAML file with more ROS parameters", ()),
    ]
    # Python nodes buffer their output where launch reads it from a pipe.
    environment = {"PYTHONUNBUFFERED": "1", **profile_variables(config.parent / PROFILE)}
    variables = [SetEnvironmentVariable(key, value) for key, value in environment.items()]
    return LaunchDescription(
        [*arguments, *extra, *variables, OpaqueFunction(function=_nodes, args=[scenario]), *more]
    )


def robot_description() -> list[Any]:
    """Arguments and actions that show the head in RViz: its frames on /tf, from urdf/ohbot.urdf and joint_states."""
    return [
        _declare("description", False, "publish the head's frames (needs robot_state_publisher)", ()),
        _declare("rviz", False, "show the head in RViz (needs robot_state_publisher and rviz2)", ()),
        OpaqueFunction(function=_describe),
    ]


def _declare(name: str, default: Value, doc: str, choices: tuple[str, ...]) -> DeclareLaunchArgument:
    text = str(default).lower() if isinstance(default, bool) else str(default)
    return DeclareLaunchArgument(name, default_value=text, description=doc, choices=list(choices) or None)


def _nodes(context: LaunchContext, scenario: Scenario) -> list[Any]:
    given = {item.name: LaunchConfiguration(item.name).perform(context) for item in scenario.arguments}
    namespace = LaunchConfiguration("namespace").perform(context)
    params_file = LaunchConfiguration("params_file").perform(context)
    specs = scenario.resolve(given)
    actions = {spec.name: _action(spec, namespace, params_file) for spec in specs}
    ending = {spec.name for spec in specs if spec.ends}
    # Handlers first: a node may be gone before the last action is reached.
    return [*_shutdown_handlers(actions, ending), *actions.values()]


def _describe(context: LaunchContext) -> list[Any]:
    rviz, description = (
        LaunchConfiguration(name).perform(context).lower() == "true" for name in ("rviz", "description")
    )
    packages = [*(["robot_state_publisher"] if rviz or description else []), *(["rviz2"] if rviz else [])]
    missing = [package for package in packages if not _is_installed(package)]
    if missing:
        names = " ".join(f"ros-${{ROS_DISTRO}}-{package.replace('_', '-')}" for package in missing)
        return [
            LogInfo(msg=f"the head is not shown: {', '.join(missing)} not installed; apt install {names}")
        ]
    urdf = Path(get_package_share_directory(PACKAGE)) / "urdf"
    options = {
        "robot_state_publisher": {
            "parameters": [
                {"robot_description": ParameterValue((urdf / "ohbot.urdf").read_text(), value_type=str)}
            ],
            "remappings": [("joint_states", "head/joint_states")],
        },
        "rviz2": {"arguments": ["-d", str(urdf / "ohbot.rviz")]},
    }
    namespace = LaunchConfiguration("namespace").perform(context)
    return [
        Node(package=package, executable=package, namespace=namespace, **options[package])
        for package in packages
    ]


def _is_installed(package: str) -> bool:
    try:
        get_package_share_directory(package)
    except PackageNotFoundError:
        return False
    return True


def _action(spec: NodeSpec, namespace: str, params_file: str) -> Node:
    parameters: list[Any] = [{key: _typed(value) for key, value in spec.parameters.items() if value != []}]
    return Node(
        package=PACKAGE,
        executable=spec.executable,
        name=spec.name,
        namespace=namespace,
        parameters=parameters + ([params_file] if params_file else []),
        output="screen",
        # A session that is cut short still gets its report and a whole bag.
        sigterm_timeout="20",
    )


def _typed(value: Value) -> Any:
    # launch_ros reads text as YAML: a participant named 007 would become a number.
    return ParameterValue(value, value_type=str) if isinstance(value, str) else value


def _shutdown_handlers(actions: dict[str, Node], ending: set[str]) -> list[RegisterEventHandler]:
    """Shut down when every node that ends has ended, or at once when a node gives up (exit code above 0).

    A node that was killed is no reason: the trial goes on, and says who is silent.
    """
    running = set(ending)

    def on_exit(name: str) -> Any:
        def handle(event: Any, context: LaunchContext) -> list[EmitEvent]:
            running.discard(name)
            over = event.returncode > 0 or (name in ending and (not running or event.returncode != 0))
            reason = f"{name} has ended with exit code {event.returncode}"
            return [EmitEvent(event=Shutdown(reason=reason))] if over and not context.is_shutdown else []

        return handle

    return [
        RegisterEventHandler(OnProcessExit(target_action=action, on_exit=on_exit(name)))
        for name, action in actions.items()
    ]
