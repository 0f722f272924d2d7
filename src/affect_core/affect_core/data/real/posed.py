"""What the sets of posed expressions have in common: a picture's name says everything, and the laboratory is theirs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from affect_core.data.real.base import LeftOut, Reason, Sample
from affect_core.errors import InputError


@dataclass(frozen=True)
class Names:
    """How a set names its pictures, and what a name says.

    Attributes:
        pattern: of the whole name without the ending; the group ``expression`` is looked up in ``expressions``.
        endings: of the files, in small letters, with the dot.
        example: a name, for messages.
        expressions: letters in a name -> the set's word.
        subject, attributes: of a sample, from the groups of its name in capital letters.
    """

    pattern: re.Pattern[str]
    endings: tuple[str, ...]
    example: str
    expressions: Mapping[str, str]
    subject: Callable[[Mapping[str, str]], str]
    attributes: Callable[[Mapping[str, str]], Mapping[str, str | float]]

    def entries(self, folder: Path) -> tuple[Iterator[Sample | LeftOut], int]:
        """What the pictures in the folder and below say, and how many there are.

        Raises:
            InputError: no picture has such a name.
        """
        paths = pictures_below(folder, self.endings)
        if not any(self.pattern.fullmatch(path.stem) for path in paths):
            raise nothing_named(folder, self.example)
        return (self._entry(path) for path in paths), len(paths)

    def _entry(self, path: Path) -> Sample | LeftOut:
        found = self.pattern.fullmatch(path.stem)
        if found is None:
            return LeftOut(path.name, Reason.BAD_ROW, f"expected a name like {self.example}")
        parts = {name: part.upper() for name, part in found.groupdict().items()}
        letters = parts["expression"]
        if letters not in self.expressions:
            wanted = ", ".join(self.expressions)
            return LeftOut(path.name, Reason.UNKNOWN_CLASS, f"expected one of {wanted}, got {letters}")
        return Sample(
            source=path.name,
            image=path,
            classes=(self.expressions[letters],),
            subject=self.subject(parts),
            attributes=self.attributes(parts),
        )


def pictures_below(folder: Path, endings: Sequence[str]) -> list[Path]:
    """Pictures with one of the endings (small letters, with the dot), in any folder below, in the order of their paths.

    Hidden files, such as those that a Mac leaves behind (``._KA.AN1.39.tiff``), are passed over.
    """
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in endings and not path.name.startswith(".") and path.is_file()
    )


def nothing_named(folder: Path, wanted: str) -> InputError:
    """The error of a reader that found nothing with its kind of name."""
    return InputError(
        f"expected pictures named like {wanted} in {folder} or below, found none; "
        "give the folder that the set was unpacked into"
    )
