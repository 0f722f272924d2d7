"""What people wear or hold before their faces, drawn into the finished picture.

Everything is placed by the 68 landmarks, so that it turns with the head, and becomes `Segment.OCCLUDER`.
"""

from __future__ import annotations

from typing import Final

from numpy.random import Generator

from affect_core.synth.humans.canvas import Canvas
from affect_core.synth.humans.glasses import add_glasses
from affect_core.synth.humans.occluders import add_occluder

__all__ = ["NONE", "Canvas", "add_accessories", "add_glasses", "add_occluder"]

NONE: Final = "none"


def add_accessories(
    canvas: Canvas, rng: Generator, glasses_share: float = 0.12, occluder_share: float = 0.08
) -> dict[str, str]:
    """Draw glasses or an occluder, at most one of them, or nothing.

    Returns:
        Names for the manifest: ``glasses`` and ``occluder``, `NONE` where there is none.
    """
    chance = rng.random()
    worn = {"glasses": NONE, "occluder": NONE}
    if chance < glasses_share:
        worn["glasses"] = add_glasses(canvas, rng)
    elif chance < glasses_share + occluder_share:
        worn["occluder"] = add_occluder(canvas, rng)
    return worn
