"""What this machine's processor is and can do."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Final

_CPU_INFO: Final = Path("/proc/cpuinfo")
_CLASSES: Final = (
    ("amx", ({"amx_tile", "amx_bf16", "amx_int8"},)),
    ("vnni", ({"avx512_vnni"}, {"avx_vnni"})),
)
_BF16: Final = ("avx512_bf16", "amx_bf16")


@cache
def cpu_model(cpu_info: Path = _CPU_INFO) -> str:
    """Name of the processor, with family, model and stepping, because clouds give many the same name."""
    fields = _fields(cpu_info)
    numbers = (fields.get(key, "") for key in ("cpu family", "model", "stepping"))
    return f"{fields.get('model name', platform.processor() or platform.machine())} ({' '.join(numbers).strip()})"


@cache
def cpu_class(cpu_info: Path = _CPU_INFO) -> str:
    """``amx``: multiplies bf16 and int8 matrices; ``vnni``: int8 dot products; ``fp32``: neither, or not known."""
    flags = _flags(cpu_info)
    return next((name for name, ways in _CLASSES if any(way <= flags for way in ways)), "fp32")


@cache
def cpu_has_bf16(cpu_info: Path = _CPU_INFO) -> bool:
    """Whether the processor multiplies bf16 itself; elsewhere it is emulated and slow."""
    return not _flags(cpu_info).isdisjoint(_BF16)


@cache
def cpu_gains_from_bf16(cpu_info: Path = _CPU_INFO) -> bool:
    """Whether networks take less time in bf16: where the processor multiplies matrices of it.

    Vectors of it (avx512_bf16) are not enough: torch 2.13 takes 1.3 to 1.7 times as long for a training step.
    """
    return cpu_class(cpu_info) == "amx"


def _flags(cpu_info: Path) -> set[str]:
    return set(_fields(cpu_info).get("flags", "").split())


def _fields(cpu_info: Path) -> dict[str, str]:
    """Of the first processor; none where there is no such file."""
    try:
        lines = cpu_info.read_text().splitlines()
    except OSError:
        return {}
    return _pairs(lines[: lines.index("")] if "" in lines else lines)


def _pairs(lines: Iterable[str]) -> dict[str, str]:
    parts = (line.partition(":") for line in lines)
    return {key.strip(): value.strip() for key, _, value in parts}


def memory_of_tree_mb(process: int, proc: Path = Path("/proc")) -> float:
    """Resident memory of a process and all its children, MB; raises FileNotFoundError when it has ended."""
    place = proc / str(process)
    own_kb = int(_pairs((place / "status").read_text().splitlines())["VmRSS"].split()[0])
    # Each thread knows the children it has started.
    lists = [children.read_text().split() for children in sorted(place.glob("task/*/children"))]
    return own_kb / 1024.0 + sum(memory_of_tree_mb(int(child), proc) for child in chain.from_iterable(lists))
