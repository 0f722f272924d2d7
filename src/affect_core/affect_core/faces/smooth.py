"""Takes the jitter out of landmarks: the one-euro filter, with a bound on its lag."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from affect_core.faces.boxes import widths
from affect_core.types import Detection, Floats

_SPEED_CUTOFF_HZ: Final = 1.0
"""Of the filter of the speed; Casiez et al. leave it at 1 Hz."""


class OneEuro:
    """The one-euro filter (Casiez, Roussel, Vogel: "1 € Filter", CHI 2012, algorithm 1) on an array of values.

    A low-pass filter whose cutoff grows with the speed: steady values are smoothed most. What moves steadily by v
    per frame comes out (1 - a) / a frames late, where a is the weight of the new value; a is kept at
    1 / (1 + ``lag_frames``) or more.

    Args:
        cutoff_hz: cutoff at rest.
        speed_gain: what the cutoff grows by, Hz per unit of the values and second.
        lag_frames: largest lag of a steady motion; 0 = no filter.
    """

    def __init__(self, cutoff_hz: float, speed_gain: float, lag_frames: float) -> None:
        self._cutoff_hz, self._gain = cutoff_hz, speed_gain
        self._least = 1.0 / (1.0 + lag_frames)
        self._value: Floats | None = None
        self._speed = np.zeros(())

    def __call__(self, values: Floats, step_s: float, unit: float = 1.0) -> Floats:
        """The filtered values; the first ones come out as they are.

        Args:
            values: the same shape in every call.
            step_s: time since the last call, > 0; without meaning in the first one.
            unit: of the values, for the speed: 1 as they are.
        """
        if self._value is None:
            self._value, self._speed = values, np.zeros_like(values)
            return values
        speed = (values - self._value) / (unit * step_s)
        self._speed = self._speed + smoothing(np.array(_SPEED_CUTOFF_HZ), step_s) * (speed - self._speed)
        weight = smoothing(self._cutoff_hz + self._gain * np.abs(self._speed), step_s)
        self._value = self._value + np.maximum(weight, self._least) * (values - self._value)
        return self._value


def smoothing(cutoff_hz: Floats, step_s: float) -> Floats:
    """Weight of the new value in a low-pass filter of this cutoff (the paper's equations 5 and 6)."""
    return np.asarray(1.0 / (1.0 + 1.0 / (2.0 * math.pi * cutoff_hz * step_s)))


@dataclass
class _Steadied:
    filter: OneEuro
    stamp_ns: int


class LandmarkFilter:
    """Steadies the landmarks of every face of a stream, by its id.

    Speeds are taken in face widths per second, so that near and far faces are treated alike. A face that is
    missing from a frame, or whose stamp does not grow, starts afresh.

    Args:
        cutoff_hz, speed_gain, lag_frames: of `OneEuro`; the gain in Hz per face width and second.
    """

    def __init__(self, cutoff_hz: float, speed_gain: float, lag_frames: float) -> None:
        self._settings = (cutoff_hz, speed_gain, lag_frames)
        self._faces: dict[str, _Steadied] = {}

    def update(
        self, faces: Sequence[tuple[str, Detection]], stamp_ns: int, restart: bool = False
    ) -> list[tuple[str, Detection]]:
        """The faces of the frame stamped ``stamp_ns``, with steadied landmarks.

        Args:
            restart: forget the frames so far (the picture has changed as a whole).
        """
        before = {} if restart else self._faces
        self._faces = {}
        return [
            (face_id, self._steady(before.get(face_id), face_id, face, stamp_ns)) for face_id, face in faces
        ]

    def _steady(self, state: _Steadied | None, face_id: str, face: Detection, stamp_ns: int) -> Detection:
        if state is None or stamp_ns <= state.stamp_ns:
            state = _Steadied(OneEuro(*self._settings), stamp_ns)
        unit = float(widths(face.box_xyxy[None])[0])
        step_s = (stamp_ns - state.stamp_ns) * 1e-9
        steady = state.filter(face.landmarks_xy, step_s, unit)
        self._faces[face_id] = _Steadied(state.filter, stamp_ns)
        return replace(face, landmarks_xy=steady)
