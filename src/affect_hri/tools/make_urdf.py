"""Writes urdf/ohbot.urdf: the head's joints and a simple body for RViz. Run this after a change of the rig.

    python src/affect_hri/tools/make_urdf.py

Names, limits, speeds and axes are the rig's; a test fails while the file differs from it. Measures are those of a
22 cm high OhBot. Both eyes turn on one servo: the left one mimics the right one.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

from affect_core.heads.rig import JOINTS, RIG

FILE = Path(__file__).resolve().parents[1] / "urdf" / "ohbot.urdf"
COLOURS = {
    "shell": "0.12 0.16 0.55 1",
    "dark": "0.10 0.10 0.12 1",
    "white": "0.95 0.95 0.95 1",
    "iris": "0.20 0.55 0.25 1",
    "lip": "0.75 0.75 0.78 1",
    "brow": "0.15 0.12 0.10 1",
}
LIMIT = '    <limit lower="{:.6f}" upper="{:.6f}" velocity="{:.6f}" effort="1"/>'
BY_SIDE = {"right": -1, "left": 1}


@dataclass(frozen=True)
class Shape:
    """A visible part. Metres; sizes of a box, radius of a sphere, radius and length of a cylinder."""

    kind: str
    size: tuple[float, ...]
    colour: str
    xyz: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def text(self) -> str:
        """As XML."""
        names = {"box": ("size",), "sphere": ("radius",), "cylinder": ("radius", "length")}[self.kind]
        values = [_numbers(self.size)] if self.kind == "box" else [f"{value:g}" for value in self.size]
        attributes = " ".join(f'{name}="{value}"' for name, value in zip(names, values, strict=True))
        return (
            f'    <visual><origin xyz="{_numbers(self.xyz)}"/><geometry><{self.kind} {attributes}/></geometry>'
            f'<material name="{self.colour}"/></visual>'
        )


class Robot:
    """Collects links and joints; each link hangs on a joint of the same name."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def link(self, name: str, *shapes: Shape) -> None:
        """A link that no joint of the rig carries."""
        body = "\n".join(shape.text() for shape in shapes)
        self.parts.append(
            f'  <link name="{name}">\n{body}\n  </link>' if shapes else f'  <link name="{name}"/>'
        )

    def joint(
        self, name: str, parent: str, xyz: tuple[float, float, float], *shapes: Shape, of: str = ""
    ) -> str:
        """A joint of the rig, or with ``of`` one that follows it; returns the name of its link."""
        rig = JOINTS[of or name]
        kind = "prismatic" if rig.unit == "m" else "revolute"
        axis = rig.axis if any(rig.axis) else (1.0, 0.0, 0.0)  # an amount has none: its link is empty
        lines = [
            f'  <joint name="{name}" type="{kind}">',
            f'    <parent link="{parent}"/><child link="{name}_link"/>',
            f'    <origin xyz="{_numbers(xyz)}"/><axis xyz="{_numbers(axis)}"/>',
            LIMIT.format(rig.low, rig.high, rig.rate),
            *([f'    <mimic joint="{of}"/>'] if of else []),
            "  </joint>",
        ]
        self.parts.append("\n".join(lines))
        self.link(f"{name}_link", *shapes)
        return f"{name}_link"

    def text(self) -> str:
        """The file."""
        materials = [
            f'  <material name="{name}"><color rgba="{rgba}"/></material>' for name, rgba in COLOURS.items()
        ]
        head = ['<?xml version="1.0"?>', "<!-- Made by tools/make_urdf.py from the rig; do not edit. -->"]
        return "\n".join([*head, '<robot name="ohbot">', *materials, *self.parts, "</robot>", ""])


def urdf() -> str:
    """The whole file."""
    robot = Robot()
    base = Shape("box", (0.15, 0.22, 0.03), "shell", (0.0, 0.0, 0.015))
    robot.link("base_link", base, Shape("box", (0.04, 0.04, 0.06), "dark", (0.0, 0.0, 0.06)))
    yaw = robot.joint("head_yaw", "base_link", (0.0, 0.0, 0.09))
    pitch = robot.joint("head_pitch", yaw, (0.0, 0.0, 0.01), Shape("cylinder", (0.012, 0.02), "dark"))
    head = robot.joint("head_roll", pitch, (0.0, 0.0, 0.0), *_skull())
    for side, sign in BY_SIDE.items():
        _eye(robot, head, side, (0.035, 0.029 * sign, 0.091))
        _brow(robot, head, side, (0.055, 0.029 * sign, 0.118))
        _corner(robot, head, side, (0.04, 0.037 * sign, 0.019))
    lip = Shape("box", (0.005, 0.06, 0.005), "lip")
    robot.joint("upper_lip_open", head, (0.05, 0.0, 0.0215), lip)
    robot.joint("lower_lip_open", head, (0.05, 0.0, 0.0165), lip)
    for joint in RIG:
        if joint.unit == "1":
            robot.joint(joint.name, head, (0.0, 0.0, 0.0))
    return robot.text()


def _skull() -> tuple[Shape, ...]:
    plate = Shape("box", (0.05, 0.006, 0.11), "shell", (0.0, 0.058, 0.06))
    bar = Shape("box", (0.012, 0.11, 0.012), "dark", (0.015, 0.0, 0.065))
    chin = Shape("box", (0.04, 0.05, 0.02), "shell")
    nose = Shape("box", (0.005, 0.011, 0.044), "white", (0.052, 0.0, 0.055))
    x, y, z = plate.xyz
    return chin, plate, replace(plate, xyz=(x, -y, z)), bar, nose


def _eye(robot: Robot, head: str, side: str, xyz: tuple[float, float, float]) -> None:
    """The right eye has the rig's joints, the left one follows; each side has lids of its own."""
    follows = {"right": ("", ""), "left": ("eye_yaw", "eye_pitch")}[side]
    suffix = "" if side == "right" else "_left"
    turn = robot.joint(f"eye_yaw{suffix}", head, xyz, of=follows[0])
    iris = Shape("sphere", (0.006,), "iris", (0.0085, 0.0, 0.0))
    ball = Shape("sphere", (0.013,), "white")
    robot.joint(f"eye_pitch{suffix}", turn, (0.0, 0.0, 0.0), ball, iris, of=follows[1])
    # A bar along the edge of the lid; at 0 it crosses the eye's equator.
    edge = Shape("box", (0.004, 0.03, 0.003), "shell", (0.016, 0.0, 0.0))
    robot.joint(f"upper_lid_{side}", head, xyz, edge)
    robot.joint(f"lower_lid_{side}", head, xyz, replace(edge, colour="lip"))


def _brow(robot: Robot, head: str, side: str, xyz: tuple[float, float, float]) -> None:
    up = robot.joint(f"brow_raise_{side}", head, xyz)
    inwards = robot.joint(f"brow_in_{side}", up, (0.0, 0.0, 0.0))
    brow = Shape("box", (0.004, 0.032, 0.006), "brow")
    robot.joint(f"brow_angle_{side}", inwards, (0.0, 0.0, 0.0), brow)


def _corner(robot: Robot, head: str, side: str, xyz: tuple[float, float, float]) -> None:
    up = robot.joint(f"corner_raise_{side}", head, xyz)
    robot.joint(f"corner_stretch_{side}", up, (0.0, 0.0, 0.0), Shape("sphere", (0.004,), "lip"))


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:g}" for value in values)


if __name__ == "__main__":
    FILE.write_text(urdf())
    sys.stdout.write(f"{FILE}\n")
