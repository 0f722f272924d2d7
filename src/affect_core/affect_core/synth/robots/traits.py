"""Drawing a robot: its numbers, the kinds of its parts and its colours. What no robot has: see `unseen`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from affect_core.synth.robots import brows, eyes, lids, mouths, noses, trims
from affect_core.synth.robots.base import PLACES, Robot
from affect_core.synth.robots.measures import draw_measures
from affect_core.synth.robots.paint import draw_paint

_IMPLEMENTATIONS = (brows, eyes, lids, mouths, noses, trims)
"""Importing a module registers its kinds."""

EXTRAS: Final[Mapping[str, float]] = {"teeth": 0.35, "lashes": 0.4, "two_tone": 0.3}
"""What a robot may have besides, and how often."""

_WEIGHTS: Final[Mapping[str, Mapping[str, float]]] = {
    "eye": {"dome": 3.0, "almond": 3.0, "bead": 1.5},
    "lid": {"fold": 3.0, "shutter": 2.0, "hood": 2.0},
    "mouth": {"soft": 3.0, "strands": 3.0, "ribbon": 2.0, "line": 2.0},
    "nose": {"ridge": 3.0},
    "ear": {"none": 2.0, "shell": 2.0},
    "top": {"none": 2.0, "cap": 2.0},
    "neck": {"bust": 2.0},
}
"""Kinds that are drawn more often than the others of their place, which weigh 1."""


def draw_robot(rng: np.random.Generator) -> Robot:
    """A robot; the same for the same generator."""
    size = draw_measures(rng)
    kinds = {place: _draw_kind(place, registry.names(), rng) for place, registry in PLACES.items()}
    extras = frozenset(name for name, share in EXTRAS.items() if rng.random() < share)
    material, paint = draw_paint(rng, kinds["eye"])
    return Robot(size, paint, kinds, extras, material)


def _draw_kind(place: str, names: tuple[str, ...], rng: np.random.Generator) -> str:
    weights = np.array([_WEIGHTS.get(place, {}).get(name, 1.0) for name in names])
    return names[int(rng.choice(len(names), p=weights / weights.sum()))]
