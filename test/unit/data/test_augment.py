from dataclasses import fields

import pytest
import torch

from affect_core.data.augment import AugmentConfig, augment
from affect_core.errors import ConfigError

OFF = {item.name: 0.0 for item in fields(AugmentConfig)} | {
    "exposure_low": 1.0,
    "exposure_high": 1.0,
    "blur_scale": 1.0,
    "backdrops": 1,
}
SIZE = 32


@pytest.fixture
def batch():
    torch.manual_seed(0)
    images = torch.rand(16, 3, SIZE, SIZE) * 0.8 + 0.1
    masks = torch.zeros(16, SIZE, SIZE)
    masks[:, 8:24, 4:16] = 1.0
    return images, masks


def test_all_off_changes_nothing(batch):
    images, masks = augment(*batch, AugmentConfig(**OFF))
    torch.testing.assert_close(images, batch[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(masks, batch[1], atol=1e-5, rtol=0)


def test_mirroring_moves_the_mask_along(batch):
    images, masks = augment(*batch, AugmentConfig(**OFF | {"flip": 1.0}))
    torch.testing.assert_close(images, batch[0].flip(-1), atol=1e-5, rtol=0)
    torch.testing.assert_close(masks, batch[1].flip(-1), atol=1e-5, rtol=0)


def test_half_are_mirrored(batch):
    masks = torch.zeros(2000, 8, 8)
    masks[:, :, :4] = 1.0
    _, moved = augment(torch.zeros(2000, 3, 8, 8), masks, AugmentConfig(**OFF | {"flip": 0.5}))
    assert 0.45 < float((moved[:, 0, 0] < 0.5).float().mean()) < 0.55


@pytest.mark.parametrize(("name", "value"), [("rotation_deg", 15.0), ("zoom", 0.1), ("shift", 0.1)])
def test_images_and_masks_move_together(name, value):
    masks = torch.zeros(16, SIZE, SIZE)
    masks[:, 10:22, 10:22] = 1.0
    images = masks[:, None].repeat(1, 3, 1, 1)
    moved, moved_masks = augment(images, masks, AugmentConfig(**OFF | {name: value}))
    torch.testing.assert_close(moved[:, 0], moved_masks.clamp(1e-3, 1), atol=1e-5, rtol=0)
    assert (
        len({round(float(m.sum() + m[0].sum() + (m * torch.arange(SIZE)).sum()), 2) for m in moved_masks})
        > 10
    )


def test_shifts_stay_within_their_range():
    masks = torch.zeros(200, SIZE, SIZE)
    masks[:, 15:17, 15:17] = 1.0
    _, moved = augment(torch.zeros(200, 3, SIZE, SIZE), masks, AugmentConfig(**OFF | {"shift": 0.25}))
    columns = (moved.sum(1) * torch.arange(SIZE)).sum(1) / moved.sum((1, 2)) - 15.5
    assert 6.0 < float(columns.abs().max()) <= 8.01


@pytest.mark.parametrize("name", ["brightness", "contrast", "gamma", "noise"])
def test_light_changes_images_only(batch, name):
    images, masks = augment(*batch, AugmentConfig(**OFF | {name: 0.2}))
    assert float((images - batch[0]).abs().mean()) > 0.005
    assert 0.0 <= float(images.min()) <= float(images.max()) <= 1.0
    torch.testing.assert_close(masks, batch[1], atol=1e-5, rtol=0)


def test_the_patch_has_its_size_and_one_colour(batch):
    images, _ = augment(*batch, AugmentConfig(**OFF | {"patch": 1.0, "patch_size": 0.25}))
    changed = ((images - batch[0]).abs() > 1e-4).any(dim=1)
    assert changed.sum((1, 2)).tolist() == [64] * 16  # a quarter of 32, squared
    for image, inside in zip(images, changed, strict=True):
        assert len(image[:, inside].unique(dim=1).T) == 1


def test_exposure_darkens_and_brightens_within_its_range():
    images = torch.full((400, 3, 8, 8), 0.5)
    config = AugmentConfig(**OFF | {"exposure_low": 0.4, "exposure_high": 1.28})
    factors = augment(images, torch.zeros(400, 8, 8), config)[0].mean((1, 2, 3)) / 0.5
    assert 0.39 < float(factors.min()) < 0.45 < 1.2 < float(factors.max()) < 1.29


def test_grey_pictures_have_no_colour(batch):
    images, _ = augment(*batch, AugmentConfig(**OFF | {"grey": 1.0}))
    assert float((images.amax(1) - images.amin(1)).max()) < 1e-5
    images = torch.rand(400, 3, 8, 8)
    made, _ = augment(images, torch.zeros(400, 8, 8), AugmentConfig(**OFF | {"grey": 0.25}))
    colourless = (made.amax(1) - made.amin(1)).amax((1, 2)) < 1e-5
    assert 0.18 < float(colourless.float().mean()) < 0.32


@pytest.mark.parametrize("name", ["colour", "saturation", "blur"])
def test_colour_and_detail_change_images_only(batch, name):
    images, masks = augment(
        *batch, AugmentConfig(**OFF | {name: 1.0 if name == "blur" else 0.5, "blur_scale": 0.4})
    )
    assert float((images - batch[0]).abs().mean()) > 0.005
    torch.testing.assert_close(masks, batch[1], atol=1e-5, rtol=0)


def test_patches_have_edges_of_their_range(batch):
    config = AugmentConfig(**OFF | {"patch": 1.0, "patch_least": 0.1, "patch_size": 0.4})
    images, _ = augment(torch.zeros(100, 3, 40, 40), torch.zeros(100, 40, 40), config)
    hidden = (images > 0.01).any(dim=1)
    heights, widths = hidden.any(2).sum(1), hidden.any(1).sum(1)
    for edges in (heights, widths):
        assert 4 <= int(edges.min()) < 7 < 13 < int(edges.max()) <= 16
    assert (heights != widths).any()


def test_a_smallest_patch_above_the_largest_is_refused():
    with pytest.raises(ConfigError, match="patch_least"):
        AugmentConfig(patch_least=0.5, patch_size=0.25)
