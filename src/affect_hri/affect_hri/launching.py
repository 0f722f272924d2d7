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
RESPAWN_S = 0.5


def launch_description(name: str, *more: Any) -> LaunchDescription:
    """The scenario ``name`` of config/graph.yaml, and more actions."""
    config = Path(get_package_share_directory(PACKAGE)) / "config"
    scenario = load_scenario(name, config / "graph.yaml")
    arguments = [_declare(item.name, item.default, item.doc, item.choices) for item in scenario.arguments]
    extra = [
        _declare("namespace", "affect", "namespace of all nodes", ()),
        _declare("params_file", "", "YAML file with more ROS parameters", ()),
        _declare(
            "diagnostics",
            False,
            "group all diagnostics on /diagnostics_agg (needs diagnostic_aggregator)",
            (),
        ),
    ]
    # Python nodes buffer their output where launch reads it from a pipe.
    environment = {"PYTHONUNBUFFERED": "1", **profile_variables(config.parent / PROFILE)}
    variables = [SetEnvironmentVariable(key, value) for key, value in environment.items()]
    return LaunchDescription(
        [
            *arguments,
            *extra,
            *variables,
            OpaqueFunction(function=_nodes, args=[scenario]),
            OpaqueFunction(function=_aggregate),
            *more,
        ]
    )


def robot_description() -> list[Any]:
    """Arguments and actions that show the head in RViz: its frames on /tf, from urdf/ohbot.urdf and joint_states."""
    return [
        _declare("description", False, "publish the head's frames (needs robot_state_publisher)", ()),
        _declare("rviz", False, "show the head in RViz (needs robot_state_publisher and rviz2)", ()),
        OpaqueFunction(function=_describe),
    ]


def overlay_in_rviz() -> list[Any]:
    """An argument and an action that show overlay/image in RViz."""
    return [
        _declare("rviz", False, "show overlay/image in RViz (needs rviz2)", ()),
        OpaqueFunction(function=_show_overlay),
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


def _aggregate(context: LaunchContext) -> list[Any]:
    if not _is_on("diagnostics", context):
        return []
    told = _missing("diagnostics are not grouped", ["diagnostic_aggregator"])
    if told:
        return told
    analyzers = Path(get_package_share_directory(PACKAGE)) / "config" / "diagnostics_aggregator.yaml"
    # Its file is for a node of this name; a robot that has an aggregator loads the file there instead.
    return [
        Node(
            package="diagnostic_aggregator",
            executable="aggregator_node",
            name="analyzers",
            parameters=[str(analyzers)],
        )
    ]


def _describe(context: LaunchContext) -> list[Any]:
    rviz, description = (_is_on(name, context) for name in ("rviz", "description"))
    packages = [*(["robot_state_publisher"] if rviz or description else []), *(["rviz2"] if rviz else [])]
    told = _missing("the head is not shown in RViz", packages)
    if told:
        return told
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


def _show_overlay(context: LaunchContext) -> list[Any]:
    if not _is_on("rviz", context):
        return []
    told = _missing("overlay/image is not shown in RViz", ["rviz2"])
    if told:
        return told
    config = Path(get_package_share_directory(PACKAGE)) / "urdf" / "live.rviz"
    namespace = LaunchConfiguration("namespace").perform(context).strip("/")
    # An RViz file names topics in full: this one names the default namespace.
    remap = [("/affect/overlay/image", f"/{namespace}/overlay/image")]
    return [Node(package="rviz2", executable="rviz2", arguments=["-d", str(config)], remappings=remap)]


def _is_on(name: str, context: LaunchContext) -> bool:
    return bool(LaunchConfiguration(name).perform(context).lower() == "true")


def _missing(what: str, packages: list[str]) -> list[Any]:
    """An action that says what to install; nothing where all of it is."""
    missing = [package for package in packages if not _is_installed(package)]
    if not missing:
        return []
    names = " ".join(f"ros-${{ROS_DISTRO}}-{package.replace('_', '-')}" for package in missing)
    return [LogInfo(msg=f"{what}: {', '.join(missing)} not installed; apt install {names}")]


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
        respawn=_may_come_back(spec),
        respawn_delay=RESPAWN_S,
    )


def _may_come_back(spec: NodeSpec) -> bool:
    """Whether a node that died is started again: not who conducts a session or keeps what it heard of it.

    In lock-step nobody is: the ids of faces begin anew with face_node.
    """
    conducts = "wait_for" in spec.parameters
    return not (spec.ends or conducts or spec.parameters.get("clock") == "lockstep")


def _typed(value: Value) -> Any:
    # launch_ros reads text as YAML: a participant named 007 would become a number.
    return ParameterValue(value, value_type=str) if isinstance(value, str) else value


def _shutdown_handlers(actions: dict[str, Node], ending: set[str]) -> list[RegisterEventHandler]:
    """Shut down when every node that ends has ended, or at once when a node gives up (exit code above 0).

    A node that was killed is no reason: it is started again while the trial goes on, in lock-step the trial says who
    is silent.
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
