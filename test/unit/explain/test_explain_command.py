"""`affect-hri explain` from pictures to the page."""

import json
import re

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from skimage.data import astronaut

from affect_core.commands.explain import explain
from affect_core.explain import EXPLAINERS

QUICK = ("saliency", "grad_cam", "amal_attention")


@pytest.fixture
def photograph(tmp_path):
    path = tmp_path / "astronaut.png"
    Image.fromarray(astronaut()[:300, 100:400]).save(path)
    return path


def call(*arguments):
    return CliRunner().invoke(explain, [str(argument) for argument in arguments])


def test_maps_overlays_numbers_and_page(photograph, tmp_path):
    output = tmp_path / "out"
    done = call(photograph, "--methods", ",".join(QUICK), "--output", output)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1].startswith(
        "3 maps of 1 faces, 0 failed their check, 0 pictures skipped; "
    )
    (entry,) = json.loads((output / "explain.json").read_text())["explanations"]
    assert sum(entry["probabilities"].values()) == pytest.approx(1.0)
    assert entry["label"] == max(entry["probabilities"], key=entry["probabilities"].get)
    maps = np.load(output / entry["folder"] / "maps.npz")
    assert set(maps) == set(entry["methods"]) == set(QUICK)
    for method, values in entry["methods"].items():
        assert np.isfinite(maps[method]).all()
        assert np.ptp(maps[method]) > 0
        assert values["box_area"] > 0.2
        assert 0 <= values["face_share"] <= 1
        assert sum(v for k, v in values.items() if k.startswith("region_")) == pytest.approx(1.0)
        assert (output / entry["folder"] / f"{method}.jpg").is_file()
    page = (output / "report.html").read_text()
    for source in re.findall(r'src="([^"]+)"', page):
        assert (output / source).is_file()


def test_what_is_there_is_not_made_again(photograph, tmp_path):
    output = tmp_path / "out"
    call(photograph, "--methods", "saliency", "--output", output)
    kept = next(output.rglob("maps.npz"))
    first = kept.stat().st_mtime_ns
    call(photograph, "--methods", "saliency", "--output", output)
    assert kept.stat().st_mtime_ns == first
    call(photograph, "--methods", "saliency", "--seed", 1, "--output", output)
    assert kept.stat().st_mtime_ns > first


def test_pictures_without_a_face_are_skipped_and_told(photograph, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    photograph.rename(folder / "a.png")
    Image.fromarray(np.full((200, 200, 3), 90, np.uint8)).save(folder / "grey.png")
    (folder / "torn.png").write_bytes((folder / "a.png").read_bytes()[:200])
    done = call(folder, "--methods", "saliency", "--output", tmp_path / "out")
    assert done.exit_code == 3
    assert "1 maps of 1 faces, 0 failed their check, 2 pictures skipped" in done.stdout
    assert "expected a face in" in done.stderr
    assert "expected a picture at" in done.stderr
    skipped = json.loads((tmp_path / "out" / "explain.json").read_text())["skipped"]
    assert [name.rsplit("/", 1)[1] for name in skipped] == ["grey.png", "torn.png"]


def test_pictures_of_one_name_and_models_of_one_name_have_folders_of_their_own(photograph, tmp_path):
    (tmp_path / "other").mkdir()
    Image.fromarray(astronaut()[:300, 80:400]).save(tmp_path / "other" / "astronaut.png")
    twice = ["--model", "amal_small", "--model", "amal_small"]
    output = tmp_path / "out"
    done = call(photograph, tmp_path / "other", "--methods", "saliency", *twice, "--output", output)
    assert done.exit_code == 0, done.output
    entries = json.loads((output / "explain.json").read_text())["explanations"]
    assert [(entry["picture"], entry["model"]) for entry in entries] == [
        ("astronaut", "amal_small"),
        ("astronaut", "amal_small_2"),
        ("astronaut_2", "amal_small"),
        ("astronaut_2", "amal_small_2"),
    ]
    maps = [np.load(output / entry["folder"] / "maps.npz")["saliency"] for entry in entries]
    assert (maps[0] == maps[1]).all()
    assert (maps[0] != maps[2]).any()


def test_several_processes_make_what_one_makes(request, photograph, tmp_path):
    inputs = [request.config.rootpath / "bags" / "short_even", photograph, tmp_path / "grey.png"]
    Image.fromarray(np.full((200, 200, 3), 90, np.uint8)).save(inputs[-1])
    several = ["--methods", "grad_cam,gradient_shap", "--limit", 5, "--no-curves", "--sanity", 0]
    found = []
    for workers in (1, 3):
        output = tmp_path / str(workers)
        assert call(*inputs, *several, "--workers", workers, "--output", output).exit_code == 3
        content = json.loads((output / "explain.json").read_text())
        assert list(content["skipped"]) == [str(inputs[-1])]
        found.append(content["explanations"])
    one, three = found
    assert [entry["picture"] for entry in one] == [entry["picture"] for entry in three]
    assert len(one) == 6
    for entry in one:
        kept, other = (np.load(tmp_path / number / entry["folder"] / "maps.npz") for number in "13")
        for method in ("grad_cam", "gradient_shap"):
            assert np.corrcoef(kept[method].ravel(), other[method].ravel())[0, 1] > 0.999


def test_frames_of_a_bag_and_two_models_side_by_side(request, tmp_path, tiny_model):
    bag = request.config.rootpath / "bags" / "short_even"
    options = ["--methods", "grad_cam,saliency", "--limit", 3, "--no-curves", "--sanity", 1]
    done = call(bag, *options, "--model", "amal_small", "--model", tiny_model, "--output", tmp_path)
    assert done.exit_code == 0, done.output
    content = json.loads((tmp_path / "explain.json").read_text())
    small, tiny = content["models"].values()
    assert small["faces"] == tiny["faces"] == 3
    assert sum(small["labels"].values()) == 3
    shares = [
        e["methods"]["grad_cam"]["face_share"] for e in content["explanations"] if e["model"] == "amal_small"
    ]
    assert small["methods"]["grad_cam"]["face_share"]["mean"] == pytest.approx(np.mean(shares))
    assert "deletion_area" not in small["methods"]["grad_cam"]
    assert set(small["sanity"]) == {"grad_cam", "saliency"}
    assert [pair["methods"] for pair in small["agreement"]] == [["grad_cam", "saliency"]]
    assert {e["truth"] for e in content["explanations"]} == {"neutral", "disapproval"}
    kept = np.load(tmp_path / "mean_amal_small.npz")
    assert {name.split("/")[0] for name in kept} == set(small["labels"])
    page = (tmp_path / "report.html").read_text()
    assert "Models side by side" in page
    for source in re.findall(r'src="([^"]+)"', page):
        assert (tmp_path / source).is_file()


def test_another_margin_makes_another_crop(photograph, tmp_path):
    for name, margin in (("as_card", []), ("wide", ["--margin", 1.0])):
        done = call(photograph, "--methods", "saliency", "--sanity", 0, *margin, "--output", tmp_path / name)
        assert done.exit_code == 0, done.output
    areas = [
        json.loads((tmp_path / name / "explain.json").read_text())["explanations"][0]["methods"]["saliency"]
        for name in ("as_card", "wide")
    ]
    assert areas[1]["face_area"] < 0.5 * areas[0]["face_area"]


def test_a_bag_that_cannot_be_read(tmp_path):
    (tmp_path / "bag").mkdir()
    (tmp_path / "bag" / "metadata.yaml").write_text("nothing")
    done = call(tmp_path / "bag", "--output", tmp_path / "out")
    assert done.exit_code == 4
    assert "cannot be read" in done.stderr or "not a bag" in done.stderr


def test_no_picture_at_all(tmp_path):
    Image.fromarray(np.zeros((100, 100, 3), np.uint8)).save(tmp_path / "black.png")
    assert call(tmp_path / "black.png", "--output", tmp_path / "out").exit_code == 4


def test_a_method_that_does_not_fit_is_partial_when_it_was_named(photograph, tmp_path):
    done = call(photograph, "--methods", "saliency,lrp", "--output", tmp_path / "out")
    assert done.exit_code == 3
    assert "no sound rule" in done.stderr


def test_another_target(photograph, tmp_path):
    call(photograph, "--methods", "grad_cam", "--target", "boredom", "--output", tmp_path / "out")
    assert (
        json.loads((tmp_path / "out" / "explain.json").read_text())["explanations"][0]["label"] == "boredom"
    )
    done = call(photograph, "--target", "glee", "--output", tmp_path / "other")
    assert "expected a label of amal_resnet34" in str(done.exception)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_all_methods_of_the_default_model(photograph, tmp_path):
    done = call(photograph, "--methods", "all", "--output", tmp_path / "out")
    assert done.exit_code == 0, done.output
    maps = np.load(next((tmp_path / "out").rglob("maps.npz")))
    assert set(maps) == set(EXPLAINERS) - {"lrp"}
    flat = [m.ravel() / np.abs(m).max() for m in maps.values()]
    assert all(np.abs(a - b).max() > 0.05 for i, a in enumerate(flat) for b in flat[i + 1 :])
