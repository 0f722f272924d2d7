"""From what single frames say to what is shown over time: `SMOOTHERS` is the registry.

P0 names temporal modelling as its next step. A smoother trades lag for steadiness; what that costs and brings
stands in every trial's report. Time is that of the stamps, so that a smoother does the same at any frame rate and in
any replay.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from affect_core.registry import Registry
from affect_core.smoothing.config import NONE, TemporalConfig
from affect_core.smoothing.durations import with_durations

_SMALLEST: Final = 1e-6
_NS: Final = 1e-9

Shares = NDArray[Any]


class Smoother(Protocol):
    """Follows one face."""

    def step(self, shares: Shares, passed_s: float) -> Shares:
        """What is to be believed now.

        Args:
            shares: (C,), what this frame says; sum 1.
            passed_s: since the frame before; 0 for the first one.

        Returns:
            (C,), sum 1.
        """


SMOOTHERS: Registry[Smoother] = Registry("smoother")
"""Name -> builder ``(config, classes) -> Smoother``."""


@SMOOTHERS.register(NONE)
class Plain:
    """Every frame for itself."""

    def __init__(self, _config: TemporalConfig, _classes: int) -> None:
        pass

    def step(self, shares: Shares, _passed_s: float) -> Shares:
        """See `Smoother.step`."""
        return shares


@SMOOTHERS.register("ema")
class Average:
    """Exponential moving average of the probabilities."""

    def __init__(self, config: TemporalConfig, _classes: int) -> None:
        self._time_s = config.ema_s
        self._mean: Shares | None = None

    def step(self, shares: Shares, passed_s: float) -> Shares:
        """See `Smoother.step`."""
        keep = np.exp(-passed_s / self._time_s)
        self._mean = shares if self._mean is None else keep * self._mean + (1.0 - keep) * shares
        return self._mean


@SMOOTHERS.register("hmm")
class Filter:
    """Forward filter of a hidden semi-Markov model whose durations are Erlang distributed.

    Each class is a chain of ``duration_shape`` stages that are passed at an equal rate (the method of stages, Cox 1955);
    after the last one any other class may follow. Neighbouring frames show nearly the same picture, so what a frame says
    counts in proportion to the time since the last one.
    """

    def __init__(self, config: TemporalConfig, classes: int) -> None:
        self._config, self._classes = config, classes
        self._belief: NDArray[np.float64] | None = None  # (C, stages)

    def step(self, shares: Shares, passed_s: float) -> Shares:
        """See `Smoother.step`."""
        stages, evidence_s = self._config.duration_shape, self._config.evidence_s
        if self._belief is None:
            self._belief = np.zeros((self._classes, stages))
            self._belief[:, 0] = shares
            return shares
        passed = _transition(self._classes, stages, self._config.duration_s, round(passed_s, 4))
        predicted = (self._belief.ravel() @ passed).reshape(self._classes, stages)
        likelihood = np.maximum(shares, _SMALLEST) ** min(passed_s / evidence_s, 1.0)
        belief = predicted * likelihood[:, None]
        self._belief = belief / belief.sum()
        return np.asarray(self._belief.sum(axis=1))


@lru_cache(maxsize=64)
def _transition(classes: int, stages: int, duration_s: float, passed_s: float) -> NDArray[np.float64]:
    """(C * stages, C * stages): probability to go from one stage to another in this time."""
    from scipy.linalg import expm

    rate = stages / duration_s
    generator = np.zeros((classes, stages, classes, stages))
    for one in range(classes):
        for stage in range(stages):
            generator[one, stage, one, stage] = -rate
            if stage + 1 < stages:
                generator[one, stage, one, stage + 1] = rate
            else:
                others = [other for other in range(classes) if other != one]
                generator[one, stage, others, 0] = rate / len(others)
    size = classes * stages
    return np.asarray(expm(generator.reshape(size, size) * passed_s))


@dataclass
class _Followed:
    smoother: Smoother
    stamp_ns: int
    label: int | None = None


class Temporal:
    """Smooths the estimates of all faces of a stream; each face by its id."""

    def __init__(self, config: TemporalConfig) -> None:
        SMOOTHERS.get(config.smoothing)
        self._config = with_durations(config)
        self._faces: dict[str, _Followed] = {}

    def smooth(self, face_id: str, shares: Shares, stamp_ns: int) -> Shares:
        """What is to be believed of a face at this instant.

        A face that was gone for long, and a stamp that lies before the last one, begin anew.

        Args:
            face_id: of the face.
            shares: (C,), what the frame says; sum 1.
            stamp_ns: of the frame.

        Returns:
            (C,), sum 1.
        """
        if self._config.smoothing == NONE and self._config.hysteresis == 1.0:
            return shares
        self._forget(stamp_ns)
        followed = self._faces.get(face_id)
        if followed is None:
            made = SMOOTHERS.build(self._config.smoothing, self._config, len(shares))
            followed = self._faces[face_id] = _Followed(made, stamp_ns)
        passed_s = (stamp_ns - followed.stamp_ns) * _NS
        followed.stamp_ns = stamp_ns
        believed = self._held(
            followed.smoother.step(np.asarray(shares, np.float64), passed_s), followed.label
        )
        followed.label = int(believed.argmax())
        return believed

    def _held(self, shares: Shares, label: int | None) -> Shares:
        """The label in force with better odds."""
        if label is None or self._config.hysteresis == 1.0:
            return shares
        held = shares.copy()
        held[label] *= self._config.hysteresis
        return np.asarray(held / held.sum())

    def _forget(self, stamp_ns: int) -> None:
        longest_ns = self._config.forget_s / _NS
        gone = [k for k, one in self._faces.items() if not 0 <= stamp_ns - one.stamp_ns <= longest_ns]
        for face_id in gone:
            del self._faces[face_id]
