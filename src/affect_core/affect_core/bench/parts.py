"""The parts of the benchmark: what this package measures, and what other packages add."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import Any, Final

from affect_core.bench.targets import Line
from affect_core.files import write_whole
from affect_core.machine import cpu_class, cpu_model
from affect_core.registry import Registry

GROUP: Final = "affect_hri.bench"
FILE: Final = "bench.json"
_PROGRAMS: Final = ("torch", "onnxruntime", "openvino", "facenet-pytorch", "rclpy", "numpy")

Progress = Callable[[str], None]

PARTS: Registry[Callable[[Progress, float], list[Line]]] = Registry("part of the benchmark")
"""Name -> builder of a function ``(progress, share of the usual time) -> lines``."""


@PARTS.register("rendering")
def _rendering() -> Callable[[Progress, float], list[Line]]:
    from affect_core.bench.rendering import lines

    return lambda _progress, share: lines(max(20, round(200 * share)))


@PARTS.register("emotion")
def _emotion() -> Callable[[Progress, float], list[Line]]:
    from affect_core.bench.emotion import ROUNDS, measure

    return lambda _progress, share: [measure(rounds=max(10, round(ROUNDS * share)))]


@PARTS.register("faces")
def _faces() -> Callable[[Progress, float], list[Line]]:
    from affect_core.bench.faces import FRAMES, lines

    return lambda _progress, share: lines(max(20, round(FRAMES * share)))


@PARTS.register("explain")
def _explain() -> Callable[[Progress, float], list[Line]]:
    from affect_core.bench.explain import ROUNDS, gradient_shap_line, lime_line

    def lines(_progress: Progress, share: float) -> list[Line]:
        rounds = max(1, round(ROUNDS * share))
        return [lime_line(rounds=rounds), gradient_shap_line(rounds=rounds)]

    return lines


def load_others() -> None:
    """Add the parts of other installed packages; they bring theirs by an entry point of `GROUP`."""
    known = PARTS.names()
    for entry in entry_points(group=GROUP):
        if entry.name not in known:
            PARTS.register(entry.name)(entry.load)


def measure_parts(names: Sequence[str], progress: Progress, share: float = 1.0) -> list[Line]:
    """The lines of the parts ``names``, or of all; raises UnknownName."""
    load_others()
    for name in names:
        PARTS.get(name)
    made: list[Line] = []
    for name in names or PARTS.names():
        progress(name)
        made += PARTS.build(name)(progress, share)
    return made


def write_lines(lines: Sequence[Line], folder: Path) -> Path:
    """``bench.json`` in ``folder``: the machine and the lines."""
    path = folder / FILE
    content = {"machine": machine(), "lines": [asdict(line) for line in lines]}
    write_whole(path, (json.dumps(content, indent=1) + "\n").encode())
    return path


def machine() -> dict[str, Any]:
    """Processor, its class, cores that may be used, versions."""
    return {
        "cpu": cpu_model(),
        "class": cpu_class(),
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: found for name in _PROGRAMS if (found := _version(name))},
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
