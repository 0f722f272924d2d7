"""``affect-hri data``: sets of pictures of real people, and the check of any set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from affect_core.commands._options import FILE, FOLDER, output_folder, sheet_file
from affect_core.data.real import REAL_SETS, Imported, RealSetConfig

if TYPE_CHECKING:
    from affect_core.data.manifest import Manifest

_PARTIAL = 3
_NAMED = 5


@click.group()
def data() -> None:
    """Import the sets of real people that you hold a licence for; check any set."""


@data.command("import")
@click.argument("kind", type=click.Choice(REAL_SETS.names()))
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@output_folder("manifest")
@click.option(
    "--labels",
    type=click.Choice(["basic-8", "complex-6"]),
    help="Classes of the records (config/label_maps.yaml); default: AffectNet basic-8, EMOTIC complex-6.",
)
@click.option(
    "--several",
    default="skip",
    show_default=True,
    type=click.Choice(["skip", "share"]),
    help="Leave a person with several classes out, or give each class an equal share.",
)
@click.option(
    "--pictures",
    default="absolute",
    show_default=True,
    type=click.Choice(["absolute", "relative", "copy"]),
    help="How the records name the pictures, or whether these are copied into the folder.",
)
@sheet_file
@click.pass_context
def import_command(
    context: click.Context,
    kind: str,
    path: Path,
    output: Path,
    labels: str | None,
    several: str,
    pictures: str,
    sheet: Path | None,
) -> None:
    """List the set of KIND that lies in PATH as a manifest; the pictures stay where they are.

    Goes on where an interrupted run stopped. Exit code 3 when pictures or rows of the set are missing or damaged.
    """
    from affect_core.data.real import import_set

    config = RealSetConfig(labels=labels or "", several=several, pictures=pictures)
    made = import_set(kind, path, output, config)
    _print_import(made)
    if sheet:
        _write_sheet(made.manifest, sheet)
    total = len(made.manifest) + len(made.left_out)
    click.echo(f"{output}: {len(made.manifest)} of {total} people imported, {len(made.left_out)} left out")
    context.exit(_code(len(made.manifest), made.damaged))


@data.command()
@click.argument("folder", type=FOLDER)
@sheet_file
@click.pass_context
def check(context: click.Context, folder: Path, sheet: Path | None) -> None:
    """Open every picture of the set in FOLDER; count classes and faults.

    Exit code 0 when the set is whole, 3 when it has faults, 4 when none of its pictures can be read.
    """
    from affect_core.data.check import check_set

    manifest = _load(folder)
    checked = check_set(manifest)
    _print_counts("class", checked.counts)
    _print_counts("fault", checked.faults)
    for fault in checked.faults:
        named = [finding for finding in checked.findings if finding.fault is fault][:_NAMED]
        for finding in named:
            click.echo(f"{fault}: {finding.where}  {finding.detail}".rstrip(), err=True)
    if sheet:
        _write_sheet(manifest, sheet)
    click.echo(
        f"{folder}: {checked.readable} of {checked.total} pictures readable, {len(checked.findings)} faults"
    )
    context.exit(_code(checked.readable, bool(checked.findings)))


@data.command("affect-map")
@click.argument("output", type=FILE)
def affect_map(output: Path) -> None:
    """Draw where config/affect_map.yaml puts the expressions in valence and arousal, as the picture OUTPUT."""
    from affect_core.data.affect_figure import affect_map_png
    from affect_core.files import write_whole
    from affect_core.heads.expressions import load_expressions

    write_whole(output, affect_map_png(load_expressions()))
    click.echo(output)


def _code(usable: int, faults: bool) -> int:
    """Of the program: nothing of it can be used, some is wrong, whole."""
    from affect_core.errors import InputError

    return InputError.exit_code if not usable else _PARTIAL if faults else 0


def _print_import(made: Imported) -> None:
    counts = dict.fromkeys(made.manifest.labels, 0)
    for record in made.manifest.records:
        counts[record.label] += 1
    _print_counts("class", counts)
    _print_counts("left out", made.reasons)
    _print_counts("kept, but", made.notes)


def _print_counts(title: str, counts: Mapping[Any, int]) -> None:
    for name, count in counts.items():
        click.echo(f"{title:9s} {count:8d}  {name}")


def _load(folder: Path) -> Manifest:
    """A set that is not there, or that cannot be read, is unreadable input, whatever is wrong with it."""
    from affect_core.data.manifest import load_manifest
    from affect_core.errors import ConfigError, InputError

    try:
        return load_manifest(folder)
    except ConfigError as error:
        raise InputError(str(error)) from error


def _write_sheet(manifest: Manifest, sheet: Path) -> None:
    from affect_core.data.sheet import set_sheet
    from affect_core.synth.sheets import save_image

    save_image(sheet, set_sheet(manifest))
