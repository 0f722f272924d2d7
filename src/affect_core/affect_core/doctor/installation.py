"""The machine, the libraries, the models: all that needs no ROS."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Final

from affect_core.doctor.base import CHECKS, Finding, Level
from affect_core.errors import AffectError
from affect_core.machine import cpu_class, cpu_model
from affect_core.workspace import INTERFACES, find_workspace

PYTHONS: Final = ((3, 11), (3, 12))
DISK_MB: Final = 2000
SHARED_MEMORY_MB: Final = 64
_MB: Final = 1 << 20

NEEDED: Final = ("numpy", "cv2", "yaml", "torch", "torchvision", "captum", "onnxruntime", "rosbags", "mcap")
OPTIONAL: Final = {
    "openvino": "the fastest runtime on x86: pip install openvino",
    "lightning": "only trainings need it",
    "cv_bridge": "comes with ROS; without it images are converted by our own code",
    "hri_msgs": "for ROS4HRI: apt install ros-jazzy-hri-msgs",
    "launch_ros": "for ros2 launch: comes with ROS; affect-hri trial and live need none",
    "ray": "for evaluate --ray: pip install ray",
}
PINNED: Final = ("torch", "numpy", "onnxruntime", "openvino", "captum")


def _ok(what: str) -> Finding:
    return Finding(Level.OK, what)


@CHECKS.register("1 machine")
def machine() -> Iterator[Finding]:
    """Processor, Python, room."""
    yield _ok(f"{cpu_model()}, class {cpu_class()}, {os.cpu_count()} cores")
    yield _python(sys.version_info[:2])
    if (os.cpu_count() or 1) < 2:
        yield Finding(
            Level.WARNING,
            "one core: the closed loop will drop frames",
            "give it two, or use --clock lockstep",
        )
    yield room(Path.cwd(), DISK_MB, "for reports and bags")
    if Path("/dev/shm").is_dir():
        yield room(Path("/dev/shm"), SHARED_MEMORY_MB, "for images between processes", "give /dev/shm more")


def _python(version: tuple[int, ...]) -> Finding:
    name = f"Python {'.'.join(map(str, version))} on {platform.system()} {platform.machine()}"
    if version in PYTHONS:
        return _ok(name)
    known = " and ".join(".".join(map(str, one)) for one in PYTHONS)
    return Finding(Level.WARNING, f"{name}: tested with {known}", "make setup PYTHON=python3.12")


def room(folder: Path, least_mb: int, purpose: str, mend: str = "make room there") -> Finding:
    """Whether a folder can be written to and has so many MB left."""
    try:
        free_mb = shutil.disk_usage(folder).free // _MB
    except OSError as error:
        return Finding(Level.ERROR, f"{folder}, {purpose}: {error.strerror}", mend)
    if not os.access(folder, os.W_OK):
        return Finding(
            Level.ERROR, f"{folder}, {purpose}: cannot be written", "run it in a folder of your own"
        )
    if free_mb < least_mb:
        what = f"{folder}, {purpose}: {free_mb} MB left, expected {least_mb}"
        return Finding(Level.WARNING, what, mend)
    return _ok(f"{folder}, {purpose}: {free_mb} MB left")


@CHECKS.register("2 libraries")
def libraries() -> Iterator[Finding]:
    """What is needed, what is optional, and versions that were not tested."""
    for name in NEEDED:
        if importlib.util.find_spec(name) is None:
            yield Finding(Level.ERROR, f"{name} is not installed", "make setup")
    for name, use in OPTIONAL.items():
        if importlib.util.find_spec(name) is None:
            yield Finding(Level.WARNING, f"{name} is not installed", use)
    yield from versions(tested_versions(), _installed)


def versions(tested: Mapping[str, str], installed: Callable[[str], str | None]) -> Iterator[Finding]:
    """What is installed in another version than the one that was tested, of what matters most."""
    found = {name: installed(name) for name in PINNED}
    for name, version in found.items():
        if version and name in tested and version.partition("+")[0] != tested[name]:
            yield Finding(Level.WARNING, f"{name} {version}: tested with {tested[name]}", "make setup")
    if (found["numpy"] or "1").startswith("2"):
        what = "numpy 2: ROS 2 Jazzy's compiled Python packages expect numpy 1"
        yield Finding(Level.ERROR, what, "pip install 'numpy<2'")
    yield _ok(", ".join(f"{name} {version}" for name, version in found.items() if version))


def tested_versions() -> dict[str, str]:
    """From the requirement files of a checkout; nothing where there is none."""
    folder = Path(__file__).resolve().parents[2] / "requirements"
    lines = [line for file in sorted(folder.glob("*.txt")) for line in file.read_text().splitlines()]
    pairs = (line.partition("#")[0].strip().partition("==") for line in lines)
    return {name: version for name, _, version in pairs if version}


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


@CHECKS.register("3 workspace")
def workspace() -> Iterator[Finding]:
    """Whether the ROS part is built, and found."""
    if importlib.util.find_spec("rclpy") is None:
        yield Finding(
            Level.ERROR, "rclpy is not installed", "make setup, or source ROS 2 Jazzy and call it then"
        )
    if importlib.util.find_spec(INTERFACES) is not None:
        yield _ok("the workspace is built and sourced")
        return
    built = find_workspace(os.environ, Path(sys.prefix), Path.cwd())
    if built is None:
        yield Finding(Level.ERROR, "the workspace is not built", "make setup")
    else:
        yield Finding(
            Level.ERROR, f"{built / 'install'} holds no {INTERFACES}", "build it again: make clean setup"
        )


@CHECKS.register("4 model")
def model() -> Iterator[Finding]:
    """The default model: card, weights, and one face read from noise with the fastest runtime."""
    from affect_core.emotion import EmotionConfig, EmotionStage
    from affect_core.emotion.card import load_card
    from affect_core.emotion.sample import sample_crops
    from affect_core.types import Crop, Detection, Face, FaceSet

    try:
        card = load_card(EmotionConfig.model)
        stage = EmotionStage(EmotionConfig(runtime="auto"))
    except AffectError as error:
        yield Finding(Level.ERROR, str(error), "restore models/, or name another model")
        return
    import numpy as np

    crop = Crop(sample_crops(card.crop, 1)[0], np.eye(2, 3))
    face = Face("f00001", Detection(np.zeros(4), np.zeros((5, 2)), 1.0), crop)
    emotions = stage.process(FaceSet(0, "", (face,), (1, 1)))
    yield _ok(f"{card.name} runs with {emotions.runtime}: {emotions.infer_ms:.1f} ms for one face")


@CHECKS.register("5 face model")
def face_model() -> Iterator[Finding]:
    """The data of synthetic humans, which only trainings and studies need."""
    from affect_core.synth.faces import has_humans

    if has_humans():
        yield _ok("the ICT face model is here: synthetic humans can be made")
    else:
        what = "the ICT face model is not here: robot heads stand in for synthetic humans"
        yield Finding(Level.WARNING, what, "affect-hri synth download-ict")


@CHECKS.register("6 devices")
def devices() -> Iterator[Finding]:
    """Cameras and serial ports: there or not, and whether they may be opened."""
    kinds = {"video*": "webcam", "ttyACM*": "serial port", "ttyUSB*": "serial port"}
    groups = {"webcam": "video", "serial port": "dialout"}
    check = partial(may_open, groups)
    found = [(kind, path) for pattern, kind in kinds.items() for path in sorted(Path("/dev").glob(pattern))]
    yield from (check(kind, path) for kind, path in found)
    for kind in dict.fromkeys(kinds.values()):
        if kind not in {one for one, _ in found}:
            yield Finding(Level.WARNING, f"no {kind} here", "the virtual head and videos need none")


def may_open(groups: Mapping[str, str], kind: str, path: Path) -> Finding:
    """Whether this user may read and write a device."""
    if os.access(path, os.R_OK | os.W_OK):
        return _ok(f"{kind} {path}")
    mend = f"sudo usermod -aG {groups[kind]} $USER, then log in again"
    return Finding(Level.WARNING, f"{kind} {path} may not be opened by this user", mend)
