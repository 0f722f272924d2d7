"""How fast the emotion model is read: what `runtime: auto` chose, against eager torch in single precision."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Final

import numpy as np

from affect_core.bench.targets import Line, versus
from affect_core.emotion.base import RUNTIMES, Batch, EmotionConfig, Runtime, build_runtime
from affect_core.emotion.card import load_card
from affect_core.emotion.preprocess import to_batch
from affect_core.emotion.sample import sample_crops

ROUNDS: Final = 60
_WARM_UP: Final = 5
_TURN: Final = 5


@dataclass
class Times:
    """Of one runtime, ms per forward pass."""

    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    def add(self, work: Callable[[], object]) -> None:
        """Do ``work`` and note its time by the clock and on the processor, all threads of it."""
        started_s, cpu_started_s = time.perf_counter(), time.process_time()
        work()
        self.cpu_ms.append(1e3 * (time.process_time() - cpu_started_s))
        self.wall_ms.append(1e3 * (time.perf_counter() - started_s))

    def summary(self) -> dict[str, float]:
        """Median, minimum, processor time."""
        return {
            "median_ms": round(median(self.wall_ms), 3),
            "min_ms": round(min(self.wall_ms), 3),
            "cpu_median_ms": round(median(self.cpu_ms), 3),
        }


def measure(
    model: str = EmotionConfig.model, runtime: str = "auto", rounds: int = ROUNDS, faces: int = 1
) -> Line:
    """The line amal_ratio: eager torch in fp32 / ours, one thread each, in turns.

    Args:
        model: name or folder.
        runtime: ours.
        rounds: passes of each.
        faces: in the batch.
    """
    card = load_card(model)
    ours = build_runtime(EmotionConfig(model=model, runtime=runtime), card)
    eager = RUNTIMES.build("torch", card, 1)
    batch = to_batch(sample_crops(card.crop, faces), card)
    ours_times, eager_times = in_turns(ours, eager, np.ascontiguousarray(batch), rounds)
    return versus(
        "amal_ratio",
        median(ours_times.wall_ms),
        median(eager_times.wall_ms),
        "ms",
        rounds,
        model=card.name,
        faces=faces,
        runtime=ours.name,
        times_ours=ours_times.summary(),
        times_other=eager_times.summary(),
    )


def in_turns(ours: Runtime, other: Runtime, batch: Batch, rounds: int) -> tuple[Times, Times]:
    """Both runtimes, `_TURN` passes each in turn, so that what disturbs the machine disturbs both.

    A turn begins with a pass that does not count: it finds the other's weights in the processor's cache.
    """
    for runtime in (ours, other):
        for _ in range(_WARM_UP):
            runtime.forward(batch)
    times = Times(), Times()
    for begun in range(0, rounds, _TURN):
        for runtime, noted in zip((ours, other), times, strict=True):
            runtime.forward(batch)
            for _ in range(min(_TURN, rounds - begun)):
                noted.add(lambda runtime=runtime: runtime.forward(batch))  # type: ignore[misc] # mypy infers no default
    return times
