"""Valence and arousal of a face from its action units: `config/affect_map.yaml`, read and checked.

value = tanh(sum over units of weight x amount), so that a face without action units is (0, 0), values grow with
the intensity without leaving -1..1, and each unit moves each value one way only. The file says where the
weights come from; their sizes are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from math import isfinite, tanh
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from affect_core.config import load_yaml
from affect_core.errors import ConfigError, InputError, UnknownName
from affect_core.paths import find_shared
from affect_core.texts import values_of

Sides = tuple[float, float]

SIDES: Final[dict[str, Callable[[Sides], float]]] = {"mean": fmean, "weaker": min}
"""How one amount comes from a unit's right and left one."""


@dataclass(frozen=True)
class UnitWeight:
    """What one action unit adds, before the tanh. ``sides``: one of `SIDES`."""

    valence: float
    arousal: float
    sides: str = "mean"


@dataclass(frozen=True)
class Anchor:
    """Where people placed a word: -1..1 each."""

    word: str
    valence: float
    arousal: float


@dataclass(frozen=True)
class AffectMap:
    """The whole file.

    Attributes:
        units: FACS name -> weights.
        anchors: expression -> the rated word nearest to it.
    """

    units: Mapping[str, UnitWeight]
    anchors: Mapping[str, Anchor]

    def affect(self, action_units: Mapping[str, Sides]) -> tuple[float, float]:
        """See the function `affect`."""
        valence = arousal = 0.0
        for name, amounts in action_units.items():
            unit = self._unit(name, amounts)
            amount = SIDES[unit.sides](amounts)
            valence += unit.valence * amount
            arousal += unit.arousal * amount
        return tanh(valence), tanh(arousal)

    def _unit(self, name: str, amounts: Sides) -> UnitWeight:
        if name not in self.units:
            raise UnknownName("action unit", name, self.units)
        if len(amounts) != 2 or not all(isfinite(amount) and amount >= 0.0 for amount in amounts):
            raise InputError(f"{name}: expected amounts (right, left), each 0 to 1, got {amounts!r}")
        return self.units[name]


def affect(action_units: Mapping[str, Sides]) -> tuple[float, float]:
    """Valence and arousal, -1..1 each, by the shared map; (0, 0) for a face without action units.

    Args:
        action_units: FACS name -> amount (right, left), 0..1, as in `affect_core.data.manifest.Record`.

    Raises:
        UnknownName: an action unit that the map does not have.
        InputError: an amount that is negative or not finite.
    """
    return shared_affect_map().affect(action_units)


@cache
def shared_affect_map() -> AffectMap:
    """The map of ``config/affect_map.yaml``, read once."""
    return load_affect_map()


def load_affect_map(path: Path | None = None) -> AffectMap:
    """Read a map.

    Args:
        path: default is the shared ``config/affect_map.yaml``.

    Raises:
        ConfigError: the file is not as expected; says where.
    """
    with values_of(path or "config/affect_map.yaml"):
        source = path or find_shared("config/affect_map.yaml")
        content = load_yaml(source)
        if set(content) != {"units", "anchors"}:
            raise ConfigError(f"{source}: expected units and anchors, got {', '.join(content) or 'nothing'}")
        return AffectMap(
            {name: _read(UnitWeight, f"{source}: {name}", entry) for name, entry in content["units"].items()},
            {name: _read(Anchor, f"{source}: {name}", entry) for name, entry in content["anchors"].items()},
        )


def _read(kind: Callable[..., Any], where: str, entry: Any) -> Any:
    try:
        made = kind(**entry)
    except TypeError as error:
        raise ConfigError(f"{where}: expected valence, arousal and the other keys: {error}") from error
    if not all(isinstance(value, int | float) and isfinite(value) for value in (made.valence, made.arousal)):
        raise ConfigError(f"{where}: expected numbers for valence and arousal, got {entry!r}")
    if getattr(made, "sides", "mean") not in SIDES:
        raise ConfigError(f"{where}: expected sides {' or '.join(SIDES)}, got {made.sides!r}")
    return made
