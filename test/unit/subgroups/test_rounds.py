"""The grid of P3: nine cells from three trainings of each fold (and the control's), and the printed tables."""

from dataclasses import replace

import numpy as np
import pytest

from affect_core.errors import ConfigError, InputError
from affect_core.subgroups.config import SubgroupConfig, quick
from affect_core.subgroups.rounds import (
    FIRST,
    MATCHED,
    MIXED,
    SECOND,
    TESTS,
    TRAININGS,
    Network,
    build,
    column_sums,
    folds,
    gather,
    mean_accuracy,
    percentages,
    read_faces,
    to_floats,
    trained,
    training_set,
)

TABLE_5 = {
    ("MI", "MI"): 53.83,
    ("MI", "MA"): 52.73,
    ("MI", "FE"): 54.84,
    ("MA", "MI"): 47.12,
    ("MA", "MA"): 47.80,
    ("MA", "FE"): 46.51,
    ("FE", "MI"): 47.61,
    ("FE", "MA"): 42.86,
    ("FE", "FE"): 51.98,
}


def test_golden_matrices_reproduce_table_5(subgroups_tables):
    assert len(subgroups_tables) == 9
    for (training, test), printed in TABLE_5.items():
        matrix, _ = subgroups_tables[f"{training}-{test}"]
        assert mean_accuracy(matrix) == pytest.approx(printed, abs=0.01)
        np.testing.assert_allclose(matrix.sum(axis=1), 100.0, atol=0.02)


def test_golden_matrices_reproduce_the_column_sums(subgroups_tables):
    # Six cells rounded to 0.01 are wrong by 0.03 at most together, and the printed sum by 0.05.
    for name, (matrix, printed) in subgroups_tables.items():
        np.testing.assert_allclose(column_sums(matrix), printed, atol=0.08, err_msg=name)
    # The two that the paper discusses: anger for women's training on men, happiness for the reverse.
    assert column_sums(subgroups_tables["FE-MA"][0])[5] == pytest.approx(150.7, abs=0.06)
    assert column_sums(subgroups_tables["MA-FE"][0])[0] == pytest.approx(131.5, abs=0.06)


def test_percentages_by_hand():
    # 3 of 4 and 1 of 2; a class that nobody shows has no row, and does not count in the mean.
    made = percentages(np.array([[3, 1, 0], [1, 1, 0], [0, 0, 0]]))
    assert made[:2].tolist() == [[75.0, 25.0, 0.0], [50.0, 50.0, 0.0]] and np.isnan(made[2]).all()
    assert mean_accuracy(made) == pytest.approx((75.0 + 50.0) / 2)
    assert column_sums(made).tolist() == [125.0, 75.0, 0.0]


def test_nobody_is_in_train_and_test(subgroups_faces):
    faces = subgroups_faces(per_cell=10)
    faces = replace(faces, subjects=faces.subjects // 2)  # two pictures of everybody
    made = folds(faces, 5, 5, seed=0)
    assert len(made) == 5
    assert sorted(np.concatenate([fold.test for fold in made])) == list(range(len(faces)))
    for fold in made:
        assert not set(faces.subjects[fold.train]) & set(faces.subjects[fold.test])
        assert np.bincount(faces.strata[fold.test], minlength=4).tolist() == [2, 2, 2, 2]
        for name in TRAININGS:
            assert set(training_set(faces, fold, name, 0)) <= set(fold.train)
    assert len(folds(faces, 5, 2, seed=0)) == 2
    with pytest.raises(InputError, match="21 subjects or more for 21 folds, got 20"):
        folds(faces, 21, 1, seed=0)


class Reader:
    """A network that reads the label from the first pixel, and says 0 where it was not trained on that group."""

    def __init__(self, knows):
        self._knows = knows

    def read(self, images_rgb):
        label, group = images_rgb[:, 0, 0, 0].astype(int), images_rgb[:, 0, 0, 1].astype(int)
        return np.eye(2, dtype=np.float32)[np.where(np.isin(group, self._knows), label, 0)]


def test_nine_cells_from_the_trainings_of_two_folds(subgroups_faces, tmp_path):
    faces = subgroups_faces(per_cell=5)
    images = faces.images_rgb.copy()
    images[:, 0, 0, 0], images[:, 0, 0, 1] = faces.labels, faces.groups
    faces = replace(faces, images_rgb=images)
    split = folds(faces, 5, 2, seed=0)
    knows = {MIXED: (0, 1), FIRST: (0,), SECOND: (1,), MATCHED: (0, 1)}
    shares = {
        name: [read_faces(faces, fold, Reader(groups), tmp_path / name / str(fold.number)) for fold in split]
        for name, groups in knows.items()
    }
    readings = gather(faces, split, shares)
    cells = {(a, b): mean_accuracy(percentages(readings.counts(a, b))) for a in TRAININGS[:3] for b in TESTS}
    # On a group it does not know, a network says class 0: right for one of two classes. Mixed: the mean of both.
    assert len(cells) == 9
    assert [cells[MIXED, test] for test in TESTS] == [100.0, 100.0, 100.0]
    assert [cells[FIRST, test] for test in TESTS] == [75.0, 100.0, 50.0]
    assert [cells[SECOND, test] for test in TESTS] == [75.0, 50.0, 100.0]
    assert readings.counts(MIXED, MIXED).sum() == 8 == len(set(readings.faces.tolist()))
    assert sorted(set(readings.rounds.tolist())) == [0, 1]


def tiny(**optimiser):
    config = quick()
    return replace(
        config,
        align=replace(config.align, size_px=32),
        variants=replace(config.variants, gammas=(1.0,), places=1),
        optimiser=replace(config.optimiser, batch_size=8, precision="32-true", **optimiser),
        options={"stages": 1},
    )


def test_a_training_is_stored_and_not_repeated(subgroups_faces, tmp_path, monkeypatch):
    import affect_core.training.crops_only as crops_only

    faces = subgroups_faces(per_cell=5)
    fold = folds(faces, 5, 1, seed=0)[0]
    first = trained(faces, fold, MIXED, tiny(), tmp_path / "mixed", 0)
    assert (tmp_path / "mixed" / "weights.safetensors").is_file()
    assert not (tmp_path / "mixed" / "training").exists()
    monkeypatch.setattr(crops_only, "fit_crops", lambda *_: pytest.fail("trained once more"))
    again = trained(faces, fold, MIXED, tiny(), tmp_path / "mixed", 0)
    np.testing.assert_array_equal(first.read(faces.images_rgb), again.read(faces.images_rgb))
    assert first.mean == again.mean and first.std == again.std


def test_a_training_goes_on_at_its_last_epoch(subgroups_faces, tmp_path):
    """Two epochs in one go, and one epoch, an interruption, and the other: the same network."""
    import torch

    from affect_core.subgroups.variants import VariantBatches
    from affect_core.training.crops_only import fit_crops

    faces = subgroups_faces(per_cell=4)

    class Interrupting(VariantBatches):
        stop_at = None

        def __iter__(self):
            if self.epoch == self.stop_at:
                raise KeyError("pulled the plug")
            return super().__iter__()

    def fit(folder, stop_at=None):
        config = tiny(epochs=2, schedule="constant")
        torch.manual_seed(0)
        batches = Interrupting(faces.images_rgb, faces.taught, 2, 8, config.variants, 0)
        batches.stop_at = stop_at
        network = build(config, 2)
        return fit_crops(
            network, batches, 32, (0.5,) * 3, (0.25,) * 3, config.optimiser, folder, {"training": "mixed"}
        )

    whole = fit(tmp_path / "whole").state_dict()
    with pytest.raises(KeyError, match="plug"):
        fit(tmp_path / "parts", stop_at=1)
    assert (tmp_path / "parts" / "last.ckpt").is_file()
    parts = fit(tmp_path / "parts").state_dict()
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_pixels_are_normalised_before_they_are_read():
    import torch

    from affect_core.emotion.base import Output

    class First(torch.nn.Module):
        def forward(self, batch):
            return Output(batch[:, :2, 0, 0])

    images = np.full((1, 4, 4, 3), 51, np.uint8)  # 0.2
    network = Network(First(), (0.1, 0.3, 0.0), (0.1, 0.1, 1.0))
    # (0.2 - 0.1) / 0.1 = 1 and (0.2 - 0.3) / 0.1 = -1: e^1 / (e^1 + e^-1) = 0.8808.
    np.testing.assert_allclose(network.read(images), [[0.8808, 0.1192]], atol=1e-4)
    assert to_floats(images).shape == (1, 3, 4, 4)


def test_settings_that_cannot_be():
    with pytest.raises(ConfigError, match="rounds up to 5"):
        SubgroupConfig(rounds=6)
    with pytest.raises(ConfigError, match="two different labels"):
        SubgroupConfig(labels=("happy", "happy"))
    with pytest.raises(ConfigError, match="options of resnet18"):
        build(replace(quick(), options={"depth": 3}), 6)


def test_the_defaults_are_those_of_p3():
    config = SubgroupConfig()
    assert (config.architecture, config.init, config.align.size_px) == ("inception_v3", "imagenet", 224)
    optimiser = config.optimiser
    assert (optimiser.learning_rate, optimiser.batch_size, optimiser.epochs, config.folds) == (
        1e-4,
        128,
        1,
        5,
    )
    assert optimiser.weight_decay == 0.0 and optimiser.schedule == "constant" and config.lime.features == 5
    assert (config.space.width_px, config.space.height_px) == (224, 275)
