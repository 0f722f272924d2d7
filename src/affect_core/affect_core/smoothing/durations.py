"""How long expressions stay, learnt from trials: what the smoother ``hmm`` expects."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path
from typing import Final

import numpy as np
import yaml

from affect_core.config import load_yaml
from affect_core.errors import ConfigError, InputError
from affect_core.files import write_whole
from affect_core.paths import find_named
from affect_core.smoothing.config import TemporalConfig
from affect_core.texts import values_of

MOST_STAGES: Final = 20
FOLDER: Final = "config/durations"
_COLUMNS: Final = ("session", "stamp_ns", "event", "truth")
_LEARNT: Final = ("duration_s", "duration_shape")


def learn_durations(durations_s: Sequence[float], config: TemporalConfig) -> TemporalConfig:
    """The settings with the Erlang distribution that has the mean and, as nearly as it can, the spread of the data.

    The method of moments: shape = mean^2 / variance, a whole number between 1 and `MOST_STAGES`.

    Args:
        durations_s: how long each expression stayed, s.
        config: whose other settings are kept.

    Raises:
        InputError: fewer than two durations, or one that is not positive.
    """
    values = np.asarray(durations_s, np.float64)
    if len(values) < 2 or not (values > 0).all():
        raise InputError(f"expected two durations or more, each above 0 s, got {list(durations_s)[:5]}")
    mean, variance = float(values.mean()), float(values.var())
    shape = MOST_STAGES if variance == 0.0 else int(np.clip(round(mean * mean / variance), 1, MOST_STAGES))
    return replace(config, duration_s=mean, duration_shape=shape)


def stays_s(records: Path) -> list[float]:
    """How long each commanded expression stayed in a recorded trial, s, to a frame.

    Args:
        records: records.csv of a trial's report. The last expression is left out, whose end was not seen, and those
            before a pause.

    Raises:
        InputError: not such a file.
    """
    with records.open(newline="") as file:
        table = csv.DictReader(file)
        missing = [name for name in _COLUMNS if name not in (table.fieldnames or ())]
        if missing:
            raise InputError(f"{records}: expected the columns of a report's records.csv, missing {missing}")
        rows = sorted((row["session"], int(row["stamp_ns"]), row["truth"]) for row in table)
    found: list[float] = []
    for _, session in groupby(rows, key=lambda row: row[0]):
        begun = [next(same) for _, same in groupby(session, key=lambda row: row[2])]
        found += [(after[1] - before[1]) / 1e9 for before, after in pairwise(begun) if before[2] and after[2]]
    return found


def save_durations(config: TemporalConfig, seen: int, about: str, path: Path) -> Path:
    """Write learnt durations for the setting ``durations``; returns the path.

    Args:
        config: as `learn_durations` gives it.
        seen: number of durations they were learnt from.
        about: where those come from.
        path: of the file, YAML.
    """
    content = {name: getattr(config, name) for name in _LEARNT} | {"seen": seen, "about": about}
    write_whole(path, yaml.safe_dump(content, sort_keys=False, width=110))
    return path


def with_durations(config: TemporalConfig) -> TemporalConfig:
    """The settings with what the file named by ``durations`` says in place of their own durations.

    Raises:
        ConfigError: the file is not there, or says something else.
    """
    with values_of(config.durations):
        if not config.durations:
            return config
        path = find_named(FOLDER, config.durations, ".yaml")
        content = load_yaml(path)
        if not set(_LEARNT) <= set(content):
            raise ConfigError(
                f"{path}: expected {' and '.join(_LEARNT)}, got {', '.join(content) or 'nothing'}; "
                "make it with affect-hri durations"
            )
        duration_s, shape = _checked(path, *(content[name] for name in _LEARNT))
        return replace(config, durations="", duration_s=duration_s, duration_shape=shape)


def _checked(path: Path, duration_s: object, shape: object) -> tuple[float, int]:
    if isinstance(duration_s, bool) or not isinstance(duration_s, int | float):
        raise ConfigError(f"{path}: duration_s: expected seconds, got {duration_s!r}")
    if isinstance(shape, bool) or not isinstance(shape, int):
        raise ConfigError(f"{path}: duration_shape: expected a whole number, got {shape!r}")
    return float(duration_s), shape
