"""Where the 68 landmarks come from: a file of the set, the head that was rendered, or the five that every set has."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from affect_core.config import from_mapping
from affect_core.data.manifest import Manifest, Record
from affect_core.errors import ConfigError, InputError
from affect_core.registry import Registry
from affect_core.subgroups.points import LANDMARKS, five_of, sixty_eight
from affect_core.types import Floats

if TYPE_CHECKING:
    from affect_core.synth.humans.base import HumanSetConfig
    from affect_core.synth.humans.sampler import Draw

FILE: Final = "landmarks68.json"
"""In the folder of a set: name of the picture, as in the manifest -> 68 points (x, y), pixels, 300-W order."""

Find = Callable[[Record], Floats | None]
"""68 landmarks (68, 2) of a record, pixels of its picture; None if there are none."""

SOURCES68: Registry[Find | None] = Registry("source of 68 landmarks")
"""Name -> builder ``(manifest) -> Find``; it returns None for a set that it knows nothing of."""

ORDER: Final = ("file", "rendered", "fitted")
"""Best first."""


def find_landmarks(manifest: Manifest) -> tuple[str, Find]:
    """The best source for a set: its name, and what it knows."""
    for name in ORDER:
        find = SOURCES68.build(name, manifest)
        if find is not None:
            return name, find
    raise AssertionError("the last source knows every set")


@SOURCES68.register("file")
def _file(manifest: Manifest) -> Find | None:
    """`FILE` in the set's folder."""
    path = manifest.folder / FILE
    if not path.is_file():
        return None
    known = _read(path)
    return lambda record: known.get(record.image)


@SOURCES68.register("rendered")
def _rendered(manifest: Manifest) -> Find | None:
    """Synthetic humans: the head is posed once more, without drawing it; exact."""
    from affect_core.synth.humans.base import HumanSetConfig
    from affect_core.synth.humans.ict import find_ict

    source = find_ict()
    known = set(HumanSetConfig.__dataclass_fields__)
    settings = {key: value for key, value in manifest.settings.items() if key in known}
    if source is None or not manifest.synthetic or set(settings) != known:
        return None
    return _Poser(from_mapping(HumanSetConfig, settings, str(manifest.folder)), source)


@SOURCES68.register("fitted")
def _fitted(_manifest: Manifest) -> Find:
    """The resting face, turned and scaled onto the record's five landmarks: brows and jaw are guessed."""

    def find(record: Record) -> Floats | None:
        if record.landmarks_xy is None:
            return None
        try:
            return sixty_eight(np.array(record.landmarks_xy))
        except InputError:
            return None  # no face can be where these points are; counted like missing ones

    return find


def resting_landmarks(manifest: Manifest) -> Floats:
    """(N, 68, 2): the heads of a rendered set, from the front, at rest; eyes 1 apart, their middle at 0.

    Raises:
        ConfigError: the set was not rendered from a face model that is at hand.
    """
    find = _rendered(manifest)
    if not isinstance(find, _Poser):
        raise ConfigError(
            f"expected a set of rendered humans in {manifest.folder}, and the face model they were made of; "
            "choose another attribute"
        )
    return np.stack([find.resting(record) for record in manifest.records])


class _Poser:
    """Finds the landmarks of a rendered face from the numbers it was drawn with."""

    def __init__(self, config: HumanSetConfig, source: Path) -> None:
        from affect_core.synth.humans.human_set import open_studio

        self._config, self._studio = config, open_studio(source)

    def __call__(self, record: Record) -> Floats | None:
        from affect_core.synth.humans.picture import landmarks_of

        what = self._drawn(record)
        if what is None:
            return None
        found = landmarks_of(self._studio.head, self._studio.recipes, self._config, what)
        return found if _agree(found, record) else None

    def resting(self, record: Record) -> Floats:
        """(68, 2) of the person at rest, from the front; see `resting_landmarks`."""
        from affect_core.synth.humans.picture import landmarks_of

        what = self._drawn(record)
        if what is None:
            raise ConfigError(f"expected a rendered face, got {record.image} without index and seed")
        still = replace(what, amounts={}, head_deg=(0.0, 0.0, 0.0), gaze_deg=(0.0, 0.0))
        points = landmarks_of(self._studio.head, self._studio.recipes, self._config, still)
        right, left = five_of(points)[:2]
        return np.asarray((points - (right + left) / 2.0) / np.hypot(*(left - right)))

    def _drawn(self, record: Record) -> Draw | None:
        """What the picture shows, drawn once more."""
        from affect_core.synth.humans.sampler import draw, streams

        index, seed = record.attributes.get("index"), record.attributes.get("seed")
        if index is None or seed is None or isinstance(index, str) or isinstance(seed, str):
            return None
        config = replace(self._config, seed=int(seed))
        shown, _ = streams(config, int(index))
        return draw(config, self._studio.table, self._studio.head.identity_modes, int(index), shown)


def _agree(found: Floats, record: Record) -> bool:
    """Whether the five landmarks of the record are among those found, to its rounding."""
    return record.landmarks_xy is not None and bool(
        np.abs(five_of(found) - np.array(record.landmarks_xy)).max() < 0.1
    )


def _read(path: Path) -> dict[str, Floats]:
    try:
        content = json.loads(path.read_text())
        points = {name: np.asarray(value, np.float64) for name, value in content.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: expected {{picture: 68 points}}, cannot read it: {error}") from error
    wrong = [name for name, value in points.items() if value.shape != (LANDMARKS, 2)]
    if wrong:
        raise InputError(f"{path}: expected 68 points (x, y) for each picture, not so for {wrong[:3]}")
    return points
