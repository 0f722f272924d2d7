"""A set of labelled pictures of random robots."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from affect_core.config import Settings, setting
from affect_core.data.affect_map import affect
from affect_core.data.manifest import Manifest, Record, save_manifest
from affect_core.heads.expressions import ExpressionTable, load_expressions
from affect_core.labels import COMPLEX_6
from affect_core.synth.backdrops import draw_backdrop
from affect_core.synth.parts import JPEG_QUALITY, make_in_parts
from affect_core.synth.robots.base import Robot
from affect_core.synth.robots.poses import Shown, draw_shown
from affect_core.synth.robots.traits import draw_robot
from affect_core.synth.robots.unseen import card_entry
from affect_core.synth.sheets import save_image

if TYPE_CHECKING:
    from affect_core.synth.robots.studio import Shot, Studio

FORMAT: Final = 1
"""Version of how pictures are drawn; another one makes other pictures."""

STAND_IN: Final = "procedural robot heads in place of human faces: the ICT face model was not at hand"

_HEADS_PER_PART: Final = 5
_HEAD_STREAM: Final = 7919
"""Keeps the draws of a head apart from those of a picture."""
_DECIMALS: Final = 3


@dataclass(frozen=True)
class RobotSetConfig(Settings):
    """What is rendered. Sets with different seeds never share a head."""

    labels: tuple[str, ...] = setting(COMPLEX_6, "expressions; picture k shows the k-th, in turn")
    heads: int = setting(400, "number of robots", low=1, high=99999)
    images_per_head: int = setting(12, "pictures of each robot", low=1, high=999)
    seed: int = setting(0, "seed of the robots and of all else", low=0)
    size_px: int = setting(224, "edge of the square pictures, px", low=64, high=1024)
    intensity_low: float = setting(0.45, "weakest expression, share of the recipe", low=0.0, high=1.0)
    intensity_high: float = setting(1.25, "strongest expression, share of the recipe", low=0.0, high=1.25)
    dim_share: float = setting(0.4, "share of pictures in dim light", low=0.0, high=1.0)
    occluded_share: float = setting(
        0.08, "share of pictures with something before the face", low=0.0, high=1.0
    )
    stands_in: bool = setting(False, "the robots stand in for human faces; the set says so")

    def __post_init__(self) -> None:
        super().__post_init__()
        table = load_expressions()
        for label in self.labels:
            table.get(label)

    @property
    def total(self) -> int:
        """Number of pictures."""
        return self.heads * self.images_per_head


def generate(config: RobotSetConfig, folder: Path, workers: int = 1) -> Manifest:
    """Render the set into ``folder``.

    An interrupted run goes on where it stopped; the same settings give the same bytes whatever ``workers`` is.

    Raises:
        ConfigError: the folder holds a set with other settings; an unknown label.
    """
    settings = {"format": FORMAT, "settings": asdict(config)}
    part = _HEADS_PER_PART * config.images_per_head
    made = make_in_parts(partial(_make, config, folder), folder, config.total, settings, workers, part)
    manifest = Manifest(
        folder=folder,
        name=folder.name,
        labels=config.labels,
        records=made.records,
        description=f"{config.heads} random procedural robot heads, {config.images_per_head} pictures of each",
        licence="Apache-2.0",
        synthetic=True,
        stand_in=STAND_IN if config.stands_in else "",
        settings={
            "kind": "robots",
            "format": FORMAT,
            **asdict(config),
            **card_entry(),
        },
    )
    save_manifest(manifest)
    return manifest


def robot_of(seed: int, head: int) -> Robot:
    """Robot number ``head`` of a seed."""
    return draw_robot(np.random.default_rng([FORMAT, seed, head, _HEAD_STREAM]))


def draw_picture(
    config: RobotSetConfig, table: ExpressionTable, studio: Studio, index: int
) -> tuple[Record, Any, Any]:
    """Picture ``index`` of the set; ``studio`` is its robot's.

    Returns:
        The record, the image uint8 (S, S, 3), the segments uint8 (S, S).
    """
    from affect_core.synth.robots.scenery import draw_cover, draw_light, draw_view, expose

    rng = np.random.default_rng([FORMAT, config.seed, index])
    label = config.labels[index % len(config.labels)]
    strengths = (config.intensity_low, config.intensity_high)
    shown = draw_shown(table, studio.robot, label, strengths, rng)
    light = draw_light(config.dim_share, rng)
    view = draw_view(config.size_px, rng)
    cover, before = draw_cover(studio.robot, config.occluded_share, rng)
    backdrop, background = draw_backdrop(config.size_px, rng)
    shot = studio.draw(shown.pose, view, light.rows, backdrop * min(1.0, light.level + 0.1), before)
    record = _record(config, index, studio.robot, shown, shot, (light.name, background, cover))
    return record, expose(shot.image_rgb, rng), shot.segments


def _make(config: RobotSetConfig, folder: Path, indices: range) -> list[Record]:
    """Some pictures of the set."""
    from affect_core.synth.robots.studio import Studio

    table = load_expressions()
    records = []
    for head, pictures in groupby(indices, lambda index: index // config.images_per_head):
        studio = Studio(robot_of(config.seed, head))
        for index in pictures:
            record, image, segments = draw_picture(config, table, studio, index)
            save_image(folder / record.image, image, JPEG_QUALITY)
            save_image(folder / record.mask, segments)
            records.append(record)
    return records


def _record(
    config: RobotSetConfig,
    index: int,
    robot: Robot,
    shown: Shown,
    shot: Shot,
    about: tuple[str, str, str],
) -> Record:
    head = index // config.images_per_head
    name = f"{head:05d}_{index % config.images_per_head:03d}"
    lighting, background, cover = about
    valence, arousal = _rounded(affect(shown.action_units))
    return Record(
        image=f"images/{name}.jpg",
        label=shown.label,
        intensity=round(shown.intensity, _DECIMALS),
        valence=valence,
        arousal=arousal,
        action_units={unit: _rounded(sides) for unit, sides in shown.action_units.items()},
        landmarks_xy=tuple(_rounded(point) for point in shot.landmarks_xy),
        box_xyxy=_rounded(shot.box_xyxy),
        head_deg=_rounded(shown.head_deg),
        lighting=lighting,
        background=background,
        subject=f"robot-{config.seed}-{head:05d}",
        mask=f"masks/{name}.png",
        attributes={
            **robot.kinds,
            "material": robot.material,
            "cover": cover,
            "side": shown.side,
            "strength": round(shown.strength, _DECIMALS),
            "head_cue": float(shown.with_cue),
            **{name: float(name in robot.extras) for name in ("teeth", "lashes", "two_tone")},
        },
    )


def _rounded(values: Any) -> Any:
    return tuple(round(float(value), _DECIMALS) for value in values)
