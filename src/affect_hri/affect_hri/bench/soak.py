"""The closed loop for many minutes: does memory grow, do labels become late, does it stall?"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from affect_core.bench.parts import machine
from affect_core.files import write_whole
from affect_core.machine import memory_of_tree_mb
from affect_hri.bench.listener import Heard, Listener
from affect_hri.bench.programs import composed, running, settle

FPS: Final = 30.0
WINDOW_S: Final = 10.0
DROPS_BELOW: Final = 0.001
LABELS_AT_LEAST: Final = 15.0
GAP_AT_MOST_S: Final = 0.5
GROWTH_AT_MOST: Final = 0.05
"""Of memory and of latency, from the second to the last fifth: what counts as flat."""


@dataclass(frozen=True)
class Window:
    """A stretch of the soak."""

    seconds: float
    labels_per_s: float
    latency_p50_ms: float
    latency_p99_ms: float
    longest_gap_s: float
    rendered: int
    dropped: int
    rss_mb: float


@dataclass(frozen=True)
class Verdict:
    """What came out, and whether it is good enough.

    Attributes:
        rss_growth, latency_growth: last fifth / second fifth - 1 (the first fifth warms up), medians.
    """

    labels_per_s: float
    drops: float
    rss_growth: float
    latency_growth: float
    longest_gap_s: float
    passed: bool


def soak(minutes: float, hog: bool, progress: Callable[[float], None]) -> list[Window]:
    """Run the composed loop and look at it every `WINDOW_S`.

    Args:
        minutes: how long.
        hog: keep one core busy beside it.
        progress: is told the share that is done.
    """
    settle()
    windows = []
    count = max(5, round(60.0 * minutes / WINDOW_S))
    with _busy_core(hog), Listener() as listener, running(composed(FPS), listener) as (process,):
        for number in range(count):
            heard = listener.listen(WINDOW_S)
            windows.append(_window(heard, memory_of_tree_mb(process)))
            progress((number + 1) / count)
    return windows


def judge(windows: Sequence[Window], hog: bool) -> Verdict:
    """Quiet: flat memory and latency, hardly any drops. Beside a hog: fast enough, and never stalled."""
    fifth = max(1, len(windows) // 5)
    early, late = windows[fifth : 2 * fifth] or windows[:1], windows[-fifth:]
    rss_growth = _growth([w.rss_mb for w in early], [w.rss_mb for w in late])
    latency_growth = _growth([w.latency_p50_ms for w in early], [w.latency_p50_ms for w in late])
    drops = sum(w.dropped for w in windows) / max(1, sum(w.rendered for w in windows))
    rate = sum(w.labels_per_s * w.seconds for w in windows) / sum(w.seconds for w in windows)
    gap_s = max(w.longest_gap_s for w in windows)
    if hog:
        passed = rate >= LABELS_AT_LEAST and gap_s <= GAP_AT_MOST_S
    else:
        passed = rss_growth <= GROWTH_AT_MOST and latency_growth <= GROWTH_AT_MOST and drops < DROPS_BELOW
    return Verdict(rate, drops, rss_growth, latency_growth, gap_s, passed)


def write_soak(runs: dict[str, tuple[Sequence[Window], Verdict]], folder: Path) -> Path:
    """``soak.json`` and ``soak.png`` in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    content: dict[str, Any] = {"machine": machine()}
    for name, (windows, verdict) in runs.items():
        content[name] = {**asdict(verdict), "windows": [asdict(window) for window in windows]}
    path = folder / "soak.json"
    write_whole(path, (json.dumps(content, indent=1) + "\n").encode())
    _plot({name: windows for name, (windows, _) in runs.items()}, folder / "soak.png")
    return path


def _window(heard: Heard, rss_mb: float) -> Window:
    latencies = [label.latency_ms for label in heard.labels]
    p50, p99 = np.quantile(latencies, [0.5, 0.99]) if latencies else (np.nan, np.nan)
    return Window(
        seconds=heard.seconds,
        labels_per_s=heard.per_second,
        latency_p50_ms=float(p50),
        latency_p99_ms=float(p99),
        longest_gap_s=min(heard.longest_gap_s, heard.seconds),
        rendered=heard.rendered,
        dropped=heard.dropped,
        rss_mb=rss_mb,
    )


def _growth(early: Sequence[float], late: Sequence[float]) -> float:
    return float(np.median(late) / np.median(early) - 1.0)


@contextmanager
def _busy_core(wanted: bool) -> Iterator[None]:
    if not wanted:
        yield
        return
    process = multiprocessing.get_context("spawn").Process(target=_spin, daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def _spin() -> None:
    while True:
        pass


def _plot(runs: dict[str, Sequence[Window]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6), layout="constrained")
    axes = figure.subplots(3, 1, sharex=True)
    for name, windows in runs.items():
        minutes = np.cumsum([w.seconds for w in windows]) / 60.0
        for axis, key in zip(axes, ("labels_per_s", "latency_p99_ms", "rss_mb"), strict=True):
            axis.plot(minutes, [getattr(w, key) for w in windows], label=name)
    for axis, title in zip(axes, ("labels per second", "latency, 99 of 100, ms", "memory, MB"), strict=True):
        axis.set_ylabel(title)
        axis.set_ylim(0, 1.15 * axis.get_ylim()[1])
    axes[0].legend()
    axes[-1].set_xlabel("minutes")
    figure.savefig(path, dpi=110)
