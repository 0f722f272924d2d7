"""Who plays in the clips: pictures of heads cut out of their background, with ground truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from affect_core.avatar import Avatar, AvatarConfig, Scene
from affect_core.avatar.truth import Segment
from affect_core.heads.expressions import load_expressions
from affect_core.heads.motion import NS_PER_S, Motion
from affect_core.labels import COMPLEX_6
from affect_core.types import Floats, ImageRGB

_FPS: Final = 30
_HOLD_S: Final = 1.2
_HUMAN_PX: Final = 448
_STEP_DEG: Final = 4.0
"""Human-like faces take long to draw: turns come in steps, and each is drawn once."""

_PHOTO_BOX: Final = (181.0, 62.0, 268.0, 172.0)
_PHOTO_LANDMARKS: Final = ((205.0, 101.7), (246.8, 103.7), (224.7, 129.0), (201.7, 139.2), (245.3, 141.9))


@dataclass(frozen=True, eq=False)
class Look:
    """A cut-out picture.

    Attributes:
        image_rgb: uint8 (h, w, 3). alpha: uint8 (h, w), 255 = the person.
        box_xyxy: (4,) round the face, pixels of this picture. landmarks_xy: (5, 2).
    """

    image_rgb: ImageRGB
    alpha: NDArray[np.uint8]
    box_xyxy: Floats
    landmarks_xy: Floats


class Actor(Protocol):
    """Somebody who can be looked at."""

    name: str

    def look(self, k: int, yaw_deg: float, pitch_deg: float) -> Look:
        """In frame ``k``, with the head turned (if it can): yaw + to the person's left, pitch + up."""


class AvatarActor:
    """A virtual head that shows one expression after the other; the seed varies its shape and colours."""

    def __init__(self, look: str, seed: int) -> None:
        self.name = f"{look}-{seed}"
        self._avatar = Avatar(AvatarConfig(look=look, vary=True, seed=seed))
        self._motion = Motion(load_expressions())
        for i in range(12):
            label = COMPLEX_6[(i + seed) % len(COMPLEX_6)]
            self._motion.command(label, start_ns=round(i * _HOLD_S * NS_PER_S))

    def look(self, k: int, yaw_deg: float, pitch_deg: float) -> Look:
        """See `Actor.look`."""
        scene = Scene(yaw_deg=yaw_deg, pitch_deg=pitch_deg)
        drawn = self._avatar.render(self._motion.pose(k * NS_PER_S // _FPS), scene)
        alpha = np.where(drawn.segments == Segment.WALL, 0, 255).astype(np.uint8)
        return Look(drawn.image_rgb, _soft(alpha, 3), drawn.box_xyxy, drawn.landmarks_xy)


class HumanActor:
    """A human-like face of the ICT model with one expression."""

    def __init__(self, source: Path, seed: int) -> None:
        from affect_core.synth.humans.base import HumanSetConfig

        self.name = f"human-{seed}"
        self._source = source
        self._config = HumanSetConfig(seed=seed, size_px=_HUMAN_PX, dim_share=0.0, occluder_share=0.0)
        self._drawn = lru_cache(64)(self._draw)

    def look(self, k: int, yaw_deg: float, pitch_deg: float) -> Look:
        """See `Actor.look`."""
        return self._drawn(round(yaw_deg / _STEP_DEG), round(pitch_deg / _STEP_DEG))

    def _draw(self, yaw_steps: int, pitch_steps: int) -> Look:
        from affect_core.synth.humans.human_set import open_studio
        from affect_core.synth.humans.picture import take_picture
        from affect_core.synth.humans.sampler import draw, streams

        studio = open_studio(self._source)
        shown, looks = streams(self._config, 0)
        what = draw(self._config, studio.table, studio.head.identity_modes, 0, shown)
        turned = (yaw_steps * _STEP_DEG, pitch_steps * _STEP_DEG, what.head_deg[2])
        picture = take_picture(
            studio.head, studio.recipes, self._config, replace(what, head_deg=turned), looks
        )
        alpha = np.where(picture.segments == Segment.WALL, 0, 255).astype(np.uint8)
        return Look(picture.image_rgb, alpha, picture.box_xyxy, picture.landmarks_xy)


class PhotoActor:
    """A photograph of a person, scikit-image's astronaut; its truth is where MTCNN sees the face."""

    name = "photograph"

    def look(self, k: int, yaw_deg: float, pitch_deg: float) -> Look:
        """See `Actor.look`; a photograph does not turn."""
        image = _astronaut()
        alpha = np.zeros(image.shape[:2], np.uint8)
        alpha[8:-8, 8:-8] = 255
        return Look(image, _soft(alpha, 15), np.array(_PHOTO_BOX), np.array(_PHOTO_LANDMARKS))


def _soft(alpha: NDArray[np.uint8], width_px: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.blur(alpha, (width_px, width_px)), np.uint8)


@cache
def _astronaut() -> ImageRGB:
    from skimage import data

    return np.asarray(data.astronaut(), np.uint8)  # type: ignore[no-untyped-call] # scikit-image has no types here
