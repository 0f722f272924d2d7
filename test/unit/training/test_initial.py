import pytest
import torch

from affect_core.emotion import ARCHITECTURES, load_card, load_model
from affect_core.errors import ConfigError, ModelError
from affect_core.labels import BASIC_8, COMPLEX_6
from affect_core.training.config import load_training
from affect_core.training.initial import Start, apply_start
from affect_core.training.train import run

CHANGES = {"optimiser": {"learning_rate": 0.0}}  # the network stays as it starts, but for its statistics


def weights(folder):
    return load_model(load_card(folder)).state_dict()


@pytest.fixture
def first_stage(tiny_file, tmp_path):
    return run(tiny_file, tmp_path / "first")


def test_the_second_stage_starts_from_the_first(tiny_file, first_stage, tmp_path):
    second = run(tiny_file, tmp_path / "second", changes=CHANGES | {"init": {"from": "first"}})
    before, after = weights(first_stage), weights(second)
    for name in ("trunk.0.weight", "attend.layers.0.weight", "classifier.weight"):
        assert torch.equal(before[name], after[name])
    assert load_card(second).mean == load_card(first_stage).mean


def test_gradients_are_scaled_down(tiny_file, first_stage, tmp_path):
    """Far below Adam's epsilon (1e-8) they move nothing any more."""
    start = {"init": {"from": "first"}}
    moved, held = (
        run(tiny_file, tmp_path / name, changes=start | {"optimiser": {"clip_norm": norm}})
        for name, norm in (("moved", 0.0), ("held", 1e-16))
    )
    before = weights(first_stage)["trunk.0.weight"]
    assert (weights(moved)["trunk.0.weight"] - before).abs().max() > 1e-3
    assert torch.allclose(weights(held)["trunk.0.weight"], before, atol=1e-6)


def test_checkpoints_are_as_good_as_model_folders(tiny_file, first_stage, tmp_path):
    start = {"init": {"from": str(first_stage / "work" / "best.ckpt")}}
    second = run(tiny_file, tmp_path / "second", changes=CHANGES | start)
    assert torch.equal(weights(first_stage)["trunk.0.weight"], weights(second)["trunk.0.weight"])


def network(classes, **options):
    return ARCHITECTURES.build("amal", classes, 32, trunk="resnet18", **options)


def identity(labels, **options):
    return {"architecture": "amal", "options": {"trunk": "resnet18", **options}, "labels": list(labels)}


def start_from(made, made_identity, tmp_path):
    return Start(tmp_path, made_identity, made.state_dict(), (0.5,) * 3, (0.2,) * 3)


def test_the_classifier_is_new_for_other_labels_and_the_regression_stays(tmp_path):
    torch.manual_seed(0)
    basic, complex_ = network(8, regression=True), network(6, regression=True)
    fresh = complex_.classifier.weight.clone()
    apply_start(complex_, start_from(basic, identity(BASIC_8), tmp_path), identity(COMPLEX_6))
    assert torch.equal(complex_.classifier.weight, fresh)
    assert torch.equal(complex_.regressor.units.weight, basic.regressor.units.weight)
    assert torch.equal(complex_.trunk[0].weight, basic.trunk[0].weight)


def test_labels_of_the_same_number_are_still_others(tmp_path):
    torch.manual_seed(0)
    one, other = network(6), network(6)
    fresh = other.classifier.weight.clone()
    apply_start(other, start_from(one, identity(BASIC_8[:6]), tmp_path), identity(COMPLEX_6))
    assert torch.equal(other.classifier.weight, fresh)


def test_a_regression_can_be_added_or_dropped(tmp_path):
    plain, with_regression = network(6), network(6, regression=True)
    for source, target in ((plain, with_regression), (with_regression, plain)):
        apply_start(target, start_from(source, identity(COMPLEX_6), tmp_path), identity(COMPLEX_6))
        assert torch.equal(source.classifier.weight, target.classifier.weight)


def test_another_trunk_or_architecture_is_refused(tmp_path):
    made = start_from(network(6), identity(COMPLEX_6), tmp_path)
    with pytest.raises(ModelError, match="same options, got"):
        apply_start(ARCHITECTURES.build("amal", 6, 32, trunk="resnet34"), made, identity(COMPLEX_6))
    with pytest.raises(ModelError, match="expected architecture 'resnet50', got 'amal'"):
        apply_start(network(6), made, {**identity(COMPLEX_6), "architecture": "resnet50"})


def test_positions_of_a_smaller_crop_are_interpolated(tmp_path):
    """2 x 2 tokens at 64 px become 4 x 4 at 112: their centres lie at -1/4, 1/4, 3/4 and 5/4 of the way between the old
    ones, and what lies outside is the nearest old one."""
    torch.manual_seed(0)
    small, large = (ARCHITECTURES.build("effnet_transformer", 6, size_px) for size_px in (64, 112))
    small.positions.data[:] = torch.tensor([0.0, 4.0, 8.0, 12.0]).reshape(1, 4, 1)
    same = {"architecture": "effnet_transformer", "options": {}, "labels": list(COMPLEX_6)}
    apply_start(large, Start(tmp_path, same, small.state_dict(), (0.5,) * 3, (0.2,) * 3), same)
    row = torch.tensor([0.0, 1.0, 3.0, 4.0])
    expected = torch.stack([row, row + 2, row + 6, row + 8]).flatten()
    assert torch.allclose(large.positions[0, :, 0], expected)
    assert torch.equal(large.project.weight, small.project.weight)
    apply_start(large, Start(tmp_path, same, large.state_dict(), (0.5,) * 3, (0.2,) * 3), same)
    assert torch.allclose(large.positions[0, :, 767], expected)  # of the same size: as they are


@pytest.mark.parametrize(
    ("init", "error", "message"),
    [
        ({"from": "absent"}, ConfigError, "absent.*--root"),
        ({"from": "train"}, ModelError, "model card"),
        ("magic", ConfigError, "random, imagenet or"),
        ({"to": "x"}, ConfigError, "random, imagenet or"),
    ],
)
def test_wrong_starts(tiny_file, tmp_path, init, error, message):
    with pytest.raises(error, match=message):
        run(tiny_file, tmp_path / "model", changes={"init": init})


def test_imagenet_brings_its_own_pixel_statistics(training_file, tmp_path, monkeypatch):
    from affect_core import torch_compat
    from affect_core.emotion.architectures import pretrained

    file = tmp_path / "resnet18.pth"
    torch.manual_seed(3)
    torch.save(torch_compat.torchvision().models.resnet18(weights=None).state_dict(), file)
    monkeypatch.setattr(pretrained, "imagenet_weights", lambda name: file if name == "resnet18" else None)
    output = run(training_file, tmp_path / "model", changes=CHANGES | {"init": "imagenet"})
    assert load_card(output).mean == (0.485, 0.456, 0.406)
    stored = torch.load(file, weights_only=True)["conv1.weight"]
    torch.testing.assert_close(weights(output)["trunk.0.weight"], stored, atol=1e-3, rtol=1e-3)  # float16


def test_paths_are_looked_up_in_the_root_first(training_file, tmp_path):
    plan = load_training(training_file, root=tmp_path / "elsewhere")
    assert plan.roots == (tmp_path / "elsewhere", training_file.parent)
