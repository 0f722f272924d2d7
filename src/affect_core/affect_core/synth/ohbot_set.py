"""The OhBot data set of P0 (Probierz et al. 2026), section 3.2, made with the virtual head.

P0: "A total of 100 images per emotion were captured under two lighting conditions (normal indoor lighting and dim
lighting) and with slight head angle variations." We read that as 100 for each emotion and lighting, and add neutral.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from math import degrees
from pathlib import Path
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from affect_core.avatar import BACKGROUNDS, LIGHTINGS, LOOKS, Avatar, AvatarConfig, Rendering, Scene
from affect_core.config import Settings, setting
from affect_core.files import claim, file_sha256, write_whole
from affect_core.heads.expressions import ExpressionTable, load_expressions
from affect_core.heads.rig import JOINTS, Pose, clamp
from affect_core.labels import COMPLEX_6
from affect_core.synth.sheets import grid_sheet, lay_out, portrait, save_image
from affect_core.types import ImageRGB

MANIFEST: Final = "manifest.json"
SHEET: Final = "contact_sheet.png"
FORMAT: Final = 1
"""Version of the manifest and of how pictures are drawn; another one makes other pictures."""

_SETTINGS: Final = "settings.json"
_RECORDS: Final = "records"
_SHOWN: Final = 5
_TILE_PX: Final = 120
_DECIMALS: Final = 3


@dataclass(frozen=True)
class OhbotSetConfig(Settings):
    """What is rendered. Ranges are uniform and symmetric unless said otherwise."""

    look: str = setting("ohbot", "look of the head")
    colour: str = setting("blue", "body colour of the ohbot look")
    images: int = setting(100, "images for each label and lighting", low=1, high=9999)
    seed: int = setting(0, "seed of all jitter", low=0)
    labels: tuple[str, ...] = setting(COMPLEX_6, "expressions")
    lightings: tuple[str, ...] = setting(("even", "dim"), "lightings")
    background: str = setting("plain", "background")
    intensity_low: float = setting(0.7, "weakest expression, 0..1", low=0.0, high=1.0)
    turn_deg: float = setting(
        8.0, "turn of the head in yaw and pitch, half of it in roll, degrees", low=0.0, high=20.0
    )
    joint_noise: float = setting(
        0.02, "jitter of every joint, standard deviation as a share of its range", low=0.0
    )
    width: int = setting(640, "image width, pixels", low=64)
    height: int = setting(480, "image height, pixels", low=64)

    def __post_init__(self) -> None:
        super().__post_init__()
        LOOKS.get(self.look)
        for lighting in self.lightings:
            LIGHTINGS.get(lighting)
        BACKGROUNDS.get(self.background)

    @property
    def total(self) -> int:
        """Number of images."""
        return self.images * len(self.labels) * len(self.lightings)


@dataclass(frozen=True)
class Draw:
    """What one picture shows: an expression, its strength and side, and a pose with jitter."""

    label: str
    intensity: float
    side: str
    pose: Pose
    scene: Scene


def generate(config: OhbotSetConfig, folder: Path) -> Path:
    """Render the set into ``folder``: images by lighting and label, `MANIFEST` and `SHEET`.

    Pictures that are there stay, so an interrupted run goes on. The same settings give the same bytes.

    Returns:
        The manifest's path.

    Raises:
        ConfigError: the folder holds a set with other settings; an unknown name.
    """
    table = load_expressions()
    avatar = Avatar(
        AvatarConfig(look=config.look, colour=config.colour, width=config.width, height=config.height)
    )
    for label in config.labels:
        table.get(label)
    claim(folder / _SETTINGS, {"format": FORMAT, "settings": asdict(config)})
    rows: list[dict[str, Any]] = []
    with tqdm(total=config.total, desc=f"render {folder.name}", unit="image") as bar:
        for lighting in config.lightings:
            for label in config.labels:
                rows += _cell(config, table, avatar, folder, (lighting, label))
                bar.update(len(rows) - bar.n)
    _write_sheet(config, folder, avatar)
    manifest = {"format": FORMAT, "settings": asdict(config), "images": rows}
    _write_json(folder / MANIFEST, manifest)
    return folder / MANIFEST


def draw(config: OhbotSetConfig, table: ExpressionTable, lighting: str, label: str, index: int) -> Draw:
    """Picture ``index`` of a label under a lighting; depends on nothing else."""
    place = (config.lightings.index(lighting), config.labels.index(label), index)
    rng = np.random.default_rng([FORMAT, config.seed, *place])
    intensity = float(rng.uniform(config.intensity_low, 1.0))
    side = ("left", "right")[int(rng.integers(2))]
    turn = rng.uniform(-config.turn_deg, config.turn_deg, 3) * (1.0, 1.0, 0.5)
    pose = table.pose(label, intensity, side)
    noise = rng.normal(0.0, config.joint_noise, len(pose))
    jittered = {
        name: value + float(part) * (JOINTS[name].high - JOINTS[name].low)
        for (name, value), part in zip(pose.items(), noise, strict=True)
    }
    yaw, pitch, roll = (float(value) for value in turn)
    scene = Scene(
        lighting=lighting,
        yaw_deg=yaw,
        pitch_deg=pitch,
        roll_deg=roll,
        background=config.background,
        background_seed=index,
    )
    return Draw(label, intensity, side, clamp(jittered)[0], scene)


def _cell(
    config: OhbotSetConfig, table: ExpressionTable, avatar: Avatar, folder: Path, cell: tuple[str, str]
) -> list[dict[str, Any]]:
    """The manifest rows of one lighting and label; rendered unless they and all their files are there."""
    lighting, label = cell
    record = folder / _RECORDS / f"{lighting}_{label}.json"
    known = _intact(record, folder)
    if known is not None:
        return known
    rows = []
    for index in range(config.images):
        item = draw(config, table, lighting, label, index)
        rendering = avatar.render(item.pose, item.scene)
        path = Path("images", lighting, label, f"{index:04d}.png")
        save_image(folder / path, rendering.image_rgb)
        rows.append(_row(table, item, rendering, path, folder))
    _write_json(record, rows)
    return rows


def _row(
    table: ExpressionTable, item: Draw, rendering: Rendering, path: Path, folder: Path
) -> dict[str, Any]:
    units = table.get(item.label).led_by(item.side).action_units
    scene, pose = item.scene, item.pose
    return {
        "file": path.as_posix(),
        "sha256": file_sha256(folder / path),
        "label": item.label,
        "lighting": scene.lighting,
        "intensity": round(item.intensity, _DECIMALS),
        "side": item.side,
        "action_units": {
            name: {side: round(item.intensity * amount, _DECIMALS) for side, amount in sorted(sides.items())}
            for name, sides in units.items()
        },
        "head_deg": {
            "yaw": round(degrees(pose["head_yaw"]) + scene.yaw_deg, _DECIMALS),
            "pitch": round(degrees(pose["head_pitch"]) + scene.pitch_deg, _DECIMALS),
            "roll": round(degrees(pose["head_roll"]) + scene.roll_deg, _DECIMALS),
        },
        "pose": {name: round(value, 6) for name, value in pose.items()},
        "box_xyxy": _rounded(rendering.box_xyxy),
        "landmarks_xy": _rounded(rendering.landmarks_xy),
        "landmarks68_xy": _rounded(rendering.landmarks68_xy),
    }


def _intact(record: Path, folder: Path) -> list[dict[str, Any]] | None:
    """The rows of a finished cell; None if something of it is missing or damaged."""
    if not record.exists():
        return None
    try:
        rows: list[dict[str, Any]] = json.loads(record.read_text())
    except ValueError:
        return None
    whole = all(
        (folder / row["file"]).exists() and file_sha256(folder / row["file"]) == row["sha256"] for row in rows
    )
    return rows if whole else None


def _write_sheet(config: OhbotSetConfig, folder: Path, avatar: Avatar) -> None:
    """The first pictures of every label, each lighting to the right of the last."""
    import cv2

    def tile(lighting: str, label: str, index: int) -> ImageRGB:
        image = cv2.imread(str(folder / "images" / lighting / label / f"{index:04d}.png"))
        return portrait(avatar, np.asarray(image[:, :, ::-1], np.uint8), _TILE_PX)

    shown = [
        (lighting, index) for lighting in config.lightings for index in range(min(_SHOWN, config.images))
    ]
    images = [tile(lighting, label, index) for label in config.labels for lighting, index in shown]
    columns = [f"{lighting} {index}" for lighting, index in shown]
    save_image(folder / SHEET, lay_out(grid_sheet("set", config.labels, columns, images)))


def _rounded(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Any:
    """Nested lists; a point that the head does not have is null."""
    plain = np.round(values, 2).astype(object)
    plain[np.isnan(values)] = None
    return plain.tolist()


def _write_json(path: Path, content: object) -> None:
    write_whole(path, json.dumps(content, indent=1) + "\n")
