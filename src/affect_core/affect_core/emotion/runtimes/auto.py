"""Runtime auto: the fastest that agrees with torch in fp32, found out by a short measurement and remembered.

A choice holds for this processor, these weights, this number of threads and these versions of the programs.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

from affect_core.emotion.agreement import TOLERANCES, difference
from affect_core.emotion.base import AUTO, CPU, EXACT, PRECISIONS, RUNTIMES, Batch, Runtime, runtime_name
from affect_core.emotion.cache import found, kept
from affect_core.emotion.card import Card
from affect_core.emotion.export import file_stem, installed
from affect_core.emotion.int8 import FILE
from affect_core.emotion.preprocess import to_batch
from affect_core.emotion.sample import sample_crops
from affect_core.errors import Unavailable
from affect_core.machine import cpu_model

FORMAT: Final = 3
_REFERENCE: Final = ("torch", EXACT)
_WARM_UP: Final = 2
_ROUNDS: Final = 15
_FEWEST_ROUNDS: Final = 3
_LIMIT_S: Final = 2.0  # of measuring; building the candidates comes on top
_HOPELESS: Final = 4.0  # so many times slower than the fastest after the warm-up
_AS_FAST: Final = 1.25

Way = tuple[str, str]
"""Runtime and precision."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """What was chosen, and why.

    Attributes:
        runtime, precision: the choice.
        shortest_ms: name -> shortest time of one face, for all that were measured.
        passed_over: name -> why it was not measured, or may not win.
    """

    runtime: str
    precision: str
    shortest_ms: Mapping[str, float]
    passed_over: Mapping[str, str]


def choose(
    card: Card,
    threads: int = 1,
    precision: str = AUTO,
    device: str = CPU,
    clock_s: Callable[[], float] = perf_counter,
) -> Choice:
    """The remembered choice, or a new one.

    Args:
        card: of the model.
        threads, device: what the runtimes get.
        precision: restricts the choice to runtimes of this one; auto = any.
        clock_s: tells the time.

    Raises:
        Unavailable: nothing can run, with the reasons.
        ModelError: the weights cannot be used.
    """
    content = kept(
        _stem(card, threads, precision, device),
        ".json",
        lambda: json.dumps(vars(probe(card, threads, precision, device, clock_s)), indent=1).encode(),
    )
    choice = Choice(**json.loads(content))
    name = runtime_name(choice.runtime, choice.precision, device)
    times = ", ".join(f"{other} {ms:.2f} ms" for other, ms in choice.shortest_ms.items())
    _log.info("%s: runtime auto is %s (%s)", card.name, name, times)
    return choice


def remembered(card: Card, threads: int, precision: str, device: str) -> str:
    """The runtime of the remembered choice; empty if there is none yet. Raises ModelError, see `choose`."""
    content = found(_stem(card, threads, precision, device), ".json")
    return "" if content is None else Choice(**json.loads(content)).runtime


def probe(
    card: Card,
    threads: int,
    precision: str = AUTO,
    device: str = CPU,
    clock_s: Callable[[], float] = perf_counter,
) -> Choice:
    """Measure, whatever is remembered; see `choose`."""
    batch = to_batch(sample_crops(card.crop), card)
    runtimes, passed_over = _build_all(card, threads, precision, device)
    passed_over |= _disagreeing(card, threads, runtimes, batch)
    able = {way: runtime for way, runtime in runtimes.items() if runtime.name not in passed_over}
    if not able:
        reasons = "; ".join(f"{name}: {why}" for name, why in passed_over.items())
        raise Unavailable(f"{card.name}: no runtime can run it on {device}: {reasons}")
    shortest_s = measure(able, batch[:1], clock_s)
    runtime, chosen = fastest(shortest_s)
    shortest_ms = {able[way].name: round(1e3 * s, 3) for way, s in shortest_s.items()}
    return Choice(runtime, chosen, shortest_ms, passed_over)


def fastest(shortest_s: Mapping[Way, float]) -> Way:
    """The way with the smallest time; of those that are about as fast, the most exact one."""
    limit = _AS_FAST * min(shortest_s.values())
    near = [way for way, time_s in shortest_s.items() if time_s <= limit]
    return min(near, key=lambda way: (PRECISIONS.index(way[1]), shortest_s[way]))


def measure(
    runtimes: Mapping[Way, Runtime], batch: Batch, clock_s: Callable[[], float] = perf_counter
) -> dict[Way, float]:
    """Shortest time of a forward pass, s. What else runs on the machine only adds to a time.

    Taken in turns so that a busy spell hits all of them alike. Each is timed in its second pass of a turn: the first
    one finds the weights of the others in the processor's cache.
    """

    def timed(runtime: Runtime) -> float:
        runtime.forward(batch)
        started_s = clock_s()
        runtime.forward(batch)
        return clock_s() - started_s

    first_s = {way: min(timed(r) for _ in range(_WARM_UP)) for way, r in runtimes.items()}
    limit_s = _HOPELESS * min(first_s.values())
    times_s: dict[Way, list[float]] = {way: [] for way in runtimes if first_s[way] <= limit_s}
    until_s = clock_s() + _LIMIT_S
    for turn in range(_ROUNDS):
        if turn >= _FEWEST_ROUNDS and clock_s() > until_s:
            break
        for way, times in times_s.items():
            times.append(timed(runtimes[way]))
    return {way: min(times_s.get(way) or [first_s[way]]) for way in runtimes}


def _build_all(
    card: Card, threads: int, precision: str, device: str
) -> tuple[dict[Way, Runtime], dict[str, str]]:
    """All that can be built, and the reasons of the others."""
    built: dict[Way, Runtime] = {}
    reasons: dict[str, str] = {}
    wanted = PRECISIONS if precision == AUTO else (precision,)
    for way in ((runtime, p) for runtime in RUNTIMES if runtime != AUTO for p in wanted):
        try:
            built[way] = RUNTIMES.build(way[0], card, threads, way[1], device)
        except Unavailable as error:
            reasons[runtime_name(*way, device)] = str(error)
    return built, reasons


def _disagreeing(card: Card, threads: int, runtimes: Mapping[Way, Runtime], batch: Batch) -> dict[str, str]:
    """Name -> how, for those that are further from the reference than their precision explains."""
    reference = runtimes.get(_REFERENCE) or RUNTIMES.build(_REFERENCE[0], card, threads, _REFERENCE[1])
    expected = reference.forward(batch)
    unlike = {}
    for (_, precision), runtime in runtimes.items():
        apart, most = difference(expected, runtime.forward(batch)), TOLERANCES[precision]
        if not apart.within(most):
            unlike[runtime.name] = f"disagrees with torch-fp32: expected at most {most}, got {apart}"
            _log.warning("%s: %s %s", card.name, runtime.name, unlike[runtime.name])
    return unlike


def _stem(card: Card, threads: int, precision: str, device: str) -> str:
    int8 = card.folder / FILE
    versions = {name: installed(name) for name in ("torch", "onnx", "onnxruntime", "openvino")}
    measured = int8.read_text() if int8.is_file() else ""
    gpu: Any = _gpu() if device != CPU else ""
    return file_stem(card, "choice", FORMAT, cpu_model(), gpu, threads, precision, device, versions, measured)


def _gpu() -> str:
    """Name of the graphics card; the choice of another machine with the same processor may be another one."""
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else ""
