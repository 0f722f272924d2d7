"""How long the virtual head takes to draw, and whether it draws the same picture every time."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from affect_core.avatar import LOOKS, Avatar, AvatarConfig
from affect_core.bench.targets import Line, single
from affect_core.heads.expressions import load_expressions
from affect_core.heads.motion import NS_PER_S, Motion
from affect_core.heads.rig import Pose
from affect_core.labels import COMPLEX_6

LIMIT_MS: Final = 20.0
"""A 1280x720 frame with shadows and ground truth, on one quiet core."""

_FPS: Final = 30
_HOLD_S: Final = 1.5


@dataclass(frozen=True)
class RenderTimes:
    """Milliseconds per frame of one look, and the digest of all its pictures and truths.

    Attributes:
        frames_ms: by the clock.
        cpu_ms: processor time of the drawing thread; what other programs take is not in it.
    """

    look: str
    frames_ms: tuple[float, ...]
    cpu_ms: tuple[float, ...]
    digest: str

    @property
    def median_ms(self) -> float:
        """The middle one."""
        return float(np.median(self.frames_ms))

    @property
    def median_cpu_ms(self) -> float:
        """The middle one of the processor times."""
        return float(np.median(self.cpu_ms))

    @property
    def min_ms(self) -> float:
        """The fastest."""
        return min(self.frames_ms)

    @property
    def p95_ms(self) -> float:
        """Nineteen of twenty are faster."""
        return float(np.quantile(self.frames_ms, 0.95))


def poses(count: int) -> list[Pose]:
    """A moving head: all complex expressions one after the other."""
    motion = Motion(load_expressions())
    for k, name in enumerate(COMPLEX_6):
        motion.command(name, start_ns=round(k * _HOLD_S * NS_PER_S))
    length_ns = round(len(COMPLEX_6) * _HOLD_S * NS_PER_S)
    return [motion.pose(k * NS_PER_S // _FPS % length_ns) for k in range(count)]


def time_look(look: str, frames: int) -> RenderTimes:
    """Draw ``frames`` pictures of a moving head, after one that does not count because it compiles."""
    avatar = Avatar(AvatarConfig(look=look))
    avatar.render()
    frames_ms, cpu_ms, digest = [], [], hashlib.sha256()
    for pose in poses(frames):
        started_s = time.thread_time()
        rendering = avatar.render(pose)
        cpu_ms.append(1000 * (time.thread_time() - started_s))
        frames_ms.append(rendering.render_ms)
        for array in (rendering.image_rgb, rendering.segments, rendering.box_xyxy, rendering.landmarks68_xy):
            digest.update(array.tobytes())
    return RenderTimes(look, tuple(frames_ms), tuple(cpu_ms), digest.hexdigest())


def digest_elsewhere(look: str, frames: int) -> str:
    """The same pictures' digest from a process of its own."""
    program = (
        "from affect_core.bench.rendering import time_look\n"
        f"import sys; sys.stdout.write(time_look({look!r}, {frames}).digest)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return result.stdout


def lines(frames: int = 200) -> list[Line]:
    """All lines of this part, for `make bench`: the slowest look is judged."""
    times = [time_look(look, frames) for look in looks()]
    slowest = max(times, key=lambda one: one.median_ms)
    each = {one.look: {"median_ms": round(one.median_ms, 2), "min_ms": round(one.min_ms, 2)} for one in times}
    same = all(digest_elsewhere(one.look, frames) == one.digest for one in times)
    return [single("render_ms", slowest.median_ms, frames, look=slowest.look, looks=each, same_pictures=same)]


def looks() -> Sequence[str]:
    """All looks."""
    return LOOKS.names()
