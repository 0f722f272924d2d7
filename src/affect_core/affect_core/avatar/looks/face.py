"""The human-like head: skin, hair, ears. The default; seeds give other heads, for training without that one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affect_core.avatar import mesh
from affect_core.avatar.looks.base import LOOKS, Coat, Look, Studio, skin_segments
from affect_core.avatar.part import Colour, Part, as_colour, scaled
from affect_core.avatar.shape import SIDES, Array, HeadShape
from affect_core.avatar.skeleton import Bone
from affect_core.avatar.strands import Strand, strands
from affect_core.avatar.truth import Segment

_SKIN_TONES: Final = ((0.93, 0.76, 0.66), (0.86, 0.66, 0.55), (0.72, 0.52, 0.40), (0.52, 0.35, 0.26))
_HAIR_TONES: Final = ((0.22, 0.15, 0.11), (0.07, 0.06, 0.06), (0.42, 0.30, 0.17), (0.45, 0.43, 0.42))
_IRIS_TONES: Final = ((0.28, 0.40, 0.50), (0.30, 0.20, 0.12), (0.25, 0.40, 0.22), (0.15, 0.12, 0.10))

_SHAPE_SPREAD: Final = 0.05
"""Standard deviation of each dimension of the head, as a share of it."""

_EAR_Y: Final = 0.012
_EYE_RINGS_DEG: Final = (0.0, 13.0, 28.0, 180.0)
"""Where pupil, iris and white begin and end, as angles at the eye's centre."""


@dataclass(frozen=True)
class Palette:
    """Colours of the parts."""

    skin: Colour = (0.86, 0.66, 0.55)
    lip: Colour = (0.70, 0.33, 0.32)
    brow: Colour = (0.20, 0.13, 0.10)
    hair: Colour = (0.22, 0.15, 0.11)
    iris: Colour = (0.28, 0.40, 0.50)
    sclera: Colour = (0.95, 0.95, 0.93)
    mouth: Colour = (0.16, 0.05, 0.05)
    dark: Colour = (0.03, 0.03, 0.03)
    body: Colour = (0.18, 0.19, 0.21)

    @property
    def lid(self) -> Colour:
        """A little darker than the skin."""
        return scaled(self.skin, 0.93)

    @property
    def fold(self) -> Colour:
        """Skin in its own shade."""
        return scaled(self.skin, 0.66)


@dataclass(frozen=True)
class FaceLook(Look):
    """The human-like head; colours do not concern it."""

    shape: HeadShape = field(default_factory=HeadShape)
    palette: Palette = field(default_factory=Palette)
    studio: Studio = field(default_factory=Studio)

    @property
    def mouth_colour(self) -> Colour:
        """See `Look.mouth_colour`."""
        return self.palette.mouth

    def strands(self, pose: Mapping[str, float]) -> dict[str, Strand]:
        """See `Look.strands`."""
        return strands(pose, self.shape)

    def coat(self, strand: str) -> Coat:
        """See `Look.coat`. What is neither lip nor brow is a fold of the skin."""
        palette = self.palette
        kinds = {
            "upper_lip": Coat(palette.lip, 0.2, Segment.LIP),
            "lower_lip": Coat(palette.lip, 0.2, Segment.LIP),
            "brow": Coat(palette.brow, 0.0, Segment.BROW),
        }
        kind = strand.removesuffix("_right").removesuffix("_left")
        return kinds.get(kind, Coat(palette.fold, 0.0, Segment.SKIN))

    def nose_points(self) -> Array:
        """See `Look.nose_points`; on the skin."""
        tip = self.shape.nose_tip_z
        ridge = [(0.0, z) for z in np.linspace(self.shape.eye_z, tip, 4)]
        under = [(x, tip - 0.008 - 0.002 * (1 - abs(x) / 0.012)) for x in np.linspace(-0.012, 0.012, 5)]
        return self._on_skin([*ridge, *under])

    def jaw_points(self) -> Array:
        """See `Look.jaw_points`; fixed on the skin where the head's outline is from the front."""
        angle = np.radians(np.linspace(-90, 90, 17))  # 0 = the chin
        z_share = 0.02 - 0.99 * np.cos(angle)
        half_width, half_depth = self.shape.ring(z_share)
        across = np.clip(np.sin(angle) * self.shape.ring(np.array(0.02))[0] / half_width, -0.95, 0.95)
        away = (1 - np.abs(across) ** 2.4) ** (1 / 2.4)
        return np.stack([across * half_width, -half_depth * away, z_share * self.shape.half_height], 1)

    def rigid_parts(self) -> list[Part]:
        """See `Look.rigid_parts`."""
        shape, palette = self.shape, self.palette
        parts = [
            Part(
                "torso",
                mesh.ellipsoid((0.15, 0.08, 0.14), 40, 28).moved(0, 0.05, -0.32),
                palette.body,
                0.2,
                Bone.WORLD,
                Segment.BODY,
            ),
            Part(
                "neck",
                mesh.cylinder(0.035, -0.25, -0.06).moved(0, 0.02, 0),
                palette.body,
                0.2,
                Bone.NECK,
                Segment.BODY,
            ),
            _skull(shape, palette),
            Part("hair", _hair(shape), palette.hair, 0.1, Bone.HEAD, Segment.HAIR),
        ]
        for side, sign in SIDES.items():
            ear = mesh.ellipsoid((0.008, 0.016, 0.024)).moved(sign * (shape.half_width + 0.001), _EAR_Y, 0)
            parts.append(Part(f"ear_{side}", ear, palette.skin, 0.1, Bone.HEAD, Segment.EAR))
            parts.append(_nostril(self, side, sign))
            parts += _eye(self, side)
        return parts

    def _on_skin(self, points_xz: list[tuple[float, float]]) -> Array:
        x, z = np.array(points_xz).T
        return np.stack([x, self.shape.front_y(x, z), z], 1)


@LOOKS.register("face")
def build(colour: str, seed: int | None = None) -> FaceLook:
    """The human-like head."""
    return FaceLook() if seed is None else varied_face(seed)


def varied_face(seed: int) -> FaceLook:
    """A head drawn at random; the same for the same seed."""
    rng = np.random.default_rng(seed)
    shape = _varied_shape(rng)
    palette, wall = _varied_palette(rng)
    return FaceLook(
        shape=shape,
        palette=palette,
        studio=Studio(
            wall=wall,
            light_turn_deg=(float(rng.uniform(-35, 35)), float(rng.uniform(-12, 18))),
            light_gain=float(rng.uniform(0.85, 1.15)),
            camera_m=(
                float(rng.uniform(-0.06, 0.06)),
                float(rng.uniform(-0.15, 0.35)),
                float(rng.uniform(-0.05, 0.05)),
            ),
        ),
    )


def _skull(shape: HeadShape, palette: Palette) -> Part:
    surface = mesh.skull(shape)
    segments = _skull_segments(surface, shape)
    return Part("skull", surface, palette.skin, 0.10, Bone.HEAD, Segment.SKIN, segments)


def _skull_segments(surface: mesh.Mesh, shape: HeadShape) -> NDArray[np.uint8]:
    """Some of the skull is the nose, and some lies behind the ears."""
    ids = skin_segments(surface, shape)
    ids[surface.vertices[surface.faces].mean(axis=1)[:, 1] > _EAR_Y] = Segment.NAPE
    return ids


def _hair(shape: HeadShape) -> mesh.Mesh:
    radii = (shape.half_width + 0.0055, shape.half_depth - 0.004, 0.80 * shape.half_height)
    return mesh.ellipsoid(radii, 48, 32).moved(0, 0.022, 0.035)


def _nostril(look: FaceLook, side: str, sign: float) -> Part:
    shape = look.shape
    x, z = np.array(sign * 0.0058), np.array(shape.nose_tip_z - 0.0065)
    hole = mesh.ellipsoid((0.0026, 0.004, 0.0018), 12, 8).moved(
        float(x), float(shape.front_y(x, z)) + 0.0012, float(z)
    )
    return Part(f"nostril_{side}", hole, look.palette.mouth, 0.0, Bone.HEAD, Segment.NOSE)


def _eye(look: FaceLook, side: str) -> list[Part]:
    """Ball, iris and pupil turn together; the lids each on their own."""
    shape, palette = look.shape, look.palette
    ball, upper, lower = (Bone[f"{kind}_{side.upper()}"] for kind in ("EYE", "UPPER_LID", "LOWER_LID"))
    radius = shape.eye_radius
    colours = {"pupil": palette.dark, "iris": palette.iris, "ball": palette.sclera}
    rings = zip(colours, _EYE_RINGS_DEG, _EYE_RINGS_DEG[1:], strict=False)
    zones = {name: mesh.zone(radius, start, stop) for name, start, stop in rings}
    return [
        *(
            Part(f"{name}_{side}", zone, colours[name], 0.5, ball, Segment.EYE)
            for name, zone in zones.items()
        ),
        Part(f"upper_{side}", mesh.lid(shape.lid_radius, True), palette.lid, 0.1, upper, Segment.LID),
        Part(f"lower_{side}", mesh.lid(shape.lid_radius, False), palette.lid, 0.1, lower, Segment.LID),
    ]


def _varied_shape(rng: np.random.Generator) -> HeadShape:
    """Every dimension on its own but the eyes, which must stay in their sockets."""
    shape = HeadShape()
    free = [item.name for item in fields(shape) if not item.name.startswith(("eye", "lid"))]
    gains = np.clip(rng.normal(1, _SHAPE_SPREAD, len(free)), 1 - 2 * _SHAPE_SPREAD, 1 + 2 * _SHAPE_SPREAD)
    values = {name: getattr(shape, name) * float(gain) for name, gain in zip(free, gains, strict=True)}
    values["half_depth"] = shape.half_depth * float(rng.uniform(0.99, 1.02))  # holds the eyes
    return replace(shape, **values)


def _varied_palette(rng: np.random.Generator) -> tuple[Palette, Colour]:
    """The head's colours and the wall's."""
    skin = _between(rng, _SKIN_TONES)
    redness = float(rng.uniform(0.75, 1.0))
    palette = Palette(
        skin=skin,
        lip=(min(1.0, 0.85 * skin[0]), skin[1] * 0.52 * redness, skin[2] * 0.6 * redness),
        brow=scaled(hair := _between(rng, _HAIR_TONES), 0.9),
        hair=hair,
        iris=_between(rng, _IRIS_TONES),
        body=_grey(rng, 0.10, 0.55, 0.10),
    )
    return palette, _grey(rng, 0.25, 0.85, 0.08)


def _between(rng: np.random.Generator, tones: tuple[Colour, ...]) -> Colour:
    """A mixture of two neighbouring tones."""
    place = float(rng.uniform(0, len(tones) - 1))
    low = int(place)
    mixed = np.array(tones[low]) * (low + 1 - place) + np.array(tones[low + 1]) * (place - low)
    return as_colour(mixed)


def _grey(rng: np.random.Generator, low: float, high: float, tint: float) -> Colour:
    return as_colour(rng.uniform(low, high) + rng.uniform(-tint, tint, 3))
