"""From an expression to what a face shows: action units with all their variation, and the blendshapes they move.

The expressions are the rows of `config/expressions.yaml`, the same that move the robot heads; its key ``blendshapes``
says what every action unit does to the ICT head. Faces vary round the rows as people do: a variant of the mouth, each
unit stronger or weaker, one side of the face stronger, units that have nothing to do with the expression.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affect_core.config import load_yaml
from affect_core.errors import ConfigError, UnknownName
from affect_core.heads.action_units import Expression
from affect_core.labels import NEUTRAL
from affect_core.paths import find_shared
from affect_core.texts import values_of

Sides = NDArray[np.float64]
"""(2,): right, left."""

Amounts = dict[str, Sides]
"""FACS name -> amounts, 0..1."""

BOTH: Final = np.ones(2)
_LEAD: Final = {"right": np.array([1.0, 0.0]), "left": np.array([0.0, 1.0])}

_GAIN: Final = 0.25
_ASYMMETRY: Final = 0.12
_NOISY: Final = (
    "AU1",
    "AU2",
    "AU4",
    "AU6",
    "AU7",
    "AU9",
    "AU10",
    "AU12",
    "AU14",
    "AU15",
    "AU20",
    "AU24",
    "AU25",
)
_NOISE_SHARE: Final = 0.35
_NOISE: Final = 0.07
_NOISE_SIDES: Final = (0.6, 1.4)
_LID_NOISE: Final = 0.10
_SPEECH_SHARE: Final = 0.10
_SPEECH: Final = (0.06, 0.27)
_SPEECH_LABELS: Final = (NEUTRAL, "confusion", "frustration", "disapproval")
_SLEEPY: Final = "boredom"


@dataclass(frozen=True)
class Variant:
    """In ``share`` of the pictures one of ``options`` is shown too: unit -> (lead, other), in place of the row's."""

    share: float
    options: tuple[Mapping[str, tuple[float, float]], ...]


VARIANTS: Final[dict[str, tuple[Variant, ...]]] = {
    "confusion": (
        Variant(
            0.75,
            (
                {"AU18": (0.0, 0.0), "AU26": (0.25, 0.25)},
                {"AU18": (0.0, 0.0), "AU25": (0.2, 0.2), "AU10": (0.35, 0.35)},
                {"AU18": (0.0, 0.0), "AU25": (0.2, 0.2), "AU15": (0.2, 0.2)},
            ),
        ),
        Variant(0.4, ({"AD30": (0.25, 0.0)}, {"AD30": (0.0, 0.25)})),
    ),
    "frustration": (
        Variant(0.4, ({"AU20": (0.0, 0.0)},)),
        Variant(0.4, ({"AU9": (0.3, 0.3)},)),
        Variant(0.3, ({"AU34": (0.35, 0.35)},)),
    ),
    "skepticism": (Variant(0.4, ({"AD30": (0.3, 0.0)},)), Variant(0.3, ({"AU17": (0.33, 0.33)},))),
    "disapproval": (Variant(0.4, ({"AU9": (0.35, 0.35)},)), Variant(0.3, ({"AU7": (0.3, 0.3)},))),
    "boredom": (
        Variant(0.35, ({"AU26": (0.12, 0.12)},)),
        Variant(0.25, ({"AD30": (0.3, 0.0)}, {"AD30": (0.0, 0.3)})),
        Variant(0.3, ({"AU34": (0.25, 0.25)},)),
    ),
    "happy": (Variant(0.6, ({"AU25": (0.0, 0.0)}, {"AU26": (0.25, 0.25)}, {"AU10": (0.5, 0.5)})),),
    "surprise": (Variant(0.5, ({"AU18": (0.0, 0.0)}, {"AU26": (0.55, 0.55)})),),
    "fear": (Variant(0.5, ({"AU26": (0.5, 0.5)}, {"AU25": (0.5, 0.5)})),),
    "anger": (
        Variant(0.5, ({"AU25": (0.0, 0.0), "AU10": (0.0, 0.0), "AU24": (0.65, 0.65)}, {"AU9": (0.4, 0.4)})),
    ),
}
"""After the optional parts that the sources of the rows name; which of them is shown is drawn."""


class Recipes:
    """What every action unit does to the blendshapes of a head.

    Args:
        gains: unit -> blendshape without its side -> weight at amount 1.
        shapes: names of the head's blendshapes.
    """

    def __init__(self, gains: Mapping[str, Mapping[str, float]], shapes: Iterable[str]) -> None:
        known = set(shapes)
        self._rows = {
            unit: tuple((*_sided(unit, name, known), gain) for name, gain in row.items())
            for unit, row in gains.items()
        }

    @property
    def units(self) -> tuple[str, ...]:
        """The action units that are known."""
        return tuple(self._rows)

    def weights(self, amounts: Mapping[str, Sides]) -> dict[str, float]:
        """Blendshape -> weight. A shape with two sides follows its own side's amount, another the mean."""
        weights: dict[str, float] = {}
        for unit, sides in amounts.items():
            for right, left, gain in self._row(unit):
                if right == left:
                    weights[right] = weights.get(right, 0.0) + gain * float(sides.mean())
                    continue
                for name, amount in zip((right, left), sides, strict=True):
                    weights[name] = weights.get(name, 0.0) + gain * float(amount)
        return weights

    def _row(self, unit: str) -> tuple[tuple[str, str, float], ...]:
        if unit not in self._rows:
            raise UnknownName("action unit", unit, self._rows)
        return self._rows[unit]


def load_recipes(shapes: Iterable[str], path: Path | None = None) -> Recipes:
    """The gains of ``config/expressions.yaml`` for a head with these blendshapes; raises ConfigError."""
    with values_of(path or "config/expressions.yaml"):
        path = path or find_shared("config/expressions.yaml")
        table = load_yaml(path).get("blendshapes")
        if not isinstance(table, dict) or not all(isinstance(row, dict) for row in table.values()):
            raise ConfigError(f"{path}: expected a mapping blendshapes: action unit -> blendshape -> weight")
        try:
            return Recipes({str(unit): _numbers(unit, row) for unit, row in table.items()}, shapes)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error


def base_amounts(row: Expression) -> Amounts:
    """The row's own action units at intensity 1."""
    return {unit: np.array([sides["right"], sides["left"]]) for unit, sides in row.action_units.items()}


def draw_variant(rng: np.random.Generator, row: Expression) -> Amounts:
    """The row's action units at intensity 1, in one of its variants."""
    amounts = base_amounts(row)
    lead = _LEAD[row.lead]
    for variant in VARIANTS.get(row.name, ()):
        shown, which = rng.random() < variant.share, int(rng.integers(len(variant.options)))
        if shown:
            for unit, (leading, other) in variant.options[which].items():
                amounts[unit] = leading * lead + other * (BOTH - lead)
    return amounts


def draw_shown(rng: np.random.Generator, amounts: Amounts, label: str) -> Amounts:
    """What a face shows of ``amounts``: units and sides scaled, unrelated units added; within 0..1."""
    sides = 1.0 + rng.normal(0.0, _ASYMMETRY) * np.array([-1.0, 1.0])
    shown = {unit: value * rng.uniform(1.0 - _GAIN, 1.0 + _GAIN) * sides for unit, value in amounts.items()}
    for unit in _NOISY:
        extra, one_sided = abs(rng.normal(0.0, _NOISE)), rng.uniform(*_NOISE_SIDES, 2)
        if rng.random() < _NOISE_SHARE:
            _add(shown, unit, extra * one_sided)
    lids, speech = abs(rng.normal(0.0, _LID_NOISE)), rng.uniform(*_SPEECH)
    if label != _SLEEPY:
        _add(shown, "AU43", lids * BOTH)
    if rng.random() < _SPEECH_SHARE and label in _SPEECH_LABELS:
        _add(shown, "AU26", speech * BOTH)
    return {unit: np.clip(value, 0.0, 1.0) for unit, value in shown.items() if value.any()}


def mixed(first: Amounts, second: Amounts, share: float) -> Amounts:
    """``share`` of the first, the rest of the second."""
    units = [*first, *(unit for unit in second if unit not in first)]
    nothing = np.zeros(2)
    return {
        unit: share * first.get(unit, nothing) + (1.0 - share) * second.get(unit, nothing) for unit in units
    }


def _add(amounts: Amounts, unit: str, extra: Sides) -> None:
    amounts[unit] = amounts.get(unit, np.zeros(2)) + extra


def _sided(unit: str, name: str, known: set[str]) -> tuple[str, str]:
    """The blendshapes of the right and the left side; twice the same where there is one for both."""
    for right, left in ((f"{name}_R", f"{name}_L"), (f"{name}Right", f"{name}Left"), (name, name)):
        if {right, left} <= known:
            return right, left
    raise ConfigError(f"blendshapes.{unit}: {UnknownName('blendshape', name, known)}")


def _numbers(unit: Any, row: Mapping[Any, Any]) -> dict[str, float]:
    for name, gain in row.items():
        if isinstance(gain, bool) or not isinstance(gain, int | float):
            raise ConfigError(f"blendshapes.{unit}.{name}: expected a number, got {gain!r}")
    return {str(name): float(gain) for name, gain in row.items()}
