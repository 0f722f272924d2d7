"""The committed SROS2 policy is what the nodes use, in the form that `ros2 security` reads."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from affect_hri.nodes.camera import CameraNode
from affect_hri.nodes.recorder import RecorderNode
from affect_hri.sros2 import Uses, policy_xml, survey
from affect_hri.sros2.survey import NODES

COMMITTED = Path(__file__).resolve().parents[2] / "config" / "sros2" / "policy.xml"
CHILDREN = {
    "policy": {"enclaves"},
    "enclaves": {"enclave"},
    "enclave": {"profiles"},
    "profiles": {"profile"},
    "profile": {"topics", "services", "actions"},
    "topics": {"topic"},
    "services": {"service"},
    "actions": {"action"},
    **{name: set() for name in ("topic", "service", "action")},
}
ATTRIBUTES = {
    "policy": {"version"},
    "enclave": {"path"},
    "profile": {"ns", "node"},
    "topics": {"publish", "subscribe"},
    "services": {"reply", "request"},
    "actions": {"call", "execute"},
}
"""Of policy.xsd, version 0.2.0, in ros2/sros2: elements, and the attributes of each."""


@pytest.fixture(scope="module")
def policy():
    return ElementTree.fromstring(COMMITTED.read_bytes())


def names(policy, node, kind, qualifier, enclave=None):
    profile = f"./enclaves/enclave[@path='/affect/{enclave or node}']/profiles/profile[@node='{node}']"
    lists = policy.iterfind(f"{profile}/{kind}[@{qualifier}='ALLOW']")
    return {one.text for listed in lists for one in listed}


def test_the_committed_policy_is_what_the_nodes_use(bench, tiny_model):
    made = policy_xml(survey("affect", str(tiny_model)), "affect")
    assert made == COMMITTED.read_text(), "make it anew: affect-hri sros2 config/sros2"


def test_it_has_the_form_of_version_0_2_0(policy):
    assert (policy.tag, policy.get("version")) == ("policy", "0.2.0")
    for element in policy.iter():
        assert {child.tag for child in element} <= CHILDREN[element.tag]
        assert len(element) or not CHILDREN[element.tag], f"{element.tag} is empty"
        assert set(element.attrib) <= ATTRIBUTES.get(element.tag, set())
        if element.tag in ("topics", "services", "actions"):
            assert list(element.attrib.values()) == ["ALLOW"]
        if element.tag in ("topic", "service", "action"):
            assert element.text.startswith("/") and "*" not in element.text


def test_every_node_has_an_enclave_and_the_composed_program_has_all_of_them(policy, all_nodes):
    paths = [enclave.get("path") for enclave in policy.iter("enclave")]
    assert paths == [f"/affect/{name}" for name in (*NODES, "composed")]
    assert set(NODES) == set(all_nodes) - {"humans"}
    for node in NODES:
        for kind, qualifier in (("topics", "publish"), ("topics", "subscribe"), ("services", "reply")):
            alone = names(policy, node, kind, qualifier)
            assert alone and alone == names(policy, node, kind, qualifier, "composed")


def test_nobody_may_do_what_is_not_his(policy):
    """The rules that matter: who sees pictures, who moves the head, who owns the time."""

    def who(kind, qualifier, name):
        return {node for node in NODES if name in names(policy, node, kind, qualifier)}

    assert who("topics", "publish", "/affect/head/command") == {"responder", "trial"}
    assert who("topics", "publish", "/affect/camera/image_raw") == {"avatar", "camera", "replay"}
    assert who("topics", "subscribe", "/affect/camera/image_raw") == {
        "evaluation",
        "face",
        "overlay",
        "recorder",
    }
    assert who("topics", "publish", "/clock") == {"replay", "trial"}
    assert who("topics", "publish", "/affect/emotions") == {"emotion"}
    assert who("services", "reply", "/affect/estop") == {"ohbot"}
    assert who("actions", "execute", "/affect/run_trial") == {"trial"}
    assert "/affect/face/get_parameters" in names(policy, "recorder", "services", "request")
    assert who("services", "request", "/affect/face/set_parameters") == set()


def test_the_recorder_may_ask_what_it_asks(policy, bench, peer, tmp_path, wait_until, pictures):
    """Clients that are only made when other nodes are there."""
    allowed = names(policy, "recorder", "services", "request")
    with (
        bench.running(CameraNode, peer.namespace, source="folder", path=str(pictures[0])),
        bench.running(RecorderNode, peer.namespace, bag=str(tmp_path / "bag"), ends="stopped") as node,
    ):
        itself = "recorder", f"/{peer.namespace}"
        camera = f"/{peer.namespace}/camera/get_parameters"
        asked = lambda: {name for name, _ in node.get_client_names_and_types_by_node(*itself)}  # noqa: E731
        wait_until(lambda: camera in asked(), "the recorder to ask the camera")
        ours = {name.replace(f"/{peer.namespace}/", "/affect/") for name in asked()}
    assert {name for name in ours if "/peer/" not in name} <= allowed


def test_a_name_is_written_as_text():
    uses = {"face": Uses(publishes=frozenset({"/a<b>&c"}))}
    read = ElementTree.fromstring(policy_xml(uses, "robot1/affect"))
    assert [enclave.get("path") for enclave in read.iter("enclave")] == [
        "/robot1/affect/face",
        "/robot1/affect/composed",
    ]
    assert {topic.text for topic in read.iter("topic")} == {"/a<b>&c"}


def test_the_command_writes_it(monkeypatch, tmp_path):
    from click.testing import CliRunner

    from affect_hri.sros2_command import sros2

    monkeypatch.setattr("affect_hri.sros2.survey", lambda namespace, model: {namespace: Uses()})
    monkeypatch.setattr("rclpy.init", lambda **_: None)
    monkeypatch.setattr("rclpy.try_shutdown", lambda: None)
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")  # the command closes it for its process
    done = CliRunner().invoke(sros2, [str(tmp_path / "new"), "--namespace", "/robot1/"])
    assert (done.exit_code, done.output.strip()) == (0, str(tmp_path / "new" / "policy.xml"))
    assert 'path="/robot1/composed"' in (tmp_path / "new" / "policy.xml").read_text()
