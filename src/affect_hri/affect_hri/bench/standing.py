"""What a node costs where it stands: processor time while it waits, memory that configure takes and cleanup gives back.

Every node runs in a process of its own and is led through its lifecycle by its services. A table of all of them:

    python -m affect_hri.bench.standing
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import click
import numpy as np

from affect_core.emotion import EmotionConfig, load_card
from affect_core.emotion.card import Card
from affect_core.errors import AffectError
from affect_core.machine import memory_of_tree_mb
from affect_core.paths import find_shared
from affect_core.types import Crop, Detection, Emotion, EmotionSet, Face, FaceSet
from affect_hri import conversions
from affect_hri.bench.programs import settle
from affect_hri.nodes import _topics
from affect_hri.nodes._manager import Manager

NODES: Final = (
    "camera",
    "face",
    "emotion",
    "attribution",
    "ohbot",
    "avatar",
    "overlay",
    "responder",
    "evaluation",
    "recorder",
    "replay",
    "trial",
)
RUNTIMES: Final = ("torch", "onnxruntime", "openvino", "auto")
WAIT_S: Final = 10.0
FRAMES: Final = 30
_PAUSE_S: Final = 1.5  # for what a transition leaves behind
_FRAME_S: Final = 0.05
_END_S: Final = 20.0
_TICK_S: Final = 1.0 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Idle:
    """Shares of one core while a node waits.

    Attributes:
        inactive: configured, before it was active for the first time.
        again: deactivated.
    """

    inactive: float
    again: float


@dataclass(frozen=True)
class Kept:
    """Resident memory of a node's process over one round of its lifecycle, MB.

    Attributes:
        before: unconfigured, with its code loaded.
        configured: after configure.
        after: after some frames, deactivate and cleanup.
    """

    before: float
    configured: float
    after: float

    @property
    def added(self) -> float:
        """What configure added."""
        return self.configured - self.before

    @property
    def given_back(self) -> float:
        """The share of it that is gone after cleanup."""
        return (self.configured - self.after) / self.added


class Standing:
    """One node in a process of its own, unconfigured. Use as a context manager.

    Args:
        name: of the node, such as ``emotion``.
        parameters: of the node.
        folder: what it writes to the terminal goes there.
    """

    def __init__(self, name: str, parameters: Mapping[str, Any], folder: Path) -> None:
        self._name, self._log, self._namespace = name, folder / f"{name}.log", f"standing_{os.getpid()}"
        values = {"autostart": False, **parameters}
        given = [part for key, value in values.items() for part in ("-p", f"{key}:={_text(value)}")]
        program = f"import sys; from affect_hri.entry import {name}_node as node; sys.exit(node())"
        self._command = [
            sys.executable,
            "-c",
            program,
            "--ros-args",
            "-r",
            f"__ns:=/{self._namespace}",
            *given,
        ]

    def __enter__(self) -> Self:
        with self._log.open("w") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        self._manager = Manager(self._name, self._namespace, lambda: self._process.poll() is None)
        try:
            self._manager.state()  # it has loaded its code when it answers
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def change(self, transition: str) -> None:
        """A step of the lifecycle; raises AffectError with what the node wrote if it refuses."""
        if not self._manager.change(transition):
            raise AffectError(
                f"expected {self._name} to {transition}, it refused; it wrote: {self._log.read_text()[-2000:]}"
            )

    def show_faces(self, card: Card, frames: int) -> None:
        """Faces of nobody, each with an estimate of its own, at the pace of a camera."""
        for number in range(frames):
            faces, emotions = _somebody(card, time.time_ns(), number)
            self._manager.say(_topics.FACES, conversions.from_face_set(faces))
            if self._name != "emotion":
                self._manager.say(_topics.EMOTIONS, conversions.from_emotion_set(emotions))
            self._manager.turn(_FRAME_S)

    def rest(self) -> None:
        """Until what a transition leaves behind has settled."""
        self._manager.turn(_PAUSE_S)

    def rss_mb(self) -> float:
        """Resident memory."""
        return memory_of_tree_mb(self._process.pid)

    def core_share(self, seconds: float) -> float:
        """Processor time of all its threads in the next ``seconds``, as a share of one core."""
        began_s, used_s = time.monotonic(), self._used_s()
        time.sleep(seconds)
        return (self._used_s() - used_s) / (time.monotonic() - began_s)

    def _used_s(self) -> float:
        # The name, in brackets, may hold spaces.
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * _TICK_S

    def _end(self) -> None:
        self._manager.close()
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def idle(name: str, parameters: Mapping[str, Any], folder: Path, seconds: float = WAIT_S) -> Idle:
    """Configure a node and watch it wait, before and after it was active."""
    with Standing(name, parameters, folder) as node:
        node.change("configure")
        node.rest()
        inactive = node.core_share(seconds)
        node.change("activate")
        node.rest()
        node.change("deactivate")
        node.rest()
        return Idle(inactive, node.core_share(seconds))


def kept(name: str, folder: Path, parameters: Mapping[str, Any] | None = None, rounds: int = 1) -> list[Kept]:
    """Lead ``emotion`` or ``attribution`` through configure, activate, `FRAMES`, deactivate and cleanup, so often."""
    card = load_card((parameters or {}).get("model", EmotionConfig().model))
    found = []
    with Standing(name, parameters or {}, folder) as node:
        for _ in range(rounds):
            node.rest()
            before = node.rss_mb()
            node.change("configure")
            configured = node.rss_mb()
            node.change("activate")
            node.show_faces(card, FRAMES)
            node.change("deactivate")
            node.change("cleanup")
            node.rest()
            found.append(Kept(before, configured, node.rss_mb()))
    return found


def parameters_of(folder: Path) -> dict[str, dict[str, Any]]:
    """What each node needs to come up where there is no camera and no robot."""
    pictures = folder / "pictures"
    _paint(pictures)
    return {
        "camera": {"source": "folder", "path": pictures, "loop": True},
        "ohbot": {"head": "none"},
        "evaluation": {"output": folder},
        "recorder": {"output": folder},
        "replay": {"bag": find_shared("bags/short_even")},
        "trial": {"protocol": "short", "output": folder, "start": "action"},
    }


def _paint(folder: Path) -> None:
    import cv2

    folder.mkdir(parents=True)
    for number in range(2):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((48, 64, 3), 100 * number, np.uint8))


def _somebody(card: Card, stamp_ns: int, number: int) -> tuple[FaceSet, EmotionSet]:
    size_px, count = card.crop.size_px, len(card.labels)
    pixels = np.random.default_rng(number).integers(0, 256, (size_px, size_px, 3), np.uint8)
    landmarks = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]]) * size_px
    found = Detection(np.array([0.0, 0.0, size_px, size_px]), landmarks, 0.9)
    face = Face("f00001", found, Crop(pixels, np.eye(2, 3)))
    even = Emotion("f00001", card.labels, np.zeros(count, np.float32), np.full(count, 1 / count, np.float32))
    return (
        FaceSet(stamp_ns, "camera_optical", (face,), (size_px, size_px)),
        EmotionSet(stamp_ns, "camera_optical", (even,), card.name, card.weights.sha256),
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def main(names: Sequence[str] = NODES) -> int:
    """Print both tables."""
    settle()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        given = parameters_of(folder)
        click.echo("| node | inactive | inactive again |\n|---|---|---|")
        for name in names:
            shares = idle(name, given.get(name, {}), folder)
            click.echo(f"| {name} | {shares.inactive:.1%} | {shares.again:.1%} |")
        click.echo("\n| node | runtime | round | before | configured | after cleanup | given back |")
        click.echo("|---|---|---|---|---|---|---|")
        for name in ("emotion", "attribution"):
            for runtime in RUNTIMES:
                for number, one in enumerate(kept(name, folder, {"runtime": runtime}, rounds=2), 1):
                    numbers = f"{one.before:.0f} | {one.configured:.0f} | {one.after:.0f}"
                    click.echo(f"| {name} | {runtime} | {number} | {numbers} | {one.given_back:.0%} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
