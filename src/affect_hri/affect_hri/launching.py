"""A scenario as a launch description: one process per node. The only module of ours that launch files import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_share_directory
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    OpaqueFunction,
    RegisterEventHandler,
    SetEnvironmentVariable,
)
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from affect_hri.graph import NodeSpec, Scenario, Value, load_scenario
from launch import LaunchContext, LaunchDescription

PACKAGE = "affect_hri"


def launch_description(name: str) -> LaunchDescription:
    """The scenario ``name`` of config/graph.yaml."""
    config = Path(get_package_share_directory(PACKAGE)) / "config"
    scenario = load_scenario(name, config / "graph.yaml")
    arguments = [_declare(item.name, item.default, item.doc, item.choices) for item in scenario.arguments]
    extra = [
        _declare("namespace", "affect", "namespace of all nodes", ()),
        _declare("params_file", "", "YAML file with more ROS parameters", ()),
    ]
    # Python nodes buffer their output where launch reads it from a pipe.
    unbuffered = SetEnvironmentVariable("PYTHONUNBUFFERED", "1")
    return LaunchDescription(
        [*arguments, *extra, unbuffered, OpaqueFunction(function=_nodes, args=[scenario])]
    )


def _declare(name: str, default: Value, doc: str, choices: tuple[str, ...]) -> DeclareLaunchArgument:
    text = str(default).lower() if isinstance(default, bool) else str(default)
    return DeclareLaunchArgument(name, default_value=text, description=doc, choices=list(choices) or None)


def _nodes(context: LaunchContext, scenario: Scenario) -> list[Any]:
    given = {item.name: LaunchConfiguration(item.name).perform(context) for item in scenario.arguments}
    namespace = LaunchConfiguration("namespace").perform(context)
    params_file = LaunchConfiguration("params_file").perform(context)
    specs = scenario.resolve(given)
    actions = {spec.name: _action(spec, namespace, params_file) for spec in specs}
    ending = {spec.name: actions[spec.name] for spec in specs if spec.ends}
    return [*actions.values(), *_shutdown_after_all(ending)]


def _action(spec: NodeSpec, namespace: str, params_file: str) -> Node:
    parameters: list[Any] = [{key: value for key, value in spec.parameters.items() if value != []}]
    return Node(
        package=PACKAGE,
        executable=spec.executable,
        name=spec.name,
        namespace=namespace,
        parameters=parameters + ([params_file] if params_file else []),
        output="screen",
    )


def _shutdown_after_all(ending: dict[str, Node]) -> list[RegisterEventHandler]:
    """Shut down when every node that ends has ended, or at once when one of them failed."""
    running = set(ending)

    def on_exit(name: str) -> Any:
        def handle(event: Any, _context: LaunchContext) -> list[EmitEvent]:
            running.discard(name)
            over = not running or event.returncode != 0
            return [EmitEvent(event=Shutdown(reason=f"{name} has ended"))] if over else []

        return handle

    return [
        RegisterEventHandler(OnProcessExit(target_action=action, on_exit=on_exit(name)))
        for name, action in ending.items()
    ]
