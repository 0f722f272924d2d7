"""The OhBot's pictures in the one manifest format: the test sets, and the few pictures that a model may learn from.

Test pictures are those of `synth.ohbot_set`, the set of P0 (Probierz et al. 2026), section 3.2, with the segments beside
them. Landmarks are what the live system would get: the product's detector on the whole picture; where it misses, the
truth, and the record says so.

The few-shot pool shares the robot with the test and nothing else. The test has the head within 8 degrees of straight
ahead and lights exactly as they stand in `avatar.scene`; a shot has the head turned by 12 to 18 degrees to either side
(`SHOT_YAW_DEG`), the key light 15 to 35 degrees away from where it is in the test (`SHOT_LIGHT_TURN_DEG`), and all light
weaker or stronger by 10 to 25 % (`SHOT_LIGHT_GAIN`); its seed is another, so expressions, sides and jitter are, too.
Angles are those of `Scene`, to which a recipe's own turn of the head and the jitter are added in both sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from math import degrees
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from affect_core.avatar.camera import PIXEL_MIDDLE
from affect_core.config import Settings, setting
from affect_core.data.affect_map import affect
from affect_core.data.manifest import Manifest, Record, save_manifest
from affect_core.errors import ConfigError
from affect_core.heads.expressions import ExpressionTable, load_expressions
from affect_core.labels import COMPLEX_6
from affect_core.synth.ohbot_set import Draw, OhbotSetConfig, draw
from affect_core.synth.parts import make_in_parts
from affect_core.synth.sheets import save_image
from affect_core.types import Floats

if TYPE_CHECKING:
    from affect_core.avatar import Avatar, Rendering
    from affect_core.faces import Detector

FORMAT: Final = 1
SHOT_YAW_DEG: Final = (12.0, 18.0)
SHOT_LIGHT_TURN_DEG: Final = (15.0, 35.0)
SHOT_LIGHT_GAIN: Final = ((0.75, 0.90), (1.10, 1.25))
SHOT_SEED: Final = 10_000
"""Added to the seed of shots: a pool and a test set of the same seed share no draw."""

_DECIMALS: Final = 3


@dataclass(frozen=True)
class OhbotManifestConfig(Settings):
    """Which pictures of the virtual OhBot."""

    look: str = setting("ohbot", "look of the head")
    colour: str = setting("blue", "body colour of the ohbot look")
    images: int = setting(100, "pictures for each label and lighting", low=1, high=9999)
    seed: int = setting(0, "seed of all jitter", low=0)
    labels: tuple[str, ...] = setting(COMPLEX_6, "expressions")
    lightings: tuple[str, ...] = setting(("even", "dim"), "lightings")
    shots: bool = setting(False, "few-shot pictures: angles, lights and seeds that no test picture has")

    @property
    def source(self) -> OhbotSetConfig:
        """The set that the pictures are drawn from."""
        return OhbotSetConfig(
            look=self.look,
            colour=self.colour,
            images=self.images,
            seed=self.seed + (SHOT_SEED if self.shots else 0),
            labels=self.labels,
            lightings=self.lightings,
        )


def shots_config(config: OhbotManifestConfig, images: int = 20) -> OhbotManifestConfig:
    """The few-shot pool that belongs to a test set: ``images`` per class, half of them in each light."""
    if images % len(config.lightings):
        raise ConfigError(f"expected shots that {len(config.lightings)} lights can share, got {images}")
    return replace(config, images=images // len(config.lightings), shots=True)


def generate(config: OhbotManifestConfig, folder: Path, workers: int = 1) -> Manifest:
    """Render the set into ``folder`` and find the faces in it.

    An interrupted run goes on where it stopped; the same settings give the same bytes whatever ``workers`` is.

    Raises:
        ConfigError: the folder holds a set with other settings; an unknown name.
    """
    settings = {"format": FORMAT, "settings": asdict(config)}
    make = partial(_make, config, folder)
    records = make_in_parts(make, folder, config.source.total, settings, workers, config.images).records
    missed = sum(record.attributes["landmarks"] == "true" for record in records)
    what = "few-shot pictures" if config.shots else "pictures"
    manifest = Manifest(
        folder=folder,
        name=folder.name,
        labels=config.labels,
        records=records,
        description=f"{what} of the virtual head, look {config.look}; "
        f"the detector found the face in {len(records) - missed} of {len(records)}",
        licence="Apache-2.0",
        synthetic=True,
        settings={
            "kind": "ohbot",
            "format": FORMAT,
            **asdict(config),
            "source": asdict(config.source),
            "missed": missed,
            **(_shot_ranges() if config.shots else {}),
        },
    )
    save_manifest(manifest)
    return manifest


def shot_draw(config: OhbotManifestConfig, item: Draw, index: int) -> tuple[Draw, Any]:
    """(the same expression seen from a shot's side, a function that puts a studio in a shot's light)."""
    place = (config.lightings.index(item.scene.lighting), config.labels.index(item.label), index)
    rng = np.random.default_rng([FORMAT, config.source.seed, *place, 1])
    yaw = float(rng.uniform(*SHOT_YAW_DEG)) * _sign(rng)
    turn = float(rng.uniform(*SHOT_LIGHT_TURN_DEG)) * _sign(rng)
    gain = float(rng.uniform(*SHOT_LIGHT_GAIN[int(rng.integers(2))]))
    light = partial(replace, light_turn_deg=(turn, 0.0), light_gain=gain)
    return replace(item, scene=replace(item.scene, yaw_deg=yaw)), light


def _shot_ranges() -> Mapping[str, Any]:
    return {
        "shot_yaw_deg": SHOT_YAW_DEG,
        "shot_light_turn_deg": SHOT_LIGHT_TURN_DEG,
        "shot_light_gain": SHOT_LIGHT_GAIN,
    }


def _sign(rng: np.random.Generator) -> float:
    return (-1.0, 1.0)[int(rng.integers(2))]


def _make(config: OhbotManifestConfig, folder: Path, indices: range) -> list[Record]:
    """Some pictures, which come by lighting, then by label."""
    from affect_core.faces import FaceConfig, build_detector

    table, detector = load_expressions(), build_detector(FaceConfig(detector="mtcnn"))
    avatar = _avatar(config)
    records = []
    for index in indices:
        cell, number = divmod(index, config.images)
        lighting, label = divmod(cell, len(config.labels))
        item = draw(config.source, table, config.lightings[lighting], config.labels[label], number)
        if config.shots:
            item, relit = shot_draw(config, item, number)
            avatar = _avatar(config)
            avatar.look = replace(avatar.look, studio=relit(avatar.look.studio))  # type: ignore[type-var]
        rendering = avatar.render(item.pose, item.scene)
        record = _record(config, table, item, rendering, detector, number)
        save_image(folder / record.image, rendering.image_rgb)
        save_image(folder / record.mask, rendering.segments)
        records.append(record)
    return records


def _avatar(config: OhbotManifestConfig) -> Avatar:
    from affect_core.avatar import Avatar, AvatarConfig

    source = config.source
    return Avatar(
        AvatarConfig(look=config.look, colour=config.colour, width=source.width, height=source.height)
    )


def _record(
    config: OhbotManifestConfig,
    table: ExpressionTable,
    item: Draw,
    rendering: Rendering,
    detector: Detector,
    index: int,
) -> Record:
    landmarks, found = _landmarks(detector, rendering)
    scene, pose = item.scene, item.pose
    name = Path(scene.lighting, item.label, f"{index:04d}.png").as_posix()
    offsets = {"head_yaw": scene.yaw_deg, "head_pitch": scene.pitch_deg, "head_roll": scene.roll_deg}
    units = table.get(item.label).led_by(item.side).action_units
    amounts = {
        unit: _rounded(item.intensity * sides.get(side, 0.0) for side in ("right", "left"))
        for unit, sides in units.items()
    }
    valence, arousal = _rounded(affect(amounts))
    return Record(
        image=f"images/{name}",
        label=item.label,
        intensity=round(item.intensity, _DECIMALS) if units else 0.0,
        valence=valence,
        arousal=arousal,
        action_units=amounts,
        landmarks_xy=tuple(_rounded(point) for point in landmarks),
        box_xyxy=_rounded(rendering.box_xyxy - PIXEL_MIDDLE),
        head_deg=_rounded(degrees(pose[joint]) + offset for joint, offset in offsets.items()),
        lighting=scene.lighting,
        background=scene.background,
        subject=f"{config.look}-{config.colour}",
        mask=f"masks/{name}",
        attributes={"look": config.look, "side": item.side, "landmarks": "detected" if found else "true"},
    )


def _landmarks(detector: Detector, rendering: Rendering) -> tuple[Floats, bool]:
    """The detector's landmarks and True; where it misses the face, the true ones and False."""
    from affect_core.faces import detect_known

    if found := detect_known(detector, rendering.image_rgb, rendering.box_xyxy):
        return found.landmarks_xy, True
    return np.asarray(rendering.landmarks_xy - PIXEL_MIDDLE), False


def _rounded(values: Any) -> Any:
    return tuple(round(float(value), _DECIMALS) for value in values)
