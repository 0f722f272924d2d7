"""The shortcut experiment: pictures, and what a network that follows the background scores."""

import cv2
import numpy as np
import pytest
import torch

from affect_core.avatar.truth import Segment
from affect_core.data.manifest import Manifest, Record, load_manifest, save_manifest
from affect_core.errors import ConfigError, InputError
from affect_core.experiment.focus import attention_mass, top_share
from affect_core.experiment.plan import load_experiment
from affect_core.experiment.predictions import Predictions
from affect_core.experiment.shortcut import (
    FAMILY_NAMES,
    ShortcutSetConfig,
    composite,
    family_of,
    generate,
    wall_share,
)
from affect_core.experiment.shortcut_scores import MEASURES, conflicting, shortcut_intervals, shortcut_sums
from affect_core.experiment.shortcut_sheet import TILE_PX, shortcut_sheet
from affect_core.labels import COMPLEX_5
from affect_core.paths import find_shared
from affect_core.synth.sheets import save_image

SIZE = 32


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Ten white squares before blue; the squares are skin."""
    folder = tmp_path_factory.mktemp("people")
    segments = np.zeros((SIZE, SIZE), np.uint8)
    segments[8:24, 8:24] = Segment.SKIN
    image = np.full((SIZE, SIZE, 3), (0, 0, 255), np.uint8)
    image[segments > 0] = 255
    save_image(folder / "a.png", image)
    cv2.imwrite(str(folder / "mask.png"), segments)
    records = [
        Record(image="a.png", mask="mask.png", label=COMPLEX_5[i % 5], subject=str(i), background="blue")
        for i in range(10)
    ]
    save_manifest(Manifest(folder, "people", COMPLEX_5, tuple(records), synthetic=True, stand_in="squares"))
    return folder


def made(people, folder, **settings):
    return generate(ShortcutSetConfig(people="people", **settings), people, folder, workers=1)


@pytest.mark.parametrize("assignment", ["correlated", "shuffled", "plain"])
def test_the_same_people_before_other_backgrounds(people, tmp_path, assignment):
    manifest = made(people, tmp_path, assignment=assignment, agreement=1.0)
    assert [r.label for r in manifest.records] == [COMPLEX_5[i % 5] for i in range(10)]
    assert [r.subject for r in manifest.records] == [str(i) for i in range(10)]
    assert manifest.stand_in == "squares"
    behind = [r.background for r in manifest.records]
    if assignment == "correlated":
        assert behind == [FAMILY_NAMES[i % 5] for i in range(10)]
    elif assignment == "plain":
        assert set(behind) == {"plain"}
    else:
        assert set(behind) <= set(FAMILY_NAMES)
    assert load_manifest(tmp_path).records == manifest.records


def test_the_person_stays_and_nothing_of_the_wall_does(people, tmp_path):
    manifest = made(people, tmp_path, assignment="plain")
    image = cv2.imread(str(manifest.image_path(manifest.records[0]))).astype(int)
    assert np.abs(image[12:20, 12:20] - 255).max() <= 8
    assert np.abs(image[:6] - 128).max() <= 3  # no blue is left
    assert np.abs(image[7, 8:24, 0] - image[7, 8:24, 2]).max() <= 12  # nor just beside the head (JPEG)


def test_the_edge_is_soft_and_lies_on_the_head():
    segments = np.zeros((9, 9), np.uint8)
    segments[:, 4:] = Segment.HAIR
    share = wall_share(segments)[4]
    assert share[:4].tolist() == [1.0] * 4
    assert 0.5 < share[4] < 1.0
    assert share[7] < 0.01


def test_composite_mixes_by_share():
    image = np.full((9, 9, 3), 100, np.uint8)
    segments = np.full((9, 9), Segment.SKIN, np.uint8)
    assert composite(image, segments, np.zeros((9, 9, 3), np.float32)).tolist() == image.tolist()


def test_families_follow_the_class_as_often_as_wanted():
    config = ShortcutSetConfig(people="p", assignment="correlated", agreement=0.85)
    rng = np.random.default_rng(0)
    drawn = np.array([family_of(config, 2, rng) for _ in range(4000)])
    assert np.mean(drawn == 2) == pytest.approx(0.85, abs=0.02)
    others = [np.mean(drawn == k) for k in (0, 1, 3, 4)]
    assert others == pytest.approx([0.0375] * 4, abs=0.012)
    shuffled = ShortcutSetConfig(people="p", assignment="shuffled")
    drawn = np.array([family_of(shuffled, 2, rng) for _ in range(4000)])
    assert np.mean(drawn == 2) == pytest.approx(0.2, abs=0.02)


def test_pictures_do_not_depend_on_how_often_it_was_interrupted(people, tmp_path):
    first = made(people, tmp_path / "a", assignment="shuffled", seed=3)
    for path in (tmp_path / "a" / "images").glob("*"):
        path.unlink()
    before = first.records
    again = made(people, tmp_path / "a", assignment="shuffled", seed=3)
    fresh = made(people, tmp_path / "b", assignment="shuffled", seed=3)
    assert again.records == before == fresh.records
    assert again.image_path(before[3]).read_bytes() == fresh.image_path(before[3]).read_bytes()


def test_people_of_other_classes_or_without_masks_are_refused(people, tmp_path):
    records = (Record(image=str(people / "a.png"), label="boredom"),)
    save_manifest(Manifest(tmp_path / "bare", "bare", COMPLEX_5, records))
    with pytest.raises(InputError, match="mask"):
        made(tmp_path / "bare", tmp_path / "out")
    save_manifest(Manifest(tmp_path / "other", "other", ("happy", "sad"), records))
    with pytest.raises(ConfigError, match="expected pictures of confusion"):
        made(tmp_path / "other", tmp_path / "out2")


def answers(truth, read, behind):
    return Predictions(
        logits=np.eye(5, dtype=np.float32)[read] * 9,
        truth=np.array(truth),
        groups=np.arange(len(truth)),
        intensity=np.ones(len(truth), np.float32),
        lighting=np.array(["even"] * len(truth)),
        background=np.array([FAMILY_NAMES[k] if k >= 0 else "plain" for k in behind]),
    )


def test_conflicting_pictures_have_the_background_as_truth():
    chosen = conflicting(answers([0, 1, 2, 3], [0, 0, 2, 3], [0, 0, 4, -1]))
    assert chosen.truth.tolist() == [0, 4]  # picture 1 stands before family 0, picture 2 before family 4
    assert chosen.logits.argmax(axis=1).tolist() == [0, 2]  # the first one follows its background


def test_measures_of_a_network_that_reads_the_background():
    truth, correlated, shuffled = [0, 1, 2, 3, 4], [0, 1, 2, 3, 0], [1, 1, 0, 4, 3]
    run = {
        "shortcut_correlated": answers(truth, correlated, correlated),
        "shortcut_shuffled": answers(truth, shuffled, shuffled),
        "shortcut_plain": answers(truth, [0] * 5, [-1] * 5),
    }
    found = shortcut_intervals([shortcut_sums(run, COMPLEX_5)])
    means = {name: found[name].mean for name in MEASURES}
    expected = {"correlated": 0.8, "shuffled": 0.2, "plain": 0.2, "gap": 0.6, "followed": 1.0}
    assert means == pytest.approx(expected)


def test_a_run_without_the_shortcut_tests_has_no_measures():
    assert shortcut_sums({"complex_test": answers([0], [0], [-1])}, COMPLEX_5) == {}


def test_attention_mass_by_hand():
    """Cells 0.9 and 0.1; the mask covers all of the first and a quarter of the second: (0.9 + 0.025) / 1."""
    attention = torch.tensor([[[0.9, 0.1]]])
    mask = torch.zeros(1, 2, 4)
    mask[0, :, :2] = 1.0
    mask[0, 0, 2] = 1.0
    assert attention_mass(attention, mask).tolist() == pytest.approx([0.925])


def test_top_share_takes_the_largest_tenth():
    heat = torch.arange(20.0).view(1, 4, 5)
    top = top_share(heat)
    assert top.sum() == 2
    assert top.view(-1)[-2:].tolist() == [1.0, 1.0]


def test_the_page_shows_every_background_and_crop():
    plan = load_experiment(find_shared("config/experiments/p0.yaml"))
    page = shortcut_sheet(plan, stand_in=True)
    rows, columns = 3 + 2, 10
    assert page.shape[0] > rows * TILE_PX
    assert page.shape[1] > columns * TILE_PX
    plain = page[18 + 2 * TILE_PX : 18 + 3 * TILE_PX, 90:]
    assert np.abs(plain[:10].astype(int) - 128).max() < 12  # grey above every head
