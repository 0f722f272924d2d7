"""The lines of the benchmark about the whole loop: rate, drops, latency, memory."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np

from affect_core.bench.targets import Line, single
from affect_core.machine import memory_of_tree_mb
from affect_hri.bench.listener import Heard, Listener
from affect_hri.bench.programs import composed, from_memory, one_process_per_node, running, settle

FAST_FPS: Final = 45.0
"""Of the virtual camera in the closed loop: the goal."""
CAMERA_FPS: Final = 30.0
LONG_S: Final = 60.0
SHORT_S: Final = 15.0
TURNS: Final = 2
_FACES: Final = 4

Progress = Callable[[str], None]


def lines(progress: Progress, share: float = 1.0) -> list[Line]:
    """All lines of this part, for `make bench`.

    Args:
        progress: is told what begins.
        share: of the time that measurements take; less than 1 for a quick look.
    """
    settle()
    with Listener() as listener:
        progress("closed loop, one program")
        made = closed_loop(listener, LONG_S * share)
        made += latencies(listener, SHORT_S * share, progress)
        made.append(attribution_cost(listener, SHORT_S * share, progress))
        for faces in (1, _FACES):
            progress(f"frames from memory, {faces} in view")
            made.append(memory_loop(listener, faces, SHORT_S * share))
    return made


def closed_loop(listener: Listener, seconds: float) -> list[Line]:
    """closed_loop_fps, closed_loop_drops, rss_mb."""
    with running(composed(FAST_FPS), listener) as (process,):
        heard = listener.listen(seconds)
        rss_mb = memory_of_tree_mb(process)
    n = len(heard.labels)
    more = {"asked_fps": FAST_FPS, "seconds": round(heard.seconds, 1), **_latency(heard), **_runtime(heard)}
    return [
        single("closed_loop_fps", heard.per_second, n, rendered=heard.rendered, **more),
        single("closed_loop_drops", heard.dropped / max(1, heard.rendered), n, dropped=heard.dropped),
        single("rss_mb", rss_mb, 1, after_s=round(heard.seconds, 1)),
    ]


def latencies(listener: Listener, seconds: float, progress: Progress) -> list[Line]:
    """latency_composed_* and latency_nodes_*: both ways to run the nodes, in turns, at the camera's rate."""
    heard: dict[str, list[Heard]] = {"composed": [], "nodes": []}
    for turn in range(1, TURNS + 1):
        progress(f"latency at {CAMERA_FPS:g} fps, turn {turn} of {TURNS}")
        with running(composed(CAMERA_FPS), listener):
            heard["composed"].append(listener.listen(seconds))
        with (
            tempfile.TemporaryDirectory() as folder,
            running(one_process_per_node(CAMERA_FPS, Path(folder)), listener),
        ):
            heard["nodes"].append(listener.listen(seconds))
    return [line for way, parts in heard.items() for line in _latency_lines(way, parts)]


def attribution_cost(listener: Listener, seconds: float, progress: Progress) -> Line:
    """The line attribution_cost: the closed loop as it is started by default, and without attribution_node, in turns."""
    heard: dict[str, list[Heard]] = {"with": [], "without": []}
    for turn in range(1, TURNS + 1):
        progress(f"cost of explanations, turn {turn} of {TURNS}")
        for way, options in (("with", ()), ("without", ("--explain", "none"))):
            with running(composed(FAST_FPS, *options), listener):
                heard[way].append(listener.listen(seconds))
    return cost_line(heard["with"], heard["without"])


def cost_line(explained: Sequence[Heard], plain: Sequence[Heard]) -> Line:
    """How much slower labels are with explanations: in labels per second or in latency, whichever is worse."""
    rates = [
        sum(len(h.labels) for h in parts) / sum(h.seconds for h in parts) for parts in (explained, plain)
    ]
    p50 = [median(label.latency_ms for h in parts for label in h.labels) for parts in (explained, plain)]
    return single(
        "attribution_cost",
        max(1.0 - rates[0] / rates[1], p50[0] / p50[1] - 1.0),
        sum(len(h.labels) for h in explained),
        asked_fps=FAST_FPS,
        labels_per_s=[round(rate, 2) for rate in rates],
        latency_p50_ms=[round(value, 2) for value in p50],
        maps=sum(h.maps for h in explained),
        **_runtime(explained[0]),
    )


def memory_loop(listener: Listener, faces: int, seconds: float) -> Line:
    """memory_loop_fps or four_faces_fps; only labels that name every face count."""
    with running(from_memory(faces), listener):
        heard = listener.listen(seconds)
    whole = sum(label.faces == faces for label in heard.labels)
    name = "memory_loop_fps" if faces == 1 else "four_faces_fps"
    more = {"labels_per_s": round(heard.per_second, 1), **_latency(heard), **_runtime(heard)}
    return single(name, whole / heard.seconds, whole, **more)


def _latency_lines(way: str, parts: Sequence[Heard]) -> list[Line]:
    values = [label.latency_ms for heard in parts for label in heard.labels]
    medians = [round(median([label.latency_ms for label in heard.labels]), 2) for heard in parts]
    more: dict[str, Any] = {"min_ms": round(min(values), 2), "medians_ms": medians, **_runtime(parts[0])}
    return [
        single(f"latency_{way}_p50_ms", median(values), len(values), **more),
        single(f"latency_{way}_p99_ms", float(np.quantile(values, 0.99)), len(values)),
    ]


def _latency(heard: Heard) -> dict[str, float]:
    values = [label.latency_ms for label in heard.labels]
    p50, p99 = np.quantile(values, [0.5, 0.99]) if values else (np.nan, np.nan)
    return {"latency_p50_ms": round(float(p50), 2), "latency_p99_ms": round(float(p99), 2)}


def _runtime(heard: Heard) -> dict[str, str]:
    return {"runtime": heard.labels[-1].runtime} if heard.labels else {}
