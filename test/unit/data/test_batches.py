import numpy as np
import pytest
import torch

from affect_core.data.batches import CropBatches
from affect_core.data.crop_set import CropSet, join, stratified
from affect_core.errors import InputError
from affect_core.faces.crop import CropSpec

NAMES = ("neutral", "boredom")


def crops(labels, name="one", repeat=1):
    labels = np.array(labels)
    count = len(labels)
    images = np.zeros((count, 16, 16, 3), np.uint8)
    images[:, 0, 0, 0] = np.arange(count)
    info = {"set": np.array([name] * count), "repeat": np.full(count, repeat)}
    segments = np.zeros((count, 16, 16), np.uint8)
    return CropSet(images, labels, segments, NAMES, CropSpec(16), info=info, notes=(f"set {name}",))


def drawn(batches):
    return [int(i) for batch in batches for i in batch.images[:, 0, 0, 0]]


def test_a_batch_holds_what_it_says():
    made = next(iter(CropBatches(crops([0, 1, 1]), 3)))
    assert made.images.shape == (3, 3, 16, 16)
    assert made.targets.tolist() == [[1, 0], [0, 1], [0, 1]]
    assert made.segments.shape == (3, 16, 16)
    assert made.regression.shape == (3, 3)
    assert made.regression.isnan().all()


def test_every_batch_holds_classes_and_sets_in_their_proportions():
    both = join([crops([0] * 40 + [1] * 20, "one"), crops([0] * 20 + [1] * 40, "two")])
    batches = CropBatches(both, 24, seed=0)
    firsts = torch.stack([batch.targets[:, 0].sum() for batch in batches])
    assert ((firsts >= 10) & (firsts <= 14)).all()
    order = batches._order()
    for start in range(0, 120, 24):
        chosen = order[start : start + 24]
        assert 10 <= np.sum(both.info["set"][chosen] == "one") <= 14


def test_the_order_depends_on_seed_and_epoch_only():
    batches = CropBatches(crops([0, 1] * 20), 8, seed=3)
    first = drawn(batches)
    assert drawn(batches) == first
    batches.epoch = 5
    fifth = drawn(batches)
    assert fifth != first
    later = CropBatches(crops([0, 1] * 20), 8, seed=3)
    later.epoch = 5
    assert drawn(later) == fifth


def test_repeated_sets_come_several_times():
    both = join([crops([0, 1] * 10, "one"), crops([0, 1], "two", repeat=5)])
    order = CropBatches(both, 6, seed=0)._order()
    assert np.bincount(order).tolist() == [1] * 20 + [5] * 2


def test_balanced_batches_draw_rare_classes_again():
    batches = CropBatches(crops([0] * 30 + [1] * 10), 8, seed=0, balanced=True)
    assert sum(float(batch.targets[:, 1].sum()) for batch in batches) == 20
    order = batches._order()
    assert np.bincount(order, minlength=40)[30:].tolist() == [2] * 10
    assert np.bincount(order, minlength=40)[:30].max() == 1


def test_processes_share_the_batches():
    parts = [CropBatches(crops([0, 1] * 20), 8, seed=0, rank=rank, world=2) for rank in range(2)]
    assert [len(part) for part in parts] == [2, 2]
    seen = [drawn(part) for part in parts]
    assert not set(seen[0]) & set(seen[1])
    whole = drawn(CropBatches(crops([0, 1] * 20), 8, seed=0))
    assert set(whole[:32]) == set(seen[0]) | set(seen[1])


def test_a_stratified_part_keeps_the_shares():
    part = stratified(crops([0] * 60 + [1] * 30), 30)
    assert part.counts() == {"neutral": 20, "boredom": 10}
    assert part.images_rgb[:, 0, 0, 0].tolist() == sorted(part.images_rgb[:, 0, 0, 0])
    assert len(stratified(part, 100)) == 30


def test_joined_sets_keep_notes_and_shared_columns():
    left, right = crops([0], "one"), crops([1], "two")
    right.info["age"] = np.array([3.0])
    both = join([left, right])
    assert both.notes == ("set one", "set two")
    assert both.info["set"].tolist() == ["one", "two"]
    assert "age" not in both.info


def test_sets_cut_otherwise_cannot_be_joined():
    one = crops([0])
    other = CropSet(one.images_rgb, one.labels, one.segments, ("neutral", "rage"), CropSpec(16))
    with pytest.raises(InputError, match="rage"):
        join([one, other])
