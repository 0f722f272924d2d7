"""The graph: what config/graph.yaml resolves to, and what a running trial looks like from outside."""

import dataclasses
import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy

from affect_hri.graph import GraphError, load_scenario
from affect_hri.nodes._managed import NodeSettings

GRAPH = Path(__file__).resolve().parents[2] / "config" / "graph.yaml"
SCENARIOS = ("trial", "live", "replay", "head")
HIDDEN_FROM_PERCEPTION = ("trial/", "head/", "scene", "ground_truth")

# Topic below /affect -> type, reliability, durability, depth, publisher: the table of interfaces, written out.
R, L, V = ReliabilityPolicy.RELIABLE, DurabilityPolicy.TRANSIENT_LOCAL, DurabilityPolicy.VOLATILE
OURS = "affect_hri_interfaces/msg/"
TABLE = {
    "camera/image_raw": ("sensor_msgs/msg/Image", R, V, 1, "avatar"),
    "camera/image_raw/compressed": ("sensor_msgs/msg/CompressedImage", R, V, 1, "avatar"),
    "camera/camera_info": ("sensor_msgs/msg/CameraInfo", R, V, 5, "avatar"),
    "faces": (OURS + "FaceArray", R, V, 5, "face"),
    "emotions": (OURS + "EmotionEstimateArray", R, V, 5, "emotion"),
    "attributions": (OURS + "AttributionArray", R, V, 2, "emotion"),
    "head/command": (OURS + "ExpressionCommand", R, V, 5, "trial"),
    "head/joint_states": ("sensor_msgs/msg/JointState", R, V, 5, "ohbot"),
    "head/status": (OURS + "HeadStatus", R, L, 1, "ohbot"),
    "scene": (OURS + "SceneCommand", R, L, 1, "trial"),
    "scene/applied": (OURS + "SceneCommand", R, L, 1, "avatar"),
    "ground_truth": (OURS + "GroundTruth", R, V, 5, "avatar"),
    "trial/events": (OURS + "TrialEvent", R, L, 100, "trial"),
    "trial/prompt": ("std_msgs/msg/String", R, L, 1, "trial"),
    "trial/summary": (OURS + "TrialSummary", R, L, 1, "evaluation"),
}


class TestDescription:
    @staticmethod
    def choices(name, scenario):
        """Every combination of the arguments that decide which nodes run; of the others one choice after the other."""
        rows = {item.name: item.choices for item in scenario.arguments if item.choices}
        rows |= {item.name: (False, True) for item in scenario.arguments if isinstance(item.default, bool)}
        nodes = yaml.safe_load(GRAPH.read_text())["scenarios"][name]["nodes"]
        deciding = {key for node in nodes for part in ("when", "unless") for key in node.get(part, {})}
        together = {key: values for key, values in rows.items() if key in deciding}
        for values in itertools.product(*together.values()):
            yield dict(zip(together, values, strict=True))
        yield from ({key: value} for key in rows.keys() - deciding for value in rows[key])

    @pytest.mark.parametrize("name", SCENARIOS)
    def test_every_combination_resolves_to_known_nodes_and_parameters(self, name, all_nodes, node_class):
        scenario = load_scenario(name, GRAPH)
        fields = {
            node: {
                item.name
                for kind in (NodeSettings, *node_class(node).settings)
                for item in dataclasses.fields(kind)
            }
            for node in all_nodes
        }
        for given in self.choices(name, scenario):
            specs = scenario.resolve(given)
            names = [spec.name for spec in specs]
            assert len(names) == len(set(names))
            for spec in specs:
                unknown = set(spec.parameters) - fields[spec.name]
                assert not unknown, f"{name} {given}: {spec.name} has no {unknown}"
                waits = spec.parameters.get("wait_for")
                assert waits is None or set(waits) == set(names) - {spec.name}

    @pytest.mark.parametrize("name", SCENARIOS)
    def test_every_resolved_value_is_in_range(self, name, node_class):
        from affect_core.config import from_mapping

        scenario = load_scenario(name, GRAPH)
        for given in self.choices(name, scenario):
            for spec in scenario.resolve(given):
                for kind in (NodeSettings, *node_class(spec.name).settings):
                    names = {item.name for item in dataclasses.fields(kind)}
                    from_mapping(kind, {k: v for k, v in spec.parameters.items() if k in names}, spec.name)

    @pytest.mark.parametrize("name", SCENARIOS)
    def test_every_argument_is_used_and_described(self, name):
        scenario = load_scenario(name, GRAPH)
        text = GRAPH.read_text().split(f"\n  {name}:", 1)[1]
        for item in scenario.arguments:
            assert item.doc
            shared = item.name in ("clock", "image_reliability")
            assert shared or f"${item.name}" in text or f"when: {{{item.name}:" in text, item.name

    def test_a_trial_with_the_avatar(self):
        specs = load_scenario("trial", GRAPH).resolve({"clock": "lockstep", "record": "true", "seed": "7"})
        assert [s.name for s in specs] == [
            "avatar",
            "ohbot",
            "face",
            "emotion",
            "attribution",
            "evaluation",
            "recorder",
            "trial",
        ]
        assert [s.name for s in specs if s.ends] == ["evaluation", "recorder"]
        assert specs[-1].executable == "trial_node"
        assert specs[-1].parameters["seed"] == 7
        assert {s.parameters["clock"] for s in specs} == {"lockstep"}

    @pytest.mark.parametrize(
        ("given", "nodes"),
        [
            (
                {"camera": "video", "head": "none"},
                ["camera", "face", "emotion", "attribution", "evaluation", "trial"],
            ),
            (
                {"camera": "webcam", "head": "screen"},
                ["camera", "ohbot", "face", "emotion", "attribution", "evaluation", "trial"],
            ),
        ],
    )
    def test_a_trial_with_another_camera(self, given, nodes):
        assert [spec.name for spec in load_scenario("trial", GRAPH).resolve(given)] == nodes

    @pytest.mark.parametrize("name", ["trial", "live", "replay"])
    def test_explain_is_the_method_or_no_node_at_all(self, name):
        scenario = load_scenario(name, GRAPH)
        specs = {spec.name: spec.parameters for spec in scenario.resolve({"explain": "lime", "model": "m"})}
        assert (specs["attribution"]["method"], specs["attribution"]["model"]) == ("lime", "m")
        assert "attribution" not in {spec.name for spec in scenario.resolve({"explain": "none"})}

    def test_unknown_scenario(self):
        with pytest.raises(GraphError, match=r"unknown scenario 'picnic'; known: trial, live, replay, head"):
            load_scenario("picnic", GRAPH)

    def test_unknown_argument(self):
        with pytest.raises(GraphError, match=r"unknown argument size; head knows: .*lighting.*head"):
            load_scenario("head", GRAPH).resolve({"size": "red"})

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            (
                {"head": "pepper"},
                "head: expected one of avatar, screen, ohbot_serial, topic, none, got 'pepper'",
            ),
            ({"seed": "seven"}, "seed: expected int, got 'seven'"),
            ({"record": "perhaps"}, "record: expected bool, got 'perhaps'"),
        ],
    )
    def test_a_bad_value(self, given, message):
        with pytest.raises(GraphError) as caught:
            load_scenario("trial", GRAPH).resolve(given)
        assert message in str(caught.value)


@pytest.fixture(scope="module")
def outside(bench, make_peer, tiny_model, tmp_path_factory, wait_until):
    """`affect-hri trial` in wall mode, seen from another process."""
    arguments = ["trial", "--clock", "wall", "--protocol", "demo", "--record", "--model", str(tiny_model)]
    command = [sys.executable, "-c", "from affect_core.cli import main; main()", *arguments]
    folder = tmp_path_factory.mktemp("trial")
    log = (folder / "log.txt").open("w")
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [*command, "--output", str(folder / "reports")], stdout=log, stderr=log, env=environment
    )
    peer = make_peer("affect")

    def begun():
        assert process.poll() is None, (folder / "log.txt").read_text()
        return any("conducting" in text for _, text in peer.statuses("trial"))

    try:
        wait_until(begun, lambda: f"the trial to begin; {(folder / 'log.txt').read_text()[-800:]}")
        yield peer.node
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        log.close()
        peer.close()


class TestRunningTrial:
    @pytest.mark.parametrize("topic", TABLE)
    def test_type_qos_and_publisher(self, outside, topic, wait_until):
        kind, reliability, durability, depth, node = TABLE[topic]
        infos = wait_until(
            lambda: [
                i for i in outside.get_publishers_info_by_topic(f"/affect/{topic}") if i.node_name == node
            ],
            f"{node} to publish {topic}",
        )
        (info,) = infos
        assert info.topic_type == kind
        assert (info.qos_profile.reliability, info.qos_profile.durability) == (reliability, durability)
        from affect_hri.nodes import _topics

        declared = next(t for t in vars(_topics).values() if isinstance(t, _topics.Topic) and t.name == topic)
        assert declared.depth == depth  # DDS discovery does not tell the depth

    def test_maps_have_two_publishers(self, outside, wait_until):
        """The network's own come from emotion_node, with every label; all others from attribution_node."""

        def names():
            return {i.node_name for i in outside.get_publishers_info_by_topic("/affect/attributions")}

        wait_until(
            lambda: names() == {"emotion", "attribution"}, lambda: f"two publishers, there are {names()}"
        )

    def test_nobody_else_publishes(self, outside):
        # Who speaks moves the mouth; the operator takes notes.
        names = {"camera/status", "overlay/image", "head/mouth", "trial/notes", *TABLE}
        extra = [
            name
            for name, types in outside.get_topic_names_and_types()
            if name.startswith("/affect/") and name.removeprefix("/affect/") not in names
            if not any("lifecycle_msgs" in kind for kind in types) and "/_action/" not in name
        ]
        assert extra == []

    @pytest.mark.parametrize("node", ["face", "emotion", "attribution"])
    def test_perception_hears_nothing_of_the_truth(self, outside, node):
        heard = [name for name, _ in outside.get_subscriber_names_and_types_by_node(node, "/affect")]
        secret = [name for name in heard if name.removeprefix("/affect/").startswith(HIDDEN_FROM_PERCEPTION)]
        assert secret == []

    def test_all_nodes_report(self, outside):
        names = {name for name, where in outside.get_node_names_and_namespaces() if where == "/affect"}
        expected = {"avatar", "ohbot", "face", "emotion", "attribution", "evaluation", "recorder", "trial"}
        assert expected <= names
        for name in expected:
            published = dict(outside.get_publisher_names_and_types_by_node(name, "/affect"))
            assert "/diagnostics" in published, name


@pytest.mark.parametrize(
    ("name", "hears"),
    [("face", ["camera/image_raw"]), ("emotion", ["faces"]), ("attribution", ["emotions", "faces"])],
)
def test_perception_over_dds_hears_only_its_input(
    bench, peer, node_class, tiny_model, wait_until, name, hears
):
    """In processes of their own, where nothing is handed over in memory."""
    where = f"/{peer.namespace}"

    def heard():
        topics = peer.node.get_subscriber_names_and_types_by_node(name, where)
        return [topic for topic, _ in topics if not topic.startswith("/parameter_events")]

    with bench.running(node_class(name), peer.namespace, model=str(tiny_model)):
        peer.until_status(name, "OK", "waiting for")
        expected = [f"{where}/{topic}" for topic in hears]
        wait_until(lambda: len(heard()) >= len(expected), "the subscriptions to be known")
        assert sorted(heard()) == expected
