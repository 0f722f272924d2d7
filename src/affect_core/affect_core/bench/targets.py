"""Lines of the benchmark and what they must reach. The targets lie in one file, `targets.yaml` beside this one."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from affect_core.config import Settings, from_mapping, load_yaml, setting
from affect_core.errors import ConfigError, UnknownName
from affect_core.machine import cpu_class
from affect_core.texts import values_of

FILE: Final = Path(__file__).with_name("targets.yaml")
_RELATIONS: Final[Mapping[str, tuple[str, Callable[[float, float], bool]]]] = {
    "at_least": (">=", operator.ge),
    "at_most": ("<=", operator.le),
    "below": ("<", operator.lt),
}


@dataclass(frozen=True)
class Target(Settings):
    """What one line must reach; one of ``at_least``, ``at_most``, ``below`` is given.

    A bound is a number, or a mapping from the processor's class (see `affect_core.machine.cpu_class`) to one.
    """

    what: str = setting("", "what is measured")
    unit: str = setting("", "of the number")
    at_least: Any = field(default=None)
    at_most: Any = field(default=None)
    below: Any = field(default=None)
    goal: float = setting(float("nan"), "what is aimed at beyond the bound; NaN = nothing")

    def __post_init__(self) -> None:
        given = [name for name in _RELATIONS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ConfigError(f"a target: expected one of {', '.join(_RELATIONS)}, got {given or 'none'}")

    def __str__(self) -> str:
        """As it is printed on this machine: ``>= 6``."""
        return f"{_RELATIONS[self._relation][0]} {self.bound():g}"

    def bound(self, processor: str = "") -> float:
        """For a class of processor; by default this machine's."""
        given = getattr(self, self._relation)
        return float(given[processor or cpu_class()] if isinstance(given, Mapping) else given)

    def met(self, value: float, processor: str = "") -> bool:
        """Whether ``value`` reaches it; NaN (not measured) never does."""
        return bool(_RELATIONS[self._relation][1](value, self.bound(processor)))

    @property
    def _relation(self) -> str:
        return next(name for name in _RELATIONS if getattr(self, name) is not None)


@dataclass(frozen=True)
class Line:
    """One line of the benchmark, as it stands in bench.json.

    Attributes:
        name: of the target.
        ours: what was measured.
        other: of the alternative it is compared with; None if there is none.
        unit: of both.
        ratio: other / ours; None if there is no other.
        n: of measurements.
        target: what must be reached, in words.
        met: whether it is.
        more: what else was measured, such as the minima.
    """

    name: str
    ours: float
    other: float | None
    unit: str
    ratio: float | None
    n: int
    target: str
    met: bool
    more: Mapping[str, Any] = field(default_factory=dict)


def load_targets(path: Path = FILE) -> dict[str, Target]:
    """Name -> target; raises ConfigError."""
    with values_of(path):
        return {
            name: from_mapping(Target, values, f"{path}: {name}") for name, values in load_yaml(path).items()
        }


def single(name: str, value: float, n: int, **more: Any) -> Line:
    """A line whose number itself is judged."""
    target = _target(name)
    return Line(name, value, None, target.unit, None, n, str(target), target.met(value), more)


def versus(name: str, ours: float, other: float, unit: str, n: int, **more: Any) -> Line:
    """A line whose ratio other / ours is judged: how many times faster ours is."""
    target, ratio = _target(name), other / ours
    return Line(name, ours, other, unit, ratio, n, str(target), target.met(ratio), more)


def _target(name: str) -> Target:
    targets = load_targets()
    if name not in targets:
        raise UnknownName("line of the benchmark", name, targets)
    return targets[name]
