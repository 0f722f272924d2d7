"""How long expressions stay, learnt from trials: what the smoother ``hmm`` expects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from affect_core.errors import InputError
from affect_core.smoothing.temporal import TemporalConfig

MOST_STAGES: Final = 20


def learn_durations(durations_s: Sequence[float], config: TemporalConfig) -> TemporalConfig:
    """The settings with the Erlang distribution that has the mean and, as nearly as it can, the spread of the data.

    The method of moments: shape = mean^2 / variance, a whole number between 1 and `MOST_STAGES`.

    Args:
        durations_s: how long each expression stayed, s.
        config: whose other settings are kept.

    Raises:
        InputError: fewer than two durations, or one that is not positive.
    """
    values = np.asarray(durations_s, np.float64)
    if len(values) < 2 or not (values > 0).all():
        raise InputError(f"expected two durations or more, each above 0 s, got {list(durations_s)[:5]}")
    mean, variance = float(values.mean()), float(values.var())
    shape = MOST_STAGES if variance == 0.0 else int(np.clip(round(mean * mean / variance), 1, MOST_STAGES))
    return replace(config, duration_s=mean, duration_shape=shape)


def stays_s(stamps_ns: Iterable[int]) -> list[float]:
    """Seconds between one change of the expression and the next."""
    ordered = sorted(stamps_ns)
    return [(after - before) / 1e9 for before, after in pairwise(ordered)]
