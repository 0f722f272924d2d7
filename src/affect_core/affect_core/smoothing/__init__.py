"""Smoothing of estimates over time. Apart from `affect_core.emotion`, whose networks not everybody needs."""

from affect_core.smoothing.config import NONE, TemporalConfig
from affect_core.smoothing.durations import learn_durations, save_durations, stays_s, with_durations
from affect_core.smoothing.temporal import SMOOTHERS, Smoother, Temporal

__all__ = [
    "NONE",
    "SMOOTHERS",
    "Smoother",
    "Temporal",
    "TemporalConfig",
    "learn_durations",
    "save_durations",
    "stays_s",
    "with_durations",
]
