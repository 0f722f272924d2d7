"""The robot description has the joints that head/joint_states names, with the rig's limits."""

import runpy
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import yaml

from affect_core.heads import HEADS, HeadConfig
from affect_core.heads.rig import JOINTS, RIG

PACKAGE = Path(__file__).resolve().parents[3] / "src" / "affect_hri"
ROBOT = ElementTree.parse(PACKAGE / "urdf" / "ohbot.urdf").getroot()
OWN = {joint.get("name"): joint for joint in ROBOT.iter("joint") if joint.find("mimic") is None}
MIMICS = {joint.get("name"): joint for joint in ROBOT.iter("joint") if joint.find("mimic") is not None}


def numbers(text):
    return tuple(float(part) for part in text.split())


@pytest.mark.parametrize("name", ["avatar", "none"])
def test_its_joints_are_those_of_joint_states(name):
    with HEADS.build(name, HeadConfig()) as head:
        assert set(OWN) == set(head.command({}))


def test_every_joint_is_the_rigs():
    for joint in RIG:
        element, limit = OWN[joint.name], OWN[joint.name].find("limit")
        assert element.get("type") == ("prismatic" if joint.unit == "m" else "revolute"), joint.name
        found = [float(limit.get(key)) for key in ("lower", "upper", "velocity")]
        assert found == pytest.approx([joint.low, joint.high, joint.rate], abs=1e-6), joint.name
        if joint.unit != "1":
            assert numbers(element.find("axis").get("xyz")) == joint.axis, joint.name


def test_the_left_eye_follows_the_right_one():
    assert {name: joint.find("mimic").get("joint") for name, joint in MIMICS.items()} == {
        "eye_yaw_left": "eye_yaw",
        "eye_pitch_left": "eye_pitch",
    }
    for joint in MIMICS.values():
        source = OWN[joint.find("mimic").get("joint")]
        for part in ("axis", "limit"):
            assert joint.find(part).attrib == source.find(part).attrib


def test_one_tree_from_base_link():
    links = [link.get("name") for link in ROBOT.iter("link")]
    parent = {
        joint.find("child").get("link"): joint.find("parent").get("link") for joint in ROBOT.iter("joint")
    }
    assert len(links) == len(set(links))
    assert set(links) == {*parent, "base_link"}
    for link in links:
        steps = [link]
        while steps[-1] in parent:
            assert parent[steps[-1]] not in steps
            steps.append(parent[steps[-1]])
        assert steps[-1] == "base_link"


def test_eyes_and_mouth_are_where_an_ohbot_has_them():
    """Above the table: eyes 0.87, mouth 0.54 of the 22 cm wide base; eyes 58 mm apart, to the robot's left is +y."""
    height = {}
    for name in ("upper_lid_right", "upper_lid_left", "upper_lip_open", "lower_lip_open"):
        z, joint = 0.0, OWN[name]
        while True:
            z += numbers(joint.find("origin").get("xyz"))[2]
            parent = joint.find("parent").get("link")
            if parent == "base_link":
                break
            joint = OWN[parent.removesuffix("_link")]
        height[name] = z
    assert height["upper_lid_left"] == pytest.approx(0.191, abs=0.002)
    assert height["upper_lip_open"] == pytest.approx(0.119, abs=0.005)
    assert height["lower_lip_open"] < height["upper_lip_open"]
    y = {side: numbers(OWN[f"upper_lid_{side}"].find("origin").get("xyz"))[1] for side in ("right", "left")}
    assert y == {"right": -0.029, "left": 0.029}


def test_the_file_is_what_the_tool_writes():
    tool = runpy.run_path(str(PACKAGE / "tools" / "make_urdf.py"), run_name="make_urdf")
    text = (PACKAGE / "urdf" / "ohbot.urdf").read_text()
    assert tool["urdf"]() == text, "run python src/affect_hri/tools/make_urdf.py"


def test_rviz_shows_the_description():
    content = yaml.safe_load((PACKAGE / "urdf" / "ohbot.rviz").read_text())
    display = next(d for d in content["Visualization Manager"]["Displays"] if d["Name"] == "OhBot")
    assert display["Description Topic"]["Value"] == "robot_description"
    assert content["Visualization Manager"]["Global Options"]["Fixed Frame"] == "base_link"
    assert set(JOINTS) == set(OWN)
