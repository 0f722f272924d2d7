"""What the command line does with what cannot be: one clear line and the documented exit code."""

import shutil

import pytest


@pytest.fixture
def truncated_model(tiny_model, tmp_path):
    folder = tmp_path / "truncated"
    shutil.copytree(tiny_model, folder)
    weights = folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    return folder


def one_line(done):
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("affect-hri: ")]
    assert "Traceback" not in done.stderr
    return line


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "protocol",
            "nope",
            "unknown trials entry 'nope'; known: demo, free, human, lighting_occlusion, p0, p0_single, p0_switching, "
            "short, watch",
        ),
        ("model", "nope", "unknown models entry 'nope'; known: "),
    ],
)
def test_an_unknown_name_lists_the_known_ones(affect_hri, tiny_model, tmp_path, name, value, message):
    values = {"model": tiny_model, "protocol": "short", "output": tmp_path} | {name: value}
    done = affect_hri("trial", *(part for key, item in values.items() for part in (f"--{key}", item)))
    assert message in one_line(done)
    assert done.returncode == 2


@pytest.mark.parametrize(("option", "value"), [("--lighting", "nope"), ("--seed", "x"), ("--nope", "1")])
def test_usage(affect_hri, option, value):
    done = affect_hri("trial", option, value)
    assert "Usage: " in done.stderr
    assert done.returncode == 2


def test_a_missing_video(affect_hri, tiny_model, tmp_path):
    values = ["--source", "video", "--path", tmp_path / "missing.mp4", "--head", "none"]
    done = affect_hri("trial", *values, "--protocol", "watch", "--model", tiny_model, "--output", tmp_path)
    assert f"expected a video file at {tmp_path}/missing.mp4, got nothing" in one_line(done)
    assert done.returncode == 4


def test_truncated_weights(affect_hri, truncated_model, tmp_path):
    done = affect_hri("trial", "--model", truncated_model, "--protocol", "short", "--output", tmp_path)
    assert "weights.safetensors is not a complete safetensors file (1000 bytes)" in one_line(done)
    assert done.returncode == 4
