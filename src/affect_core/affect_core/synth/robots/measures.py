"""How random robots differ from each other: every number with its range, and every choice of a part.

The ranges are data: a model's card can carry them (`ranges`), and a test holds them against the `ohbot` look, which
is the robot nobody trains on. Lengths in metres, angles in degrees, in the head's frame of `affect_core.avatar.shape`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Final

import numpy as np


def between(low: float, high: float, doc: str) -> Any:
    """A field that is drawn uniformly from ``low`` to ``high``; its default is the middle."""
    return field(default=(low + high) / 2, metadata={"low": low, "high": high, "doc": doc})


def gain(doc: str) -> Any:
    """A servo group's gain: how far it goes for the same command."""
    return between(0.6, 1.5, f"gain of {doc}")


@dataclass(frozen=True)
class Measures:
    """The numbers of one robot. Names that `avatar.looks.ohbot_body.OhbotShape` has too mean the same thing."""

    half_width: float = between(0.071, 0.094, "of the head")
    half_depth: float = between(0.084, 0.110, "of the head")
    half_height: float = between(0.105, 0.128, "of the head")
    section_power: float = between(2.0, 3.6, "of the horizontal section: 2 is an ellipse, more is a box")
    vertical_power: float = between(2.0, 3.4, "of the upright section")
    jaw_taper: float = between(0.0, 0.42, "how much narrower the chin is")
    crown_taper: float = between(0.0, 0.18, "how much narrower the crown is")
    relief: float = between(0.2, 1.2, "strength of cheeks, brow ridge, muzzle and chin")
    cheek: float = between(0.0, 0.008, "height of the cheeks")
    chin: float = between(0.0, 0.010, "height of the chin")
    eye_x: float = between(0.0295, 0.0405, "of the eyes' middles")
    eye_z: float = between(0.008, 0.026, "of the eyes' middles")
    eye_radius: float = between(0.0145, 0.0205, "half width of an eye")
    eye_aspect: float = between(0.72, 1.12, "height of an eye over its width")
    eye_power: float = between(2.0, 3.6, "of the eye's outline")
    eye_sink: float = between(-0.004, 0.004, "of the eyes' plane into the head")
    iris_share: float = between(0.45, 0.68, "of the eye's half height")
    pupil_share: float = between(0.38, 0.62, "of the iris")
    lid_ratio: float = between(1.06, 1.14, "half width of the lids over that of the eye")
    lid_rest_deg: float = between(-31.0, -17.0, "upper lid at rest, 0 = closed")
    lower_lid_rest_deg: float = between(-26.0, -12.0, "lower lid at rest")
    lid_slant_deg: float = between(-5.0, 5.0, "of the lids' edges, + outer end down")
    brow_x: float = between(0.007, 0.019, "inner end of the brows")
    brow_gap: float = between(0.005, 0.013, "between the eye and the brow")
    brow_length: float = between(0.026, 0.045, "of the brows")
    brow_radius: float = between(0.0022, 0.0058, "half the brows' height")
    brow_arch: float = between(-0.001, 0.009, "of the brows at rest")
    brow_slope_deg: float = between(-5.0, 6.0, "of the brows at rest, + inner end down")
    brow_inner: float = between(0.5, 1.0, "thickness at the inner end")
    brow_outer: float = between(0.3, 1.0, "thickness at the outer end")
    brow_float: float = between(0.0005, 0.0050, "how far the brows stand out of the skin")
    mouth_z: float = between(-0.062, -0.044, "of the mouth")
    mouth_half_width: float = between(0.019, 0.036, "of the mouth")
    lip_radius: float = between(0.0022, 0.0060, "half the thickness of a lip")
    cupid: float = between(0.0, 1.0, "dent in the middle of the upper lip")
    mouth_fixed: float = between(
        0.0, 0.6, "share of a smile that moves the middle instead of the ends; 1 = fixed ends"
    )
    mouth_arc: float = between(0.0, 0.008, "how far the middle of the mouth stands forward")
    mouth_curve: float = between(-0.0020, 0.0020, "of the mouth at rest, + ends up")
    nose_height: float = between(0.010, 0.028, "how far the nose stands out")
    nose_half_width: float = between(0.0065, 0.0140, "of the nose")
    nose_z: float = between(-0.022, -0.008, "of its tip")
    ear_size: float = between(0.8, 1.4, "of ears and what sits in their place")
    gain_brow_raise: float = gain("raising a brow")
    gain_brow_angle: float = gain("tilting a brow")
    gain_brow_in: float = gain("pulling the brows together")
    gain_corner_raise: float = gain("raising a corner of the mouth")
    gain_corner_stretch: float = gain("stretching the mouth")
    gain_lips: float = gain("opening and pressing the lips")
    gain_lids: float = gain("the lids")
    gain_eyes: float = between(0.8, 1.25, "gain of the gaze")
    crease: float = between(0.0, 1.3, "strength of the folds; none on 30 % of the robots")
    gloss: float = between(0.0, 0.6, "of the skin's highlight")

    @property
    def eye_half_height(self) -> float:
        """Of the eye."""
        return self.eye_radius * self.eye_aspect

    @property
    def brow_z(self) -> float:
        """Of the brows at rest."""
        return self.eye_z + self.eye_half_height + self.brow_gap


CREASELESS: Final = 0.3
"""Share of the robots without folds."""


def draw_measures(rng: np.random.Generator) -> Measures:
    """The numbers of one robot; the mouth's corners never stand farther apart than the head allows."""
    drawn = {
        item.name: float(rng.uniform(item.metadata["low"], item.metadata["high"]))
        for item in fields(Measures)
    }
    if rng.random() < CREASELESS:
        drawn["crease"] = 0.0
    return Measures(**drawn)


def ranges() -> dict[str, tuple[float, float]]:
    """(low, high) of every number, by name: what stands in the card of a model that was trained with these robots."""
    return {item.name: (item.metadata["low"], item.metadata["high"]) for item in fields(Measures)}
