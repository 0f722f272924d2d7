"""``affect-hri synth humans``, ``download-ict`` and ``import-ict``: human-like faces and the face model they need."""

from __future__ import annotations

from pathlib import Path

import click

from affect_core.commands._options import label_set, output_folder, share, whole_number, workers
from affect_core.synth.humans.base import HumanSetConfig


@click.command()
@label_set
@whole_number("--images", HumanSetConfig.images, "Pictures in all.", low=1)
@whole_number("--seed", HumanSetConfig.seed, "Of everything.")
@output_folder("set")
@workers
@share(
    "--blends", HumanSetConfig.blend_share, "Share of pictures that blend two expressions, with a soft label."
)
@click.option(
    "--intensity",
    nargs=2,
    default=(HumanSetConfig.intensity_low, HumanSetConfig.intensity_high),
    show_default=True,
    type=click.FloatRange(0.0, 1.0),
    help="Weakest and strongest expression.",
)
@share("--dim", HumanSetConfig.dim_share, "Share in dim light.")
@whole_number("--size", HumanSetConfig.size_px, "Edge, px.", low=64, high=1024)
def humans(
    labels: str,
    images: int,
    seed: int,
    output: Path,
    workers: int,
    blends: float,
    intensity: tuple[float, float],
    dim: float,
    size: int,
) -> None:
    """Human-like faces with known action units, on the ICT-FaceKit head.

    Goes on where an interrupted run stopped. Prints the manifest's path. Needs the face model: see download-ict.
    """
    from affect_core.data.manifest import RECORDS_FILE
    from affect_core.synth.humans.human_set import generate

    config = HumanSetConfig(
        labels=labels,
        images=images,
        seed=seed,
        intensity_low=intensity[0],
        intensity_high=intensity[1],
        dim_share=dim,
        blend_share=blends,
        size_px=size,
    )
    click.echo(generate(config, output, workers).folder / RECORDS_FILE)


@click.command("humans-sheets")
@output_folder("pages")
def humans_sheets(output: Path) -> None:
    """Contact sheets: every expression at three intensities, and the first pictures of a set. Prints the folder."""
    from affect_core.synth.humans.ict import require_ict
    from affect_core.synth.humans.sheets import expression_sheet, sample_sheet
    from affect_core.synth.sheets import lay_out, save_image

    source = require_ict()
    pages = [expression_sheet(source, labels) for labels in ("complex-6", "basic-8")]
    pages.append(sample_sheet(source, HumanSetConfig()))
    for page in pages:
        save_image(output / f"{page.name}.jpg", lay_out(page))
    click.echo(output)


@click.command("download-ict")
@click.option(
    "--url", help="Of ict_facekit.npz, or of an archive of ICT-FaceKit; default: the public repository."
)
@click.option("--sha256", help="Hash of the file; needed with --url.")
def download_ict(url: str | None, sha256: str | None) -> None:
    """Get the ICT face model (MIT licence, 134 MB) into the cache. Prints its path.

    Without options: the public repository on GitHub at a fixed commit.
    """
    from affect_core.synth.humans import ict_import

    if (url is None) != (sha256 is None):
        raise click.UsageError(
            "expected --url and --sha256 together, or neither; `sha256sum FILE` prints the hash"
        )
    click.echo(ict_import.download_ict(url or ict_import.ICT_URL, sha256 or ict_import.ICT_SHA256))


@click.command("import-ict")
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
def import_ict(path: Path) -> None:
    """Make the face model in the cache from PATH, a checkout of ICT-FaceKit. Prints its path."""
    from affect_core.synth.humans import ict_import

    click.echo(ict_import.import_ict(path))
