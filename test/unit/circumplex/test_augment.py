"""P2's augmentation: what, in which order, how strongly."""

import numpy as np
import torch

from affect_core.circumplex.augment import reading_transform, training_transform, vary
from affect_core.circumplex.recipe import Augmentation

GOLDEN = [
    "RandomHorizontalFlip(p=0.5)",
    "RandomGrayscale(p=0.01)",
    "RandomRotation(degrees=[-10.0, 10.0], interpolation=nearest, expand=False, fill=0)",
    "ColorJitter(brightness=(0.8, 1.2), contrast=(0.8, 1.2), saturation=(0.8, 1.2), hue=(-0.1, 0.1))",
    "RandomPerspective(p=0.5, distortion_scale=0.2, interpolation=bilinear, fill=0)",
    "ToDtype(scale=True)",
    "Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225], inplace=False)",
    "RandomErasing(p=0.5, scale=(0.02, 0.2), ratio=(0.3, 3.3), inplace=False)",
]


def test_item_5_list_order_and_parameters():
    steps = training_transform(Augmentation()).transforms
    assert [str(step) for step in steps] == GOLDEN
    assert steps[-1].value is None  # what torchvision makes of "random"; 0 would be black


def test_item_5_reading_draws_nothing():
    images = torch.randint(0, 255, (2, 3, 16, 16), dtype=torch.uint8)
    torch.manual_seed(0)
    state = torch.get_rng_state()
    one, other = reading_transform()(images), reading_transform()(images)
    assert torch.equal(one, other) and torch.equal(torch.get_rng_state(), state)
    expected = (images[0, 1, 0, 0].item() / 255 - 0.456) / 0.224
    np.testing.assert_allclose(one[0, 1, 0, 0], expected, rtol=1e-5)


def test_item_5_parts_are_erased_after_normalising():
    names = [type(step).__name__ for step in training_transform(Augmentation()).transforms]
    assert names.index("RandomErasing") > names.index("Normalize")
    # Everything else off, a black picture: what was erased is noise around 0, the rest is black after normalising.
    only = Augmentation(flip=0.0, grey=0.0, rotation_deg=0.0, brightness=0.0, contrast=0.0, saturation=0.0, hue=0.0,
                        perspective=0.0, erase=1.0)  # fmt: skip
    torch.manual_seed(1)
    made = vary(torch.zeros(1, 3, 32, 32, dtype=torch.uint8), training_transform(only))[0, 0]
    black = -0.485 / 0.229
    erased = (made - black).abs() > 1e-5
    assert 0.02 * 0.5 <= erased.float().mean().item() <= 0.25
    assert made[erased].max() > 1.0  # normal noise, which no black pixel has


def test_each_picture_is_varied_by_itself_and_repeatably():
    transform = training_transform(Augmentation())
    images = torch.full((6, 3, 32, 32), 90, dtype=torch.uint8)
    torch.manual_seed(5)
    one = vary(images, transform)
    torch.manual_seed(5)
    assert torch.equal(one, vary(images, transform))
    assert len({tuple(picture.flatten()[:50].tolist()) for picture in one}) > 1
