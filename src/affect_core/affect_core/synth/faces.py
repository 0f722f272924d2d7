"""Labelled faces for whoever needs some: synthetic humans, or random robot heads where there is no human face model."""

from __future__ import annotations

from pathlib import Path

from affect_core.data.manifest import Manifest
from affect_core.labels import LABEL_SETS
from affect_core.synth.humans.base import HumanSetConfig

_STAND_IN_SEEDS = 10_000
"""Apart from the seeds of the sets that show robots."""


def has_humans() -> bool:
    """Whether the ICT face model is at hand."""
    from affect_core.synth.humans.ict import find_ict

    return find_ict() is not None


def make_faces(config: HumanSetConfig, folder: Path, workers: int, stand_in: bool) -> Manifest:
    """Generate the set in ``folder``; goes on where an interrupted call stopped.

    Args:
        config: of the humans.
        folder: of the set.
        workers: processes.
        stand_in: random robots in their place, as many, one for each picture of every class; the set's
            ``stand_in`` says so.
    """
    if stand_in:
        return _robots(config, folder, workers)
    from affect_core.synth.humans.human_set import generate

    return generate(config, folder, workers)


def _robots(config: HumanSetConfig, folder: Path, workers: int) -> Manifest:
    from affect_core.synth.robots import RobotSetConfig, generate

    labels = LABEL_SETS[config.labels]
    robots = RobotSetConfig(
        labels=labels,
        heads=-(-config.images // len(labels)),
        images_per_head=len(labels),
        seed=_STAND_IN_SEEDS + config.seed,
        size_px=config.size_px,
        intensity_low=config.intensity_low,
        intensity_high=config.intensity_high,
        dim_share=config.dim_share,
        stands_in=True,
    )
    return generate(robots, folder, workers)
