from dataclasses import fields

import pytest
import torch

from affect_core.data.augment import AugmentConfig, augment

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
