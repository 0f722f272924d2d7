"""What the runtimes share: which arithmetic they have, and how arrays become an `Output`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from affect_core.emotion.base import AUTO, EXACT, Batch, Output
from affect_core.errors import Unavailable


def settle_precision(runtime: str, device: str, wanted: str, reasons: Mapping[str, str]) -> str:
    """The precision to run.

    Args:
        runtime, device: for the message.
        wanted: a precision, or auto, which is the exact one: what somebody names gives the same numbers everywhere.
        reasons: precision -> why it cannot run here; empty if it can. What is not listed does not exist.

    Raises:
        Unavailable: says why.
    """
    precision = EXACT if wanted == AUTO else wanted
    reason = reasons.get(precision, "it has no such arithmetic")
    if reason:
        can = ", ".join(name for name, why in reasons.items() if not why) or "nothing"
        raise Unavailable(
            f"runtime {runtime} on {device} cannot run {precision}: {reason}; it can run {can} here"
        )
    return precision


def to_output(names: Sequence[str], arrays: Sequence[Batch]) -> Output:
    """Arrays in the order of their names; what a network lacks is None."""
    parts = {name: np.ascontiguousarray(array, np.float32) for name, array in zip(names, arrays, strict=True)}
    return Output(**parts)
