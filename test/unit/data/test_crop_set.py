import numpy as np
import pytest

from affect_core.data.batches import CropBatches
from affect_core.data.crop_set import CropSet, load_crop_set, save_part
from affect_core.errors import ConfigError, InputError
from affect_core.faces import CropSpec

NAMES = ("neutral", "boredom")


def crops(count, start=0):
    images = np.zeros((count, 16, 16, 3), np.uint8)
    images[:, 0, 0, 0] = np.arange(start, start + count)
    labels = (np.arange(count) % 3 == 0).astype(np.int64)
    info = {"lighting": np.array(["dim"] * count), "intensity": np.linspace(0, 1, count)}
    return CropSet(images, labels, np.full((count, 16, 16), 7, np.uint8), NAMES, CropSpec(16), info=info)


def test_parts_are_joined_in_order(tmp_path):
    save_part(crops(3, start=10), tmp_path, 1)
    save_part(crops(2), tmp_path, 0)
    made = load_crop_set(tmp_path)
    assert made.images_rgb[:, 0, 0, 0].tolist() == [0, 1, 10, 11, 12]
    assert made.labels.tolist() == [1, 0, 1, 0, 0]
    assert made.label_names == NAMES
    assert made.crop == CropSpec(16)
    assert made.info["lighting"].tolist() == ["dim"] * 5
    assert made.info["intensity"].tolist() == [0, 1, 0, 0.5, 1]
    assert made.counts() == {"neutral": 3, "boredom": 2}


def test_an_unfinished_part_is_not_read(tmp_path):
    save_part(crops(3), tmp_path, 0)
    (tmp_path / ".part_0001.npz.1f2e3d4c.part").write_bytes(b"half")
    assert len(load_crop_set(tmp_path)) == 3


def test_missing_sets(tmp_path):
    with pytest.raises(ConfigError, match="manifest"):
        load_crop_set(tmp_path)
    save_part(crops(3), tmp_path, 0).unlink()
    with pytest.raises(InputError, match="generate the set first"):
        load_crop_set(tmp_path)


@pytest.mark.parametrize("labels", [np.array([0, 2]), np.array([-1, 0]), np.array([0])])
def test_labels_that_do_not_fit(labels):
    images, masks = np.zeros((2, 16, 16, 3), np.uint8), np.zeros((2, 16, 16), np.uint8)
    with pytest.raises(InputError, match="expected"):
        CropSet(images, labels, masks, NAMES, CropSpec(16))


def test_batches_in_order_hold_everything():
    batches = list(CropBatches(crops(10), 4))
    assert [len(batch.targets) for batch in batches] == [4, 4, 2]
    assert [int(image[0, 0, 0]) for batch in batches for image in batch.images] == list(range(10))
    assert batches[0].images.shape == (4, 3, 16, 16)


def test_shuffled_batches_are_stratified_and_differ_from_pass_to_pass():
    batches = CropBatches(crops(90), 30, seed=0)
    passes = []
    for batches.epoch in range(2):
        passes.append([batch.targets[:, 1] for batch in batches])
    assert all(9 <= int(labels.sum()) <= 11 for labels in passes[0] + passes[1])
    order = []
    for batches.epoch in range(2):
        order.append([int(i) for batch in batches for i in batch.images[:, 0, 0, 0]])
    assert order[0] != order[1]
    assert sorted(order[0]) == list(range(90))
    again = CropBatches(crops(90), 30, seed=0)
    assert [batch.targets[:, 1].tolist() for batch in again] == [labels.tolist() for labels in passes[0]]
