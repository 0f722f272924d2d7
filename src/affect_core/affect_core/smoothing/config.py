"""What can be set about smoothing over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from affect_core.config import Settings, setting

NONE: Final = "none"


@dataclass(frozen=True)
class TemporalConfig(Settings):
    """How estimates of one face are smoothed over time."""

    smoothing: str = setting(NONE, "how probabilities are smoothed: a name from the registry of smoothers")
    ema_s: float = setting(0.3, "ema: time constant, s", low=0.001)
    evidence_s: float = setting(0.3, "hmm: frames of so many seconds count as one observation", low=0.001)
    duration_s: float = setting(3.0, "hmm: mean time that an expression stays, s", low=0.01)
    duration_shape: int = setting(
        3,
        "hmm: shape of the Erlang distribution of that time; 1: it forgets how long it has been",
        low=1,
        high=20,
    )
    durations: str = setting(
        "",
        "hmm: a file of `affect-hri durations`, or its name in config/durations, in place of duration_s and "
        "duration_shape; empty: those two",
    )
    hysteresis: float = setting(
        1.0, "odds by which another class must lead before the label changes; 1: none", low=1.0
    )
    forget_s: float = setting(1.0, "a face that was gone for longer is a new one, s", low=0.0)
