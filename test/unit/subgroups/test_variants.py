"""P3's augmentation, equation 1 and translation."""

import numpy as np
import pytest

from affect_core.errors import ConfigError
from affect_core.subgroups.variants import VariantBatches, VariantConfig, gamma, translate


def test_gamma_one_is_the_identity():
    levels = np.arange(256)
    np.testing.assert_allclose(gamma(levels, 1.0), levels, atol=1e-9)


@pytest.mark.parametrize(("value", "expected"), [(2.0, 127.7), (0.5, 16.1)])
def test_gamma_by_hand(value, expected):
    # (64 / 255)^(1/2) 255 = sqrt(64 * 255) = sqrt(16320) = 127.75; (64 / 255)^2 255 = 4096 / 255 = 16.06.
    assert gamma(np.array([64]), value)[0] == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize("value", [0.5, 1.0, 1.5, 2.0])
def test_gamma_keeps_the_range_and_the_order(value):
    made = gamma(np.arange(256), value)
    assert made[0] == 0.0 and made[255] == pytest.approx(255.0) and np.all(np.diff(made) > 0.0)


def test_translation_by_4_px_is_exact():
    image = np.random.default_rng(0).integers(0, 256, (12, 15, 3), dtype=np.uint8)
    made = translate(image, 4, -4)
    np.testing.assert_array_equal(made[:-4, 4:], image[4:, :-4])
    # The border is continued: the last row and the first column.
    np.testing.assert_array_equal(made[-1, 4:], image[-1, :-4])
    np.testing.assert_array_equal(made[:-4, 0], image[4:, 0])


def test_twenty_variants_of_every_picture_by_default():
    variants = VariantConfig().variants
    assert len(variants) == len(set(variants)) == 20
    assert {value for value, *_ in variants} == {0.5, 1.0, 1.5, 2.0}
    assert {step for _, *step_ in variants for step in [tuple(step_)]} == {
        (0, 0),
        (4, 0),
        (-4, 0),
        (0, 4),
        (0, -4),
    }
    assert len(VariantConfig(places=9).variants) == 36
    with pytest.raises(ConfigError, match="places 1, 5 or 9"):
        VariantConfig(places=7)


def test_batches_hold_every_variant_once_and_the_right_labels():
    # Picture k is flat with level 40 + 40 k, so that gamma 1 at rest shows who it is.
    images = np.stack([np.full((8, 8, 3), 40 + 40 * k, np.uint8) for k in range(4)])
    labels = np.array([0, 1, 0, 1])
    batches = VariantBatches(images, labels, 2, 4, VariantConfig(gammas=(1.0, 2.0), places=5), seed=1)
    seen = []
    for batch in batches:
        assert batch.images.shape == (4, 3, 8, 8) and batch.targets.sum(dim=1).tolist() == [1.0] * 4
        seen += [(int(i[0, 0, 0]), int(t.argmax())) for i, t in zip(batch.images, batch.targets, strict=True)]
    assert len(batches) == 10 and len(seen) == 40
    for k, label in enumerate(labels):
        plain, bright = 40 + 40 * k, round(float(np.sqrt((40 + 40 * k) * 255)))
        assert seen.count((plain, label)) == 5 and seen.count((bright, label)) == 5


def test_the_order_depends_on_seed_and_epoch_only():
    images = np.random.default_rng(0).integers(0, 256, (6, 4, 4, 3), dtype=np.uint8)

    def order(seed, epoch):
        batches = VariantBatches(images, np.arange(6) % 2, 2, 5, VariantConfig(), seed)
        batches.epoch = epoch
        return np.concatenate([batch.images.numpy() for batch in batches])

    assert np.array_equal(order(0, 1), order(0, 1))
    assert not np.array_equal(order(0, 0), order(0, 1)) and not np.array_equal(order(0, 0), order(1, 0))
