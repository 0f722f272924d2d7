"""What random robots have and what they must not have, as data for a model's card.

What the family shares with other heads, said plainly. With the `ohbot` look: no type of part (`OHBOT_PART_TYPES`), and
its sizes in `excluded` lie outside the ranges. The expressions themselves and the renderer are the same, so the OhBot is
an unseen robot, but not an unseen world. With the default `face` look it shares part types (`FACE_PART_TYPES`): a
closed skull, rolls for brows, strand lips, a nose of skin, ears like shells, a cap of hair, a neck on round
shoulders. `face` is a member of this family's world, so figures on it are not figures on an unknown robot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from affect_core.avatar.looks.ohbot_body import OhbotShape
from affect_core.synth.robots.base import PLACES
from affect_core.synth.robots.measures import ranges

OHBOT_PART_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "head": ("thin mask in an open frame",),
    "brow": ("floating bar",),
    "eye": ("turning ball",),
    "lid": ("half-sphere about the ball",),
    "mouth": ("two tubes with fixed ends",),
    "nose": ("leaning strip",),
    "ear": ("plate of the frame",),
    "top": ("rim of the mask",),
    "neck": ("servo on a pedestal",),
}
"""What the parts of the `ohbot` look are."""

FACE_PART_TYPES: Final[Mapping[str, str]] = {
    "head": "closed skull",
    "brow": "roll",
    "mouth": "strands",
    "nose": "ridge",
    "ear": "shell",
    "top": "cap",
    "neck": "bust",
}
"""Part types that the default `face` look has, too."""

_BROW_FLOAT: Final = 0.018
_MOUTH_ARC: Final = 0.020
_MOUTH_FIXED: Final = 1.0
"""Of the `ohbot` look: before its mask, forward, and none of a smile moves the ends; see `avatar.looks.ohbot`."""


def part_types() -> dict[str, tuple[str, ...]]:
    """Place -> types of parts that random robots have."""
    return {"head": ("closed skull",), **{place: registry.names() for place, registry in PLACES.items()}}


def ohbot_values() -> dict[str, float]:
    """The `ohbot` look's value of every number of `Measures` that it has, too."""
    shape = OhbotShape()
    own = {name: float(value) for name, value in vars(shape).items() if name in ranges()}
    return own | {
        "lid_ratio": shape.lid_radius / shape.eye_radius,
        "brow_float": _BROW_FLOAT,
        "mouth_arc": _MOUTH_ARC,
        "mouth_fixed": _MOUTH_FIXED,
    }


def excluded() -> dict[str, float]:
    """Numbers whose range does not hold the `ohbot` look's value -> that value."""
    limits = ranges()
    return {
        name: value
        for name, value in ohbot_values().items()
        if not limits[name][0] <= value <= limits[name][1]
    }


def card_entry() -> dict[str, Any]:
    """All of it, for a card or a manifest: plain lists and numbers."""
    return {
        "part_types": {place: list(types) for place, types in part_types().items()},
        "ranges": {name: list(limits) for name, limits in ranges().items()},
        "ohbot_excluded": excluded(),
    }
