import hashlib
from collections import Counter

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from affect_core.avatar.truth import MASKS, Segment
from affect_core.cli import commands
from affect_core.data.manifest import load_manifest
from affect_core.errors import ConfigError
from affect_core.labels import BASIC_8, COMPLEX_6
from affect_core.synth.humans import HumanSetConfig
from affect_core.synth.humans.human_set import Studio, generate, ingredients
from affect_core.synth.humans.sheets import expression_sheet, sample_sheet
from affect_core.synth.sheets import lay_out

SMALL = HumanSetConfig(images=8, seed=3, size_px=96, blend_share=0.5)


def hashes(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("set.yaml",)  # which has the folder's name
    }


def grey(path):
    return cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)


@pytest.fixture(scope="module")
def tiny_set(tiny_ict, tmp_path_factory):
    """A set made with the hand-made head: no face, but all of the machinery."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AFFECT_HRI_ICT", str(tiny_ict))
        return generate(SMALL, tmp_path_factory.mktemp("sets") / "tiny")


@pytest.fixture(scope="module")
def real_set(ict, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AFFECT_HRI_ICT", str(ict))
        return generate(HumanSetConfig(images=12, seed=5), tmp_path_factory.mktemp("sets") / "real")


def test_the_manifest_has_everything(tiny_set):
    assert load_manifest(tiny_set.folder) == tiny_set
    assert tiny_set.labels == COMPLEX_6
    assert tiny_set.synthetic
    assert not tiny_set.stand_in
    assert "ICT-FaceKit" in tiny_set.licence
    assert [record.label for record in tiny_set.records] == [*COMPLEX_6, *COMPLEX_6[:2]]
    for record in tiny_set.records:
        image, mask = cv2.imread(str(tiny_set.image_path(record))), grey(tiny_set.mask_path(record))
        assert image.shape == (96, 96, 3)
        assert mask.shape == (96, 96)
        assert set(np.unique(mask)) <= {int(segment) for segment in Segment}
        assert len(record.landmarks_xy) == 5
        assert len(record.head_deg) == 3
        assert record.lighting in ("even", "dim")
        assert record.background
        assert -1 <= record.valence <= 1
        assert {"side", "seed", "skin_tone", "hair", "beard", "glasses", "occluder"} <= set(record.attributes)
    assert len({record.subject for record in tiny_set.records}) == 8


def test_blends_are_told(tiny_set):
    soft = [record for record in tiny_set.records if record.soft_label]
    assert soft
    assert all(sum(record.soft_label.values()) == pytest.approx(1.0) for record in soft)


def test_the_same_bytes_with_more_workers_and_after_an_interruption(
    tiny_set, with_tiny_ict, tmp_path, monkeypatch
):
    monkeypatch.setattr("affect_core.synth.humans.human_set.PART", 3)
    made = generate(SMALL, tmp_path / "two", workers=2)
    known = {name: value for name, value in hashes(tiny_set.folder).items() if not name.startswith("parts/")}
    assert {
        name: value for name, value in hashes(made.folder).items() if not name.startswith("parts/")
    } == known
    (tmp_path / "two" / tiny_set.records[4].image).unlink()
    (tmp_path / "two" / "records.jsonl").unlink()
    generate(SMALL, tmp_path / "two")
    assert {
        name: value for name, value in hashes(made.folder).items() if not name.startswith("parts/")
    } == known


def test_a_folder_of_another_set_is_refused(tiny_set, with_tiny_ict):
    with pytest.raises(ConfigError, match="other settings"):
        generate(HumanSetConfig(images=8, seed=4, size_px=96), tiny_set.folder)


def test_a_set_knows_what_it_was_made_of(tiny_set, tiny_ict):
    made_of = tiny_set.settings["made_of"]
    assert made_of["face_model"] == hashlib.sha256(tiny_ict.read_bytes()).hexdigest()
    assert ingredients(HumanSetConfig(labels="basic-8"), tiny_ict)["recipes"] != made_of["recipes"]


def test_without_a_face_model_nothing_is_begun(tmp_path, monkeypatch):
    monkeypatch.delenv("AFFECT_HRI_ICT", raising=False)
    monkeypatch.setenv("AFFECT_HRI_CACHE", str(tmp_path))
    monkeypatch.setattr("affect_core.synth.humans.ict.share_roots", list)
    with pytest.raises(ConfigError, match="download-ict"):
        generate(SMALL, tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_the_command(with_tiny_ict, tmp_path):
    command = "synth humans --set basic-8 --images 8 --seed 2 --size 64 --workers 1 --blends 0.2 --intensity 0.5 0.9"
    done = CliRunner().invoke(
        commands, [*command.split(), "--output", str(tmp_path / "set")], catch_exceptions=False
    )
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == str(tmp_path / "set" / "records.jsonl")
    made = load_manifest(tmp_path / "set")
    assert Counter(record.label for record in made.records) == Counter(BASIC_8)
    assert made.settings["intensity_high"] == 0.9


def test_real_pictures_show_a_face_where_the_landmarks_are(real_set):
    for record in real_set.records:
        mask = grey(real_set.mask_path(record))
        face = np.isin(mask, [*MASKS["face"], Segment.OCCLUDER])
        for column, row in np.round(record.landmarks_xy).astype(int):
            assert face[row - 2 : row + 3, column - 2 : column + 3].any()
        assert 0.06 < face.mean() < 0.4
        left, top, right, bottom = record.box_xyxy
        assert 50 < right - left < 110
        assert 50 < bottom - top < 110
        image = grey(real_set.image_path(record))
        assert image[face].std() > 4.0


def test_real_masks_have_all_parts(real_set):
    shown = Counter()
    for record in real_set.records:
        shown.update(np.unique(grey(real_set.mask_path(record))).tolist())
    for segment in (Segment.EYE, Segment.LID, Segment.BROW, Segment.LIP, Segment.HAIR, Segment.BODY):
        assert shown[segment] > len(real_set.records) / 2, segment.name


def test_the_label_shows_in_the_action_units(ict):
    """Pressed lips for frustration, pulled-down corners for disapproval, half-closed eyes for boredom."""
    studio = Studio(ict)
    weights = {label: studio.recipes.weights(units(studio, label)) for label in COMPLEX_6}
    assert max(weights, key=lambda label: weights[label].get("mouthPress_L", 0.0)) == "frustration"
    assert max(weights, key=lambda label: weights[label].get("mouthFrown_L", 0.0)) == "disapproval"
    assert max(weights, key=lambda label: weights[label].get("eyeBlink_L", 0.0)) == "boredom"


def units(studio, label):
    from affect_core.synth.humans.recipes import base_amounts

    return base_amounts(studio.table.get(label))


def test_sheets(with_tiny_ict):
    page = lay_out(expression_sheet(with_tiny_ict, "complex-6", people=(1,), tile_px=32))
    assert page.shape[0] == 18 + 3 * 32
    page = lay_out(sample_sheet(with_tiny_ict, SMALL, rows=1, columns=2, tile_px=48))
    assert page.shape[1] == 90 + 2 * 48
