"""Smoothing of estimates over time. Apart from `affect_core.emotion`, whose networks not everybody needs."""

from affect_core.smoothing.durations import learn_durations, stays_s
from affect_core.smoothing.temporal import NONE, SMOOTHERS, Smoother, Temporal, TemporalConfig

__all__ = ["NONE", "SMOOTHERS", "Smoother", "Temporal", "TemporalConfig", "learn_durations", "stays_s"]
