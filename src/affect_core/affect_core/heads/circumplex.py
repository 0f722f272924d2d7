"""Valence and arousal -> the expression that a head shows for them."""

from __future__ import annotations

from collections.abc import Iterable
from math import atan2, cos, hypot, isfinite

from affect_core.data.affect_map import shared_affect_map
from affect_core.errors import InputError
from affect_core.labels import NEUTRAL

AT_REST = 0.1
"""Closer to the origin than this is neutral."""


def nearest_expression(valence: float, arousal: float, names: Iterable[str]) -> tuple[str, float]:
    """The expression in that direction of the circumplex, and its intensity.

    Where people place each expression stands in ``config/affect_map.yaml`` (anchors). The direction chooses; the
    distance from the origin, over that of the anchor, is the intensity, 1 at most.

    Args:
        valence, arousal: -1..1.
        names: expressions that can be shown.

    Returns:
        Name, and intensity 0..1.

    Raises:
        InputError: a value is not finite or out of range.
    """
    if not all(isfinite(value) and -1.0 <= value <= 1.0 for value in (valence, arousal)):
        raise InputError(f"expected valence and arousal from -1 to 1, got {valence:g} and {arousal:g}")
    distance = hypot(valence, arousal)
    if distance < AT_REST:
        return NEUTRAL, 1.0
    anchors = shared_affect_map().anchors
    known = {name: anchors[name] for name in names if name in anchors and name != NEUTRAL}
    direction = atan2(arousal, valence)

    def alike(name: str) -> float:
        return cos(direction - atan2(known[name].arousal, known[name].valence))

    nearest = max(known, key=alike)
    size = hypot(known[nearest].valence, known[nearest].arousal)
    return nearest, min(distance / size, 1.0)
