"""Answers of a model: parts, groups, storage, temperature."""

import numpy as np
import pytest

from affect_core.errors import InputError
from affect_core.evaluation.temperature import fit_temperature, mean_loss
from affect_core.experiment.predictions import Predictions, grouped, load_predictions, save_predictions
from affect_core.labels import COMPLEX_5, COMPLEX_6


def answers(truth, logits=None, intensity=None, subjects=None, background="flat"):
    count = len(truth)
    logits = np.eye(6)[truth] if logits is None else np.asarray(logits)
    return Predictions(
        logits=logits.astype(np.float32),
        truth=np.asarray(truth, np.int64),
        groups=np.arange(count) if subjects is None else grouped(np.array(subjects)),
        intensity=np.full(count, 0.5, np.float32) if intensity is None else np.array(intensity, np.float32),
        lighting=np.array(["even", "dim"] * count)[:count],
        background=np.array([background] * count),
    )


def test_five_classes_leave_neutral_out_of_pictures_and_logits():
    logits = np.array([[9, 1, 0, 0, 0, 0], [9, 0, 0, 0, 0, 1]])
    five = answers([0, 5], logits).without_neutral(COMPLEX_6)
    assert len(five) == 1
    assert five.logits.tolist() == [[0, 0, 0, 0, 1]]
    assert five.truth.tolist() == [4]  # boredom, which is read once neutral may not be


def test_a_model_without_neutral_is_left_as_it_is():
    one = answers([0, 1])
    assert one.without_neutral(COMPLEX_5) is one


def test_bins_of_intensity_have_their_lower_end():
    one = answers([0] * 4, intensity=[0.49, 0.5, 0.75, 1.0])
    assert [len(one.in_bin(name)) for name in ("<0.5", "0.5-0.75", ">0.75", ">0.5")] == [1, 1, 2, 3]
    assert len(answers([0], intensity=[np.nan]).in_bin("<0.5")) == 0


def test_groups_are_subjects_unless_all_show_the_same_one():
    assert grouped(np.array(["b", "a", "b"])).tolist() == [1, 0, 1]
    assert grouped(np.array(["ohbot", "ohbot"])).tolist() == [0, 1]


def test_groups_of_a_part_are_numbered_anew():
    one = answers([0, 0, 0], subjects=["a", "b", "c"])
    assert one.where(np.array([False, True, True])).groups.tolist() == [0, 1]


def test_stored_answers_come_back(tmp_path):
    one = answers([0, 3], subjects=["x", "y"], intensity=[0.3, np.nan])
    save_predictions({"complex_test": one, "ohbot_even-ohbot": answers([5])}, tmp_path / "A_0.npz")
    read = load_predictions(tmp_path / "A_0.npz")
    assert list(read) == ["complex_test", "ohbot_even-ohbot"]
    assert read["complex_test"].truth.tolist() == [0, 3]
    assert read["complex_test"].logits.tolist() == one.logits.tolist()
    assert read["complex_test"].lighting.tolist() == ["even", "dim"]
    assert np.isnan(read["complex_test"].intensity[1])


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "A_0.npz").write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"A_0\.npz"):
        load_predictions(tmp_path / "A_0.npz")


def test_columns_of_different_length_are_refused():
    with pytest.raises(InputError, match="one length"):
        Predictions(*(np.zeros(n) for n in (2, 2, 2, 2, 2, 1)))


def test_temperature_by_hand():
    """Logits (2, 0), right in 3 of 4: the best probability is 0.75, so 2 / T = log 3."""
    logits = np.array([[2.0, 0.0]] * 4, np.float32)
    fitted = fit_temperature(logits, np.array([0, 0, 0, 1]))
    assert fitted == pytest.approx(2.0 / np.log(3.0), rel=1e-4)
    assert answers([0], [[2.0, 0, -99, -99, -99, -99]]).probabilities(fitted)[0, 0] == pytest.approx(
        0.75, abs=1e-4
    )


def test_temperature_is_a_minimum():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 6, 300)
    logits = rng.normal(0, 3, (300, 6)) + 3 * np.eye(6)[truth]
    best = fit_temperature(logits.astype(np.float32), truth)
    losses = [mean_loss(logits / (best * factor), truth) for factor in (0.9, 1.0, 1.1)]
    assert losses[1] == min(losses)


def test_temperature_needs_pictures():
    with pytest.raises(InputError, match="validation"):
        fit_temperature(np.empty((0, 6), np.float32), np.empty(0, np.int64))
