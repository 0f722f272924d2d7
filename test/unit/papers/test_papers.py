"""What the companion studies share."""

from __future__ import annotations

import json
from math import nan
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from affect_core.commands._study import study
from affect_core.data.manifest import Manifest, Record, save_manifest
from affect_core.errors import ConfigError, InputError
from affect_core.papers import Figure, Pictures, Request, Section, Study, Table, pictures, write_study
from affect_core.synth.humans.base import HumanSetConfig

FEW = HumanSetConfig(labels="complex-6", images=12, size_px=64)


def a_study(**changes: object) -> Study:
    values = {
        "name": "tried",
        "title": "A <trial>",
        "paper": "Somebody (2024)",
        "about": "3 faces",
        "notes": ["Synthetic."],
        "config": {"seed": 3},
        "numbers": {"accuracy": 0.25, "missing": nan},
        "sections": [
            Section(
                "Found",
                ["One paragraph."],
                [Table(["class", "share", "n"], [["happy", 0.12345, 7], ["sad", None, 0]])],
                [Figure("plot.png", b"png", "a plot")],
            )
        ],
        "headline": "tried: 0.250",
        **changes,
    }
    return Study(**values)  # type: ignore[arg-type]


def test_a_study_is_a_folder(tmp_path: Path) -> None:
    page = write_study(a_study(extra={"rows.csv": b"a,b\n"}), tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["study"], summary["accuracy"], summary["missing"]) == ("tried", 0.25, None)
    assert summary["config"] == {"seed": 3} and summary["notes"] == ["Synthetic."]
    assert (tmp_path / "plot.png").read_bytes() == b"png" and (tmp_path / "rows.csv").read_bytes() == b"a,b\n"
    text = page.read_text()
    assert "A &lt;trial&gt;" in text and "0.123" in text and "\u2013" in text and 'src="plot.png"' in text


def test_faces_are_made_once_and_say_what_they_are(tmp_path: Path) -> None:
    request = Request(tmp_path, stand_in=True)
    made = pictures(request, FEW)
    assert len(made.manifest) == 12 and made.manifest.stand_in
    assert any("stand in for humans" in warning for warning in made.warnings)
    before = {path: path.stat().st_mtime_ns for path in made.manifest.folder.rglob("*.png")}
    again = pictures(request, FEW)
    assert again.manifest.records == made.manifest.records
    assert before == {path: path.stat().st_mtime_ns for path in made.manifest.folder.rglob("*.png")}


def test_the_seed_makes_other_faces_and_does_not_overwrite_them(tmp_path: Path) -> None:
    pictures(Request(tmp_path, stand_in=True), FEW)
    with pytest.raises(ConfigError, match="other settings"):
        pictures(Request(tmp_path, stand_in=True, seed=1), FEW)


def test_a_set_that_somebody_has(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    save_manifest(
        Manifest(folder, "mine", ("happy", "sad"), (Record("a.png", "sad"),), "two", synthetic=True)
    )
    made = pictures(Request(tmp_path / "out", source=folder), FEW)
    assert isinstance(made, Pictures) and made.about == "mine: two"
    assert [record.label for record in made.manifest.records] == ["sad"]
    assert len(made.warnings) == 1 and made.warnings[0].startswith("Synthetic")


def test_a_folder_of_no_known_layout_names_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"set\.yaml.*affectnet.*emotic"):
        pictures(Request(tmp_path / "out", source=tmp_path), FEW)


def test_the_commands_share_their_options(tmp_path: Path) -> None:
    asked = []

    @click.command()
    @study
    @click.option("--own", default=1)
    def command(request: Request, own: int) -> Study:
        """Try."""
        asked.append((request, own))
        return a_study()

    result = CliRunner().invoke(
        command, ["--output", str(tmp_path / "out"), "--quick", "--seed", "4", "--workers", "2", "--own", "5"]
    )
    assert result.exit_code == 0, result.output
    assert asked == [(Request(tmp_path / "out", None, True, 4, 2, False), 5)]
    assert result.output.splitlines()[-1] == f"tried: 0.250; report {tmp_path / 'out' / 'report.html'}"


def test_without_a_folder_the_report_is_named_after_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    @click.command("tried")
    @study
    def command(request: Request) -> Study:
        """Try."""
        return a_study()

    result = CliRunner().invoke(command, [])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "reports" / "tried" / "summary.json").is_file()
