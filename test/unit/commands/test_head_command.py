import json

import cv2
import pytest
from click.testing import CliRunner

from affect_core.cli import commands


@pytest.fixture
def call():
    """Run `affect-hri ARGUMENTS` in this process; the lines on stdout."""

    def run(*arguments, code=0):
        result = CliRunner().invoke(commands, [str(part) for part in arguments])
        assert result.exit_code == code, result.output
        return result.stdout.splitlines()

    return run


def test_show_writes_the_picture_it_names(call, tmp_path):
    path = tmp_path / "new" / "doubt.png"
    assert call("head", "show", "skepticism", "--look", "ohbot", "--colour", "red", "--output", path)[
        -1
    ] == str(path)
    assert cv2.imread(str(path)).shape == (720, 1280, 3)


def test_show_names_its_file_after_the_expression(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call("head", "show", "boredom", "--lighting", "dim", "--intensity", "0.5") == ["boredom.png"]
    assert (tmp_path / "boredom.png").exists()


def test_sheet_names_its_files_and_its_folder(call, tmp_path):
    lines = call("head", "sheet", "--output", tmp_path, "--tile-px", 32, "--format", "jpg")
    assert lines[-1] == str(tmp_path)
    assert sorted(lines[:-1]) == sorted(str(path) for path in tmp_path.glob("*.jpg"))
    assert len(lines) == 1 + 2 * 3 + 1


def test_detectability_ends_with_the_count(call):
    lines = call("head", "detectability", "--n", 2, "--look", "face", "--workers", 1)
    assert lines[-1] == "detected 4 of 4 (100.0 %)"
    assert [line.split()[:3] for line in lines[1:-1]] == [["face", "-", "even"], ["face", "-", "dim"]]


def test_synth_ohbot_ends_with_the_manifest(call, tmp_path):
    lines = call("synth", "ohbot", "--output", tmp_path, "--images", 1, "--colour", "black", "--seed", 3)
    assert lines[-1] == str(tmp_path / "manifest.json")
    settings = json.loads((tmp_path / "manifest.json").read_text())["settings"]
    assert (settings["colour"], settings["seed"], settings["images"]) == ("black", 3, 1)
    assert (tmp_path / "contact_sheet.png").exists()


def test_bench_draws_every_look_and_the_same_pictures_again(call, tmp_path):
    lines = call("bench", "--part", "rendering", "--quick", "--output", tmp_path)
    assert lines[-1].endswith(f" of 1 targets met; {tmp_path / 'bench.json'}")
    (line,) = json.loads((tmp_path / "bench.json").read_text())["lines"]
    assert line["name"] == "render_ms"
    assert set(line["more"]["looks"]) == {"face", "ohbot"}
    assert line["more"]["same_pictures"]
