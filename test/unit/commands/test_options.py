import click
import pytest
from click.testing import CliRunner

from affect_core.commands import _options
from affect_core.commands._options import label_set, output_folder, share, whole_number


@click.command()
@label_set
@whole_number("--images", 3, "Pictures.", low=1, high=9)
@share("--dim", 0.25, "Share in dim light.")
@_options.workers
@output_folder("set")
def command(**values):
    click.echo(" ".join(f"{name}={values[name]}" for name in ("labels", "images", "dim", "workers")))
    click.echo(values["output"].name)


def call(*arguments):
    return CliRunner().invoke(command, [*arguments])


def test_defaults(monkeypatch):
    monkeypatch.setattr(_options.os, "cpu_count", lambda: 6)
    assert call("--output", "a/b").output == "labels=complex-6 images=3 dim=0.25 workers=6\nb\n"


def test_given():
    arguments = ["--set", "basic-8", "--images", "9", "--dim", "1", "--workers", "2", "--output", "b"]
    assert call(*arguments).output == "labels=basic-8 images=9 dim=1.0 workers=2\nb\n"


def test_without_an_output_folder():
    assert "Missing option '--output'" in call().output


@pytest.mark.parametrize(
    ("flag", "value"), [("--images", 0), ("--images", 10), ("--dim", 1.5), ("--workers", -1), ("--set", "x")]
)
def test_out_of_bounds(flag, value):
    done = call("--output", "b", flag, str(value))
    assert done.exit_code == 2 and f"Invalid value for '{flag}'" in done.output
