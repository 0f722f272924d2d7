"""The scene a part of a trial is shown in: what a protocol may vary beside the expression."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, cast

from affect_core.config import Settings, from_mapping, setting
from affect_core.errors import ConfigError, InputError
from affect_core.limits import LIMITS, expect_at_most
from affect_core.texts import parse_json


@dataclass(frozen=True)
class TrialScene(Settings):
    """Light, occlusion and head angle of a block. Names are the renderer's; who shows them knows them.

    Raises:
        ConfigError: a value has another type or is out of range.
    """

    lighting: str = setting("", "name of the lighting; empty: the run's own")
    occlusion: str = setting("", "name of what covers the face; empty: the run's own")
    yaw_deg: float = setting(0.0, "added to the head's yaw, + to the robot's left, deg", low=-90, high=90)
    pitch_deg: float = setting(0.0, "added to the head's pitch, + up, deg", low=-60, high=60)

    def filled(self, lighting: str, occlusion: str) -> TrialScene:
        """The same with the run's own values where the protocol leaves them open."""
        return dataclasses.replace(
            self, lighting=self.lighting or lighting, occlusion=self.occlusion or occlusion
        )

    @property
    def angle(self) -> str:
        """The head angle in words."""
        return f"yaw {self.yaw_deg:g}, pitch {self.pitch_deg:g}"

    def to_json(self) -> str:
        """One line of JSON, keys sorted."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> TrialScene | None:
        """Read what `to_json` wrote; None for a text that is no JSON object, such as a note of another conductor.

        Keys of a later version are ignored.

        Raises:
            InputError: an object with values that are no scene's.
        """
        if not text.lstrip().startswith("{"):
            return None
        try:
            values: Any = parse_json(text, LIMITS.text_bytes)
            known = {item.name for item in dataclasses.fields(cls)}
            return from_mapping(cls, {k: v for k, v in values.items() if k in known}, "the scene")
        except (InputError, AttributeError, ConfigError) as error:
            raise InputError(f"expected a scene as JSON, got {text[:80]!r}: {error}") from error


def read_scenes(value: object) -> tuple[TrialScene, ...]:
    """The scenes of a protocol file: a list of mappings, or one mapping of lists whose combinations are meant.

    >>> [scene.lighting for scene in read_scenes({"lighting": ["even", "dim"], "occlusion": ["none"]})]
    ['even', 'dim']

    Raises:
        ConfigError: it is neither, or a value is not a scene's.
    """
    if isinstance(value, Mapping) and value and all(isinstance(part, list) for part in value.values()):
        expect_at_most(
            LIMITS.scenes, prod(map(len, value.values())), "scenes in a protocol", error=ConfigError
        )
        value = [dict(zip(value, one, strict=True)) for one in product(*value.values())]
    if not isinstance(value, Sequence) or not all(isinstance(one, Mapping) for one in value):
        raise ConfigError(
            "Protocol.scenes: expected a list of mappings such as {lighting: dim, occlusion: mouth}, or one mapping "
            f"of lists, got {value!r}"
        )
    rows = cast("Sequence[Mapping[str, Any]]", value)
    return tuple(from_mapping(TrialScene, one, f"scene {number}") for number, one in enumerate(rows, start=1))
