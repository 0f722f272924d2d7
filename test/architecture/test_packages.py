"""Package manifests: what ROS tools read of our packages agrees with what the packages are."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = sorted(path.parent for path in ROOT.glob("src/*/package.xml"))
KEYS = {  # requirement -> rosdep key, where there is one
    **{
        name: f"python3-{name}"
        for name in ["click", "jinja2", "matplotlib", "numba", "numpy", "requests", "rich", "scipy", "tqdm"]
    },
    **{name: f"python3-{name}" for name in ("torch", "torchvision")},
    "opencv-python-headless": "python3-opencv",
    "pillow": "python3-pil",
    "pyserial": "python3-serial",
    "pyyaml": "python3-yaml",
    "scikit-image": "python3-skimage",
    "scikit-learn": "python3-sklearn",
}
WITHOUT_KEY = {
    "captum",
    "mcap",
    "onnx",
    "onnxruntime",
    "rosbags",
    "rosbags-image",
    "safetensors",
    "threadpoolctl",
}
WITHOUT_KEY |= {"facenet-pytorch", "openvino", "zstandard"}


def manifest(folder):
    return ElementTree.parse(folder / "package.xml").getroot()


def texts(root, *tags):
    return [element.text for tag in tags for element in root.findall(tag)]


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda folder: folder.name)
def test_manifest(folder):
    root = manifest(folder)
    assert root.get("format") == "3"
    assert texts(root, "name") == [folder.name]
    assert texts(root, "license") == ["Apache-2.0"]
    assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", texts(root, "version")[0])
    assert len({texts(manifest(other), "version")[0] for other in PACKAGES}) == 1
    depends = texts(root, "depend", "exec_depend", "test_depend", "build_depend")
    assert len(depends) == len(set(depends))
    assert not [key for key in depends if key.endswith("-pip")]
    assert (folder / "CHANGELOG.rst").read_text().splitlines()[1] == f"Changelog for package {folder.name}"


def test_the_library_names_what_rosdep_knows_of_its_requirements():
    folder = ROOT / "src/affect_core"
    lines = [
        line
        for name in ("core", "no_deps", "torch")
        for line in (folder / f"requirements/{name}.txt").read_text().splitlines()
    ]
    required = {line.partition("==")[0].strip() for line in lines if "==" in line.partition("#")[0]}
    assert required == KEYS.keys() | WITHOUT_KEY
    assert set(texts(manifest(folder), "exec_depend")) == set(KEYS.values())


def test_the_nodes_name_the_message_packages_they_import():
    sources = "\n".join(path.read_text() for path in (ROOT / "src/affect_hri/affect_hri").rglob("*.py"))
    found = set(re.findall(r"^\s*(?:from|import) (\w+_(?:msgs|srvs|interfaces))\b", sources, re.MULTILINE))
    found -= {"hri_msgs"}  # optional
    assert found | {"rclpy", "affect_core"} == set(texts(manifest(ROOT / "src/affect_hri"), "exec_depend"))


def test_versions_agree_with_setup_cfg():
    for name in ("affect_core", "affect_hri"):
        text = (ROOT / f"src/{name}/setup.cfg").read_text()
        version = re.search(r"^version = (.+)$", text, re.MULTILINE).group(1)
        assert texts(manifest(ROOT / f"src/{name}"), "version") == [version]


def test_colcon_meta_is_read_by_colcon_and_names_our_packages():
    content = yaml.safe_load((ROOT / "colcon.meta").read_text())
    assert set(content["names"]) <= {folder.name for folder in PACKAGES}
