"""The import rule: which part may know which library. Read from the source, nothing is imported for it."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOP_LEVEL = {
    *("README.md", "LICENSE", "Makefile", "colcon.meta"),
    *("src", "launch", "config", "models", "bags", "test"),
}

MESSAGES = r".+_msgs|.+_srvs|affect_hri_interfaces|builtin_interfaces|rcl_interfaces"
ROS_TOOLS = r"rclpy|ament.*|launch.*|rosbag2.*|rosidl.*|cv_bridge|message_filters|tf2.*|ros2.*"
ROS = rf"{MESSAGES}|{ROS_TOOLS}|affect_hri.*"
TORCH = r"torch.*|lightning.*|pytorch_lightning|facenet_pytorch|captum"
LIGHTNING = r"lightning|pytorch_lightning|lightning_fabric"

CORE, NODES = "src/affect_core/affect_core", "src/affect_hri/affect_hri"
WITH_MESSAGES = (f"{NODES}/conversions", f"{NODES}/nodes")
WITHOUT_TORCH = ("heads", "trial", "avatar", "evaluation")


@dataclass(frozen=True)
class Rule:
    """Files below `where`, but not below `except_in`, import nothing whose first name is `forbidden`, apart from
    the modules that are `allowed`."""

    reason: str
    where: str
    forbidden: str
    except_in: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()

    def holds_for(self, file: str) -> bool:
        return _below(file, self.where) and not any(_below(file, place) for place in self.except_in)


RULES = (
    Rule("affect_core knows no ROS", CORE, ROS),
    Rule(
        "only conversions and nodes touch messages",
        NODES,
        MESSAGES,
        (f"{NODES}/conversions", f"{NODES}/nodes"),
    ),
    Rule("only training and cli use Lightning", CORE, LIGHTNING, (f"{CORE}/training", f"{CORE}/cli")),
    Rule("only affect_core.training and cli use Lightning", NODES, LIGHTNING),
    *(Rule(f"{name} needs no torch", f"{CORE}/{name}", TORCH) for name in WITHOUT_TORCH),
    Rule(
        "launch files only describe processes",
        "launch",
        rf"{TORCH}|affect_.*",
        allowed=("affect_hri.launching",),
    ),
    *(
        Rule(
            "what launch files import stays light",
            f"{NODES}/{module}.py",
            rf"{TORCH}|{MESSAGES}|rclpy|numpy|cv2|affect_.*",
            allowed=("affect_hri.graph", "affect_hri.middleware"),
        )
        for module in ("launching", "graph", "middleware")
    ),
)


def _below(file: str, place: str) -> bool:
    return file == place or file.startswith((f"{place}/", f"{place}."))


def python_files(root: Path) -> list[str]:
    paths = (path for folder in ("src", "launch") for path in (root / folder).rglob("*.py"))
    return sorted(str(path.relative_to(root)) for path in paths if not path.is_symlink())


def breaches(root: Path, file: str) -> list[str]:
    """One line per import that a rule forbids."""
    rules = [rule for rule in RULES if rule.holds_for(file)]
    imported = list(imported_modules((root / file).read_text())) if rules else []
    return [
        f"{file}:{line} imports {module}: {rule.reason}"
        for rule in rules
        for module, line in imported
        if module not in rule.allowed and re.fullmatch(rule.forbidden, module.split(".")[0])
    ]


def imported_modules(source: str) -> Iterator[tuple[str, int]]:
    """(module, line) of each absolute import, also inside functions; relative ones stay in their package."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module, node.lineno
        elif _is_import_call(node):
            yield node.args[0].value, node.lineno


def _is_import_call(node: ast.AST) -> bool:
    """``importlib.import_module("name")`` or ``__import__("name")`` with a literal name."""
    if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
        return False
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    return name in ("import_module", "__import__") and isinstance(node.args[0].value, str)


@pytest.mark.parametrize("file", python_files(ROOT))
def test_imports(file: str) -> None:
    assert breaches(ROOT, file) == []


def modules_of(folder: str) -> list[str]:
    files = sorted((ROOT / CORE / folder).rglob("*.py"))
    names = [".".join(file.relative_to(ROOT / CORE).with_suffix("").parts) for file in files]
    return [f"affect_core.{name.removesuffix('.__init__')}" for name in names]


@pytest.mark.parametrize("folder", WITHOUT_TORCH)
def test_no_torch_comes_in_through_other_modules(folder: str) -> None:
    code = f"import importlib, sys\nfor name in {modules_of(folder)}: importlib.import_module(name)\n"
    code += "print([name for name in ('torch', 'rclpy', 'lightning') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("folder", ["launch", "test", "config"])
def test_no_regular_package_outside_src(folder: str) -> None:
    assert [str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob("__init__.py")] == []


def test_the_top_level_holds_only_what_belongs_there() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout, so which files belong to the project is unknown")
    top = {name.split("/")[0] for name in listed.stdout.splitlines()}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


PLANTED = [
    (f"{CORE}/faces/detect.py", "import rclpy.node"),
    (f"{CORE}/types.py", "from sensor_msgs.msg import Image"),
    (f"{CORE}/types.py", "from affect_hri.conversions import to_image"),
    (f"{CORE}/types.py", "def late():\n    import cv_bridge"),
    (f"{CORE}/types.py", "import importlib\nimportlib.import_module('rclpy')"),
    (f"{CORE}/emotion/stage.py", "import lightning as L"),
    (f"{CORE}/heads/avatar.py", "import torch"),
    (f"{CORE}/trial/session.py", "from torch import Tensor"),
    (f"{CORE}/avatar/scene.py", "import torchvision.transforms"),
    (f"{CORE}/evaluation/metrics.py", "import torchmetrics"),
    (f"{NODES}/composed.py", "from affect_hri_interfaces.msg import Face"),
    (f"{NODES}/conversions_extra.py", "from std_msgs.msg import Header"),
    ("launch/trial.launch.py", "import torch"),
    ("launch/trial.launch.py", "from affect_core import labels"),
]

ALLOWED = [
    (f"{CORE}/bags.py", "import rosbags.rosbag2"),
    (f"{CORE}/cli.py", "import lightning"),
    (f"{CORE}/cli/train.py", "import lightning"),
    (f"{CORE}/training/module.py", "from lightning import LightningModule"),
    (f"{CORE}/emotion/runtime.py", "import torch"),
    (f"{CORE}/heads/avatar.py", "from .base import Head"),
    (f"{NODES}/conversions/images.py", "from sensor_msgs.msg import Image"),
    (f"{NODES}/nodes/face.py", "from affect_hri_interfaces.msg import FaceArray"),
    ("launch/trial.launch.py", "from launch import LaunchDescription"),
]


def plant(root: Path, file: str, source: str) -> list[str]:
    (root / file).parent.mkdir(parents=True)
    (root / file).write_text(source)
    assert python_files(root) == [file]
    return breaches(root, file)


@pytest.mark.parametrize(("file", "source"), PLANTED)
def test_a_planted_breach_is_found(tmp_path: Path, file: str, source: str) -> None:
    found = plant(tmp_path, file, source)
    assert len(found) == 1
    assert found[0].startswith(f"{file}:{source.count(chr(10)) + 1} imports ")


@pytest.mark.parametrize(("file", "source"), ALLOWED)
def test_what_is_allowed_is_not_a_breach(tmp_path: Path, file: str, source: str) -> None:
    assert plant(tmp_path, file, source) == []
