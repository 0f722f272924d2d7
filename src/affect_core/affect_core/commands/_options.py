"""Options that several commands have."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from affect_core.labels import LABEL_SETS

FOLDER: Final = click.Path(file_okay=False, path_type=Path)
FILE: Final = click.Path(dir_okay=False, path_type=Path)

Command = TypeVar("Command", bound=Callable[..., Any])

label_set = click.option(
    "--set",
    "labels",
    default="complex-6",
    show_default=True,
    type=click.Choice(tuple(LABEL_SETS)),
    help="Set of labels.",
)
workers = click.option(
    "--workers",
    default=0,
    type=click.IntRange(0),
    callback=lambda _context, _option, wanted: wanted or os.cpu_count() or 1,
    help="Processes, or threads of a training; 0 = one per core.",
)
sheet_file = click.option("--sheet", type=FILE, help="Also write a contact sheet of the faces, .png or .jpg.")


def output_folder(what: str) -> Callable[[Command], Command]:
    """``--output``, required: the folder of what is made."""
    return click.option("--output", type=FOLDER, required=True, help=f"Folder of the {what}.")


def whole_number(
    flag: str, default: int, about: str, low: int = 0, high: int | None = None
) -> Callable[[Command], Command]:
    """An integer within bounds."""
    return click.option(flag, default=default, show_default=True, type=click.IntRange(low, high), help=about)


def share(flag: str, default: float, about: str) -> Callable[[Command], Command]:
    """A number from 0 to 1."""
    return click.option(flag, default=default, show_default=True, type=click.FloatRange(0.0, 1.0), help=about)
