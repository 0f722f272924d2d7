"""The command line `affect-hri`: the subcommands that need no ROS, and those that other packages add.

Packages add subcommands through the entry-point group `affect_hri.commands`. Exit codes: 0 whole, 2 usage,
3 partial, 4 unreadable input. The last line on stdout is the result; progress goes to stderr.
"""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from pathlib import Path

import click

from affect_core import __version__
from affect_core.commands import head_fake
from affect_core.commands.bench import bench
from affect_core.commands.circumplex import circumplex
from affect_core.commands.compare import compare
from affect_core.commands.curate import curate
from affect_core.commands.data import data
from affect_core.commands.doctor import doctor
from affect_core.commands.durations import durations
from affect_core.commands.evaluate import evaluate
from affect_core.commands.experiment import experiment
from affect_core.commands.explain import explain
from affect_core.commands.head import head
from affect_core.commands.intensity import intensity
from affect_core.commands.models import models
from affect_core.commands.quantise import quantise
from affect_core.commands.subgroups import subgroups
from affect_core.commands.synth import ohbot
from affect_core.commands.synth_humans import download_ict, humans, humans_sheets, import_ict
from affect_core.commands.synth_robots import robots
from affect_core.commands.train import train
from affect_core.errors import AffectError
from affect_core.workspace import ensure_overlay

GROUP = "affect_hri.commands"


class Commands(click.Group):
    """Our own subcommands and those of the entry-point group; importing one only when it is called."""

    def list_commands(self, context: click.Context) -> list[str]:
        """All names, sorted."""
        return sorted({*super().list_commands(context), *(entry.name for entry in entry_points(group=GROUP))})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Ours first, then the packages'."""
        own = super().get_command(context, name)
        if own is not None:
            return own
        for entry in entry_points(group=GROUP, name=name):
            command = entry.load()
            if isinstance(command, click.Command):
                return command
        return None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="affect-hri")
def commands() -> None:
    """Read a face, name the emotion, say why.

    The trial, live, replay, record and evaluate commands need the built workspace.
    """


@commands.group()
def synth() -> None:
    """Make data: pictures and videos that nobody had to sit for."""


@synth.command("photo-video")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--seconds", default=10.0, show_default=True, help="Length.")
@click.option("--fps", default=30.0, show_default=True, help="Frames per second.")
def photo_video(path: Path, seconds: float, fps: float) -> None:
    """A human face in motion: scikit-image's photograph of an astronaut, moved and scaled, as the video PATH."""
    from skimage.data import astronaut

    from affect_core.cameras.synthetic import make_photo_video

    portrait = astronaut()  # type: ignore[no-untyped-call] # scikit-image types its data in part
    make_photo_video(portrait, path, size_wh=(1280, 720), fps=fps, seconds=seconds)
    click.echo(path)


head.add_command(head_fake.fake)
synth.add_command(ohbot)
synth.add_command(robots)
for command in (humans, humans_sheets, download_ict, import_ict):
    synth.add_command(command)
commands.add_command(head)
commands.add_command(bench)
commands.add_command(train)
commands.add_command(models)
commands.add_command(quantise)
commands.add_command(data)
commands.add_command(evaluate)
commands.add_command(circumplex)
commands.add_command(compare)
commands.add_command(doctor)
commands.add_command(durations)
commands.add_command(experiment)
commands.add_command(explain)
commands.add_command(curate)
commands.add_command(intensity)
commands.add_command(subgroups)


def main() -> None:
    """Entry point: find the built workspace, then run; every error of ours is one line and an exit code."""
    try:
        ensure_overlay()
        code = commands.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.Abort:
        code = 130
    except AffectError as error:
        click.echo(f"affect-hri: {error}", err=True)
        code = error.exit_code
    sys.exit(code or 0)
