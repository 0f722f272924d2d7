"""Parameters come from the settings dataclasses, and what is out of range is refused with the reason."""

import dataclasses
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from lifecycle_msgs.srv import GetState
from rcl_interfaces.srv import DescribeParameters, GetParameters, ListParameters, SetParameters
from rclpy.parameter import Parameter, parameter_value_to_python

from affect_hri.nodes._managed import NodeSettings

CONFIG = Path(__file__).resolve().parents[2] / "config"
ROS_OWN = {"use_sim_time", "start_type_description_service"}
# One parameter of every node that has numbers, a value out of its range, and what the message names.
OUT_OF_RANGE = {
    "attribution": ("rate_hz", -1.0, "rate_hz: expected at least 0.0, got -1.0"),
    "avatar": ("width", 8, "width: expected 16 to 7680, got 8"),
    "camera": ("fps", 0.0, "fps: expected 0.1 to 240.0, got 0.0"),
    "emotion": ("threads", 0, "threads: expected at least 1, got 0"),
    "evaluation": ("grace_s", -1.0, "grace_s: expected at least 0.0, got -1.0"),
    "face": ("id_iou", 2.0, "id_iou: expected 0.01 to 1.0, got 2.0"),
    "humans": ("wait_frames", 0, "wait_frames: expected 1 to 100, got 0"),
    "ohbot": ("rate_hz", 500.0, "rate_hz: expected 1.0 to 200.0, got 500.0"),
    "overlay": ("clock", "sundial", "clock: expected one of wall, lockstep, got 'sundial'"),
    "recorder": ("image", "gif", "image: expected one of raw, jpeg, got 'gif'"),
    "replay": ("answer_timeout_s", 0.0, "answer_timeout_s: expected at least 0.1, got 0.0"),
    "responder": ("clock", "sundial", "clock: expected one of wall, lockstep, got 'sundial'"),
    "trial": ("barrier_timeout_s", 0.0, "barrier_timeout_s: expected at least 0.1, got 0.0"),
}
UNKNOWN_NAMES = [
    ("face", {"model": "nonesuch"}, "unknown models entry 'nonesuch'; known: "),
    ("face", {"detector": "nonesuch"}, "unknown face detector 'nonesuch'; known: mtcnn"),
    ("emotion", {"model": "nonesuch"}, "unknown models entry 'nonesuch'; known: "),
    ("emotion", {"runtime": "nonesuch"}, "unknown runtime 'nonesuch'; known: "),
    ("attribution", {"model": "nonesuch"}, "unknown models entry 'nonesuch'; known: "),
    ("attribution", {"method": "nonesuch"}, "unknown explainer 'nonesuch'; known: amal_attention, deep_lift"),
    ("attribution", {"method": "lrp"}, "for which there is no sound rule"),
    ("attribution", {"method": "amal_attention"}, "which emotion_node publishes with every label"),
    (
        "ohbot",
        {"head": "nonesuch"},
        "unknown head 'nonesuch'; known: avatar, none, ohbot_serial, screen",
    ),
    (
        "responder",
        {"strategy": "nonesuch"},
        "unknown responder strategy 'nonesuch'; known: empathic, mirror, none",
    ),
    ("responder", {"responder_file": "nonesuch"}, "unknown config entry 'nonesuch'; known: "),
    ("trial", {"protocol": "nonesuch"}, "unknown trials entry 'nonesuch'; known: demo, free, human"),
    ("avatar", {"lighting": "nonesuch"}, "unknown lighting 'nonesuch'; known: "),
    ("avatar", {"occlusion": "nonesuch"}, "unknown occlu"),
    ("camera", {"source": "nonesuch"}, "unknown camera 'nonesuch'; known: folder, video, webcam"),
]


def settings_fields(node_type):
    return {
        item.name: item for kind in (NodeSettings, *node_type.settings) for item in dataclasses.fields(kind)
    }


def plain(value):
    return list(value) if isinstance(value, tuple) else value


def test_every_parameter_is_a_field_with_its_default_and_description(bench, peer, node_name, node_class):
    fields = settings_fields(node_class(node_name))
    with bench.running(node_class(node_name), peer.namespace, autostart=False):
        listed = peer.call(f"{node_name}/list_parameters", ListParameters, ListParameters.Request())
        names = sorted(set(listed.result.names) - ROS_OWN)
        assert names == sorted(fields)
        got = peer.call(f"{node_name}/get_parameters", GetParameters, GetParameters.Request(names=names))
        about = peer.call(
            f"{node_name}/describe_parameters", DescribeParameters, DescribeParameters.Request(names=names)
        )
    values = {name: parameter_value_to_python(value) for name, value in zip(names, got.values, strict=True)}
    expected = {name: plain(item.default) for name, item in fields.items()} | {"autostart": False}
    assert {name: plain(value) or value for name, value in values.items()} == expected
    for descriptor in about.descriptors:
        assert descriptor.description.startswith(fields[descriptor.name].metadata["doc"])


def test_no_setting_has_two_homes(node_name, node_class):
    kinds = (NodeSettings, *node_class(node_name).settings)
    names = [item.name for kind in kinds for item in dataclasses.fields(kind)]
    assert len(names) == len(set(names))


def test_out_of_range_at_start_leaves_the_node_unconfigured(bench, peer, node_name, node_class, wait_until):
    name, value, message = OUT_OF_RANGE[node_name]
    with bench.running(node_class(node_name), peer.namespace, **{name: value}) as node:
        peer.until_status(node_name, "ERROR", message)
        wait_until(lambda: node.failure is not None, "the failure to be kept for the program")
        state = peer.call(f"{node_name}/get_state", GetState, GetState.Request()).current_state.label
        assert state == "unconfigured"
        # It lives on: put right, it can be configured.
        good = Parameter(name, value=settings_fields(node_class(node_name))[name].default)
        request = SetParameters.Request(parameters=[good.to_parameter_msg()])
        (result,) = peer.call(f"{node_name}/set_parameters", SetParameters, request).results
        assert result.successful, result.reason


def test_out_of_range_while_running_is_refused_with_the_reason(bench, peer, node_name, node_class):
    name, value, message = OUT_OF_RANGE[node_name]
    with bench.running(node_class(node_name), peer.namespace, autostart=False) as node:
        before = node.get_parameter(name).value
        request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
        (result,) = peer.call(f"{node_name}/set_parameters", SetParameters, request).results
        assert not result.successful
        assert message in result.reason
        assert node.get_parameter(name).value == before


def test_a_value_of_another_type_is_refused(bench, peer, node_class):
    with bench.running(node_class("trial"), peer.namespace, autostart=False):
        request = SetParameters.Request(parameters=[Parameter("seed", value="seven").to_parameter_msg()])
        (result,) = peer.call("trial/set_parameters", SetParameters, request).results
    assert not result.successful
    assert "seed: expected int, got str 'seven'" in result.reason


# --- while the node is configured ------------------------------------------------------------------------------

# Node, parameters it starts with, a parameter that can be changed at work, the new value, and where it is found.
CHANGEABLE = [
    (
        "face",
        {},
        "thresholds",
        [0.5, 0.6, 0.8],
        lambda node: node._stage._detector._config.thresholds[2] == 0.8,
    ),
    ("face", {}, "id_iou", 0.5, lambda node: node._stage._tracker._iou == 0.5),
    ("emotion", {}, "smoothing", "ema", lambda node: node._stage._temporal._config.smoothing == "ema"),
    (
        "attribution",
        {"method": "saliency"},
        "method",
        "grad_cam",
        lambda node: (node._method, set(node._stage._explainers)) == ("grad_cam", {"grad_cam"}),
    ),
    ("attribution", {"method": "saliency"}, "rate_hz", 4.0, lambda node: node._live._config.rate_hz == 4.0),
    ("ohbot", {"head": "none"}, "rate_hz", 20.0, lambda node: node._turns.timer_period_ns == 50_000_000),
    ("responder", {}, "strategy", "empathic", lambda node: node._name == "empathic"),
    ("overlay", {}, "map_age_s", 3.0, lambda node: node._maps._age_ns == 3_000_000_000),
]
# What a node cannot take at work: fixed ones, and values that nobody knows.
REFUSED = [
    ("face", {}, "model", "other", "model: fixed while face is configured; clean it up first"),
    ("face", {}, "thresholds", [0.5], "FaceConfig.thresholds: expected three numbers, got (0.5,)"),
    ("emotion", {}, "runtime", "onnxruntime", "runtime: fixed while emotion is configured"),
    ("emotion", {}, "smoothing", "nonesuch", "'nonesuch'; known: "),
    ("attribution", {"method": "saliency"}, "method", "nonesuch", "unknown explainer 'nonesuch'; known: "),
    ("attribution", {"method": "saliency"}, "method", "lrp", "for which there is no sound rule"),
    ("camera", {}, "path", "/elsewhere", "path: fixed while camera is configured"),
    ("responder", {}, "strategy", "nonesuch", "unknown responder strategy 'nonesuch'; known: "),
]


@pytest.fixture
def set_at_work(bench, peer, node_class, tiny_model, pictures, wait_until):
    """Start a node, set a parameter while it is active; gives the node and the result."""

    @contextmanager
    def run(name, parameters, key, value, **more):
        fields = settings_fields(node_class(name))
        given = {"model": str(tiny_model)} if "model" in fields else {}
        given |= {"source": "folder", "path": str(pictures[0]), "loop": True} if name == "camera" else {}
        with bench.running(node_class(name), peer.namespace, **given, **parameters, **more) as node:
            wait_until(lambda: node.is_active, f"{name} to be active")
            request = SetParameters.Request(parameters=[Parameter(key, value=value).to_parameter_msg()])
            (result,) = peer.call(f"{name}/set_parameters", SetParameters, request).results
            yield node, result

    return run


@pytest.mark.parametrize(("name", "parameters", "key", "value", "arrived"), CHANGEABLE)
def test_a_node_at_work_takes_what_it_can(set_at_work, name, parameters, key, value, arrived):
    with set_at_work(name, parameters, key, value) as (node, result):
        assert result.successful, result.reason
        assert arrived(node)
        assert plain(node.get_parameter(key).value) == value or list(node.get_parameter(key).value) == value


@pytest.mark.parametrize(("name", "parameters", "key", "value", "reason"), REFUSED)
def test_a_node_at_work_refuses_the_rest_with_the_reason(set_at_work, name, parameters, key, value, reason):
    with set_at_work(name, parameters, key, value) as (node, result):
        assert not result.successful
        assert reason in result.reason
        assert node.get_parameter(key).value != value
        assert node.is_active


def test_in_lockstep_nothing_changes_under_a_run(set_at_work):
    with set_at_work("overlay", {}, "map_age_s", 3.0, clock="lockstep") as (node, result):
        assert result.reason.startswith("map_age_s: fixed while overlay is configured")
        assert node._maps._age_ns == 1_500_000_000


@pytest.mark.parametrize(("name", "parameters", "message"), UNKNOWN_NAMES)
def test_an_unknown_name_lists_the_known_ones(bench, peer, node_class, tiny_model, name, parameters, message):
    if name in ("face", "emotion"):
        parameters = {"model": str(tiny_model)} | parameters
    with bench.running(node_class(name), peer.namespace, **parameters):
        peer.until_status(name, "ERROR", message)


# --- parameter files -----------------------------------------------------------------------------------------

PARAMETER_FILES = sorted(CONFIG.glob("*.param.yaml"))


def test_there_is_an_example():
    assert "robot_camera.param.yaml" in [path.name for path in PARAMETER_FILES]


@pytest.mark.parametrize("path", PARAMETER_FILES, ids=lambda path: path.name)
def test_parameter_files_hold_known_parameters_in_range(path, all_nodes, node_class):
    from affect_core.config import from_mapping

    for key, content in yaml.safe_load(path.read_text()).items():
        name = key.removeprefix("/").removeprefix("**/").rsplit("/", 1)[-1]
        assert set(content) == {"ros__parameters"}
        concerned = all_nodes if name == "**" else [name]
        known = set()
        for node in concerned:
            for kind in (NodeSettings, *node_class(node).settings):
                names = {item.name for item in dataclasses.fields(kind)}
                mine = {k: v for k, v in content["ros__parameters"].items() if k in names}
                from_mapping(kind, mine, str(path))
                known |= set(mine)
        assert known == set(content["ros__parameters"]), f"{path.name}, {key}: parameters nobody has"


@pytest.mark.parametrize("path", PARAMETER_FILES, ids=lambda path: path.name)
def test_parameter_files_reach_the_node(path, bench, peer, node_class, tiny_model):
    node_type = node_class("face")
    arguments = ["--ros-args", "--params-file", str(path), "-p", f"model:={tiny_model}"]
    node = node_type(namespace=peer.namespace, cli_args=arguments)
    try:
        found = {name: node.get_parameter(name).value for name in ("image_transport", "image_reliability")}
    finally:
        node.close()
    if path.name == "robot_camera.param.yaml":
        assert found == {"image_transport": "compressed", "image_reliability": "best_effort"}
