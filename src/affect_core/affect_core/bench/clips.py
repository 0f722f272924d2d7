"""Rendered clips that are hard for a face tracker, with ground truth.

People turn fast, walk about, leave and come back, meet, and hold hands before their faces; the picture is cut; the
light is weak. They are the virtual heads, human-like faces where the ICT face model is found (else varied virtual
heads), and a moved photograph. Real people behave worse.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import pi, sin
from typing import Final

import cv2
import numpy as np

from affect_core.bench.actors import Actor, AvatarActor, HumanActor, PhotoActor
from affect_core.registry import Registry
from affect_core.synth.backdrops import draw_backdrop
from affect_core.synth.humans import find_ict
from affect_core.types import Floats, Frame, ImageRGB

FPS: Final = 30
SIZE_WH: Final = (1280, 720)
_NS: Final = 1_000_000_000
_NOISE: Final = 2.5
_SKIN: Final = np.array([196.0, 146.0, 120.0])
_STRANGER: Final = 1000
"""Added to the seed of a scene for its second person."""


@dataclass(frozen=True, eq=False)
class Person:
    """Truth about one person in one frame.

    Attributes:
        name: the same in all frames.
        box_xyxy: (4,) round the face; may leave the image.
        landmarks_xy: (5, 2), hidden ones too.
        covered: share of the face that is hidden or outside the image, 0..1.
    """

    name: str
    box_xyxy: Floats
    landmarks_xy: Floats
    covered: float


@dataclass(frozen=True, eq=False)
class ClipFrame:
    """A frame and who is in it."""

    frame: Frame
    people: tuple[Person, ...]


@dataclass(frozen=True)
class Placed:
    """An actor in a frame: scale and where the middle of the face is, pixels."""

    actor: Actor
    scale: float
    x: float
    y: float
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0


@dataclass(frozen=True)
class Shot:
    """What one frame shows: people, the farthest first; a backdrop's number; where a hand is; the light."""

    placed: tuple[Placed, ...]
    backdrop: int = 0
    hand_xy: tuple[float, float] | None = None
    light: float = 1.0


Script = Callable[[float], Shot]
"""Seconds since the scene's start -> what is seen."""

SCENES: Registry[Script] = Registry("scene of a clip")
"""Name -> ``builder(seed)``."""


def play(scene: str, seed: int, frames: int) -> Iterator[ClipFrame]:
    """The frames of a scene, 30 a second; the same arguments give the same frames."""
    script = SCENES.build(scene, seed)
    place = zlib.crc32(scene.encode())
    rng = np.random.default_rng([seed, 7])
    noise = rng.normal(0.0, _NOISE, (SIZE_WH[1] + 64, SIZE_WH[0] + 64, 3)).astype(np.int8)
    walls: dict[int, ImageRGB] = {}
    for k in range(frames):
        shot = script(k / FPS)
        if shot.backdrop not in walls:
            walls[shot.backdrop] = _wall([seed, place, shot.backdrop])
        image, people = compose(shot, walls[shot.backdrop], k)
        left, top = rng.integers(0, 64, 2)
        grain = noise[top : top + SIZE_WH[1], left : left + SIZE_WH[0]]
        image = np.clip(image.astype(np.int16) + grain, 0, 255).astype(np.uint8)
        yield ClipFrame(Frame(image, k * _NS // FPS, "clip"), tuple(people))


def compose(shot: Shot, wall: ImageRGB, k: int) -> tuple[ImageRGB, list[Person]]:
    """Put the people, and the hand, before a wall."""
    image = wall.copy()
    owner = np.zeros(image.shape[:2], np.uint8)  # who is seen, 1..; 0 = nobody
    people: list[tuple[str, Floats, Floats]] = []
    for number, item in enumerate(shot.placed, start=1):
        look = item.actor.look(k, item.yaw_deg, item.pitch_deg)
        middle = (look.box_xyxy[:2] + look.box_xyxy[2:]) / 2
        shift = np.array([item.x, item.y]) - item.scale * middle
        affine = np.column_stack([np.eye(2) * item.scale, shift])
        rgb = _moved(look.image_rgb, affine)
        alpha = _moved(look.alpha, affine)
        _blend(image, rgb, alpha)
        owner[alpha > 127] = number
        people.append(
            (
                item.actor.name,
                look.box_xyxy * item.scale + np.tile(shift, 2),
                look.landmarks_xy * item.scale + shift,
            )
        )
    if shot.hand_xy is not None:
        hand = _hand(shot.hand_xy, shot.placed[-1].scale)
        _blend(image, np.broadcast_to(_SKIN, image.shape).astype(np.uint8), hand)
        owner[hand > 127] = 255
    if shot.light < 1.0:
        image = (image * shot.light).astype(np.uint8)
    return image, [Person(n, b, p, _covered(owner, b, i + 1)) for i, (n, b, p) in enumerate(people)]


def _covered(owner: ImageRGB, box: Floats, number: int) -> float:
    """Share of the box in which somebody else, the hand or nothing of the image is seen."""
    left, top, right, bottom = np.round(box).astype(int)
    inside = owner[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    whole = max(1, (right - left) * (bottom - top))
    seen = np.count_nonzero((inside == number) | (inside == 0))
    return float(1.0 - seen / whole)


def _moved(pixels: ImageRGB, affine: Floats) -> ImageRGB:
    return np.asarray(cv2.warpAffine(pixels, affine, SIZE_WH, flags=cv2.INTER_LINEAR), np.uint8)


def _blend(image: ImageRGB, rgb: ImageRGB, alpha: ImageRGB) -> None:
    rows, columns = np.nonzero(alpha.any(axis=1))[0], np.nonzero(alpha.any(axis=0))[0]
    if not len(rows):
        return
    part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    share = alpha[part][..., None].astype(np.float32) / 255
    image[part] = (rgb[part] * share + image[part] * (1 - share) + 0.5).astype(np.uint8)


def _hand(middle_xy: tuple[float, float], scale: float) -> ImageRGB:
    """A flat hand as wide as half a face: palm and four fingers; alpha of the whole frame."""
    alpha = np.zeros((SIZE_WH[1], SIZE_WH[0]), np.uint8)
    x, y = middle_xy
    unit = 75 * scale

    def oval(dx: float, dy: float, rx: float, ry: float) -> None:
        centre = (round(x + dx * unit), round(y + dy * unit))
        cv2.ellipse(alpha, centre, (round(rx * unit), round(ry * unit)), 0, 0, 360, (255,), -1, cv2.LINE_AA)

    oval(0.0, 0.5, 0.85, 0.95)
    for finger in range(4):
        oval(0.45 * finger - 0.68, -0.75, 0.19, 0.85)
    oval(0.0, 2.4, 0.55, 1.7)
    return alpha


def _wall(seeds: list[int]) -> ImageRGB:
    backdrop, _ = draw_backdrop(SIZE_WH[1], np.random.default_rng(seeds))
    wide = cv2.resize(backdrop, SIZE_WH, interpolation=cv2.INTER_LINEAR)
    return np.clip(wide * 255, 0, 255).astype(np.uint8)


@SCENES.register("turns")
def _turns(seed: int) -> Script:
    """The human-like virtual head turns to and fro, up to 160 degrees a second."""
    return _turning(AvatarActor("face", seed), seed)


@SCENES.register("turns_robot")
def _turns_robot(seed: int) -> Script:
    """The robot's head does."""
    return _turning(AvatarActor("ohbot", seed), seed)


@SCENES.register("walking")
def _walking(seed: int) -> Script:
    """To and fro and nearer and farther, up to a fifth of the face's width from frame to frame."""
    actor, phase = AvatarActor("face", seed), _phase(seed)

    def script(t: float) -> Shot:
        scale = 0.95 + 0.35 * sin(2 * pi * 0.23 * t + phase)
        x = 640 + 330 * sin(2 * pi * 0.55 * t + phase)
        return Shot((Placed(actor, scale, x, 360 + 60 * sin(2 * pi * 0.9 * t), yaw_deg=15 * sin(3 * t)),))

    return script


@SCENES.register("hands")
def _hands(seed: int) -> Script:
    """A hand passes before the face, and rests there."""
    actor, phase = _somebody(seed), _phase(seed)

    def script(t: float) -> Shot:
        x, y = 620 + 30 * sin(1.3 * t + phase), 350 + 10 * sin(2 * t)
        way = (t + phase / pi) % 2.0  # each pass takes 2 s, the hand rests for a third of it
        at = np.interp(way, [0.0, 0.6, 1.2, 1.7, 2.0], [-420.0, -40.0, 10.0, 420.0, 420.0])
        return Shot((Placed(actor, 1.0, x, y, yaw_deg=10 * sin(2.5 * t)),), hand_xy=(x + float(at), y + 30))

    return script


@SCENES.register("exit_entry")
def _exit_entry(seed: int) -> Script:
    """Out of the picture on one side, in again on the other."""
    actor, start = _somebody(seed), 0.35 * _phase(seed)

    def script(t: float) -> Shot:
        x = ((t + start) * 620 + 640) % 1800 - 260
        return Shot((Placed(actor, 0.9, x, 360 + 20 * sin(5 * t), yaw_deg=12 * sin(2 * t)),))

    return script


@SCENES.register("two_people")
def _two_people(seed: int) -> Script:
    """Somebody sits; another enters, passes behind, and leaves."""
    first, second = AvatarActor("face", seed), _somebody(seed + _STRANGER)

    def script(t: float) -> Shot:
        x = -200 + 560 * max(0.0, t - 0.4)
        passer = Placed(second, 0.75, x, 290 + 10 * sin(6 * t))
        return Shot((passer, Placed(first, 1.0, 760, 390, yaw_deg=12 * sin(2 * t))), backdrop=1)

    return script


@SCENES.register("cuts")
def _cuts(seed: int) -> Script:
    """From one person to another, to an empty room, and back."""
    first, second, third = AvatarActor("face", seed), _somebody(seed + _STRANGER), PhotoActor()
    shots = (
        Shot((Placed(first, 1.0, 500, 360),)),
        Shot((Placed(second, 0.9, 820, 340),), backdrop=1),
        Shot((), backdrop=2),
        Shot((Placed(third, 1.3, 400, 300),), backdrop=3),
    )
    return lambda t: shots[int(t / 0.5 + seed) % len(shots)]


@SCENES.register("dark")
def _dark(seed: int) -> Script:
    """A person in weak light."""
    actor, phase = _somebody(seed), _phase(seed)

    def script(t: float) -> Shot:
        x = 640 + 150 * sin(2 * pi * 0.3 * t + phase)
        return Shot((Placed(actor, 0.9, x, 360, yaw_deg=15 * sin(3 * t)),), light=0.25)

    return script


@SCENES.register("photograph")
def _photograph(seed: int) -> Script:
    """A photograph of a person, moved and scaled."""
    actor, phase = PhotoActor(), _phase(seed)

    def script(t: float) -> Shot:
        turn = 2 * pi * 0.4 * t + phase
        return Shot(
            (Placed(actor, 1.4 + 0.5 * sin(0.7 * turn), 640 + 300 * sin(turn), 330 + 60 * sin(2 * turn)),)
        )

    return script


def _turning(actor: Actor, seed: int) -> Script:
    phase = _phase(seed)

    def script(t: float) -> Shot:
        yaw, pitch = 32 * sin(2 * pi * 0.8 * t + phase), 12 * sin(2 * pi * 0.55 * t)
        return Shot((Placed(actor, 1.0, 640 + 40 * sin(2 * t), 360, yaw_deg=yaw, pitch_deg=pitch),))

    return script


def _somebody(seed: int) -> Actor:
    """A human-like face where the face model is there, else a virtual head."""
    source = find_ict()
    return HumanActor(source, seed) if source is not None else AvatarActor("face", seed)


def _phase(seed: int) -> float:
    return float(np.random.default_rng([seed, 5]).uniform(0, 2 * pi))
