from click.testing import CliRunner

from affect_core.cli import commands
from affect_core.data.manifest import load_manifest


def test_the_command_makes_a_set_and_its_sheet(tmp_path):
    arguments = [
        "synth",
        "robots",
        "--set",
        "basic-8",
        "--heads",
        "1",
        "--images-per-head",
        "8",
        "--seed",
        "5",
    ]
    result = CliRunner().invoke(
        commands, [*arguments, "--output", str(tmp_path), "--workers", "1", "--sheet"]
    )
    assert result.exit_code == 0, result.output
    assert result.stdout.strip().splitlines()[-1] == str(tmp_path / "records.jsonl")
    assert len(load_manifest(tmp_path)) == 8
    assert (tmp_path / "contact_sheet.jpg").stat().st_size > 5000
