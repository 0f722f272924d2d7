"""How our labels relate to those of others: `config/label_maps.yaml`, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affect_core.config import load_yaml
from affect_core.errors import ConfigError, UnknownName
from affect_core.labels import LABEL_SETS
from affect_core.paths import find_shared
from affect_core.texts import values_of

_HRI_CONSTANTS = """
neutral angry sad happy surprised disgusted scared pleading vulnerable despaired guilty disappointed
embarrassed horrified skeptical annoyed furious suspicious rejected bored tired asleep confused amazed excited
"""
HRI_EXPRESSIONS = tuple(_HRI_CONSTANTS.split())
"""The string constants of hri_msgs/msg/Expression, versions 2.0.0 to 2.3.2."""

BASES = ("P0", "literal", "our reading")
"""Where an entry comes from: P0 (Probierz et al. 2026) names it, the words are the same, or we decided."""


@dataclass(frozen=True)
class Mapped:
    """One entry of a map.

    Attributes:
        label: the label it maps to; None = none fits.
        basis: one of `BASES`.
    """

    label: str | None
    basis: str


@dataclass(frozen=True)
class LabelMap:
    """Labels of one set -> labels of another.

    Attributes:
        source, target: names of the label sets, or of the data set the labels come from.
        entries: source label -> what it maps to.
    """

    source: str
    target: str
    entries: Mapping[str, Mapped]

    def get(self, label: str) -> str | None:
        """The label that ``label`` maps to; None when none fits. Raises UnknownName."""
        if label not in self.entries:
            raise UnknownName(f"{self.source} label", label, self.entries)
        return self.entries[label].label

    def inverse(self) -> dict[str, str]:
        """Target label -> source label; of several sources the first one."""
        pairs = [(entry.label, label) for label, entry in self.entries.items() if entry.label is not None]
        return dict(reversed(pairs))


def load_label_maps(path: Path | None = None) -> dict[str, LabelMap]:
    """All maps by name.

    Args:
        path: default is the shared ``config/label_maps.yaml``.

    Raises:
        ConfigError: an entry names a label that its set does not have.
    """
    with values_of(path or "config/label_maps.yaml"):
        source = path or find_shared("config/label_maps.yaml")
        return {name: _label_map(f"{source}: {name}", content) for name, content in load_yaml(source).items()}


def _label_map(where: str, content: Mapping[str, Any]) -> LabelMap:
    try:
        made = LabelMap(
            source=content["source"],
            target=content["target"],
            entries={label: _mapped(entry) for label, entry in content["map"].items()},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{where}: expected source, target and map, missing or malformed: {error}"
        ) from error
    _check_labels(where, made.source, made.entries)
    _check_labels(where, made.target, (entry.label for entry in made.entries.values()))
    _check_bases(where, made)
    return made


def _mapped(entry: Any) -> Mapped:
    """An entry is a label (then it is literal), null (then we found none), or {to: label, basis: ...}."""
    if isinstance(entry, Mapping):
        return Mapped(entry["to"], entry["basis"])
    return Mapped(entry, "our reading" if entry is None else "literal")


def _check_labels(where: str, set_name: str, labels: Any) -> None:
    known = {"hri_msgs/Expression": HRI_EXPRESSIONS, **LABEL_SETS}.get(set_name)
    for label in labels:
        if known is not None and label is not None and label not in known:
            raise ConfigError(f"{where}: expected labels of {set_name} ({', '.join(known)}), got {label!r}")


def _check_bases(where: str, made: LabelMap) -> None:
    for label, entry in made.entries.items():
        if entry.basis not in BASES:
            raise ConfigError(f"{where}, {label}: expected basis {', '.join(BASES)}, got {entry.basis!r}")
