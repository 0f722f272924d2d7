"""P2's networks: widths, sizes, what they return."""

import numpy as np
import pytest
import torch

from affect_core.emotion.architectures.circumplex import Circumplex, maxvit_partition
from affect_core.emotion.base import ARCHITECTURES
from affect_core.errors import ConfigError, UnknownName

SMALL = {"width": 0.2, "depth": 0.2}
BACKBONES = ("efficientnet_v2_s", "maxvit_t")


@pytest.mark.parametrize("name", BACKBONES)
@pytest.mark.parametrize(
    ("mode", "classes", "dimensions", "width"),
    [
        ("discrete", 8, 2, 8),
        ("discrete", 7, 2, 7),
        ("combined", 8, 2, 10),
        ("combined", 7, 2, 9),
        ("va", 8, 2, 2),
        ("combined", 26, 3, 29),
    ],
)
def test_item_1_output_widths(name, mode, classes, dimensions, width):
    network = ARCHITECTURES.build(name, classes, 64, mode=mode, dimensions=dimensions, **SMALL).eval()
    assert network.outputs.out_features == width
    with torch.inference_mode():
        output = network(torch.randn(2, 3, 64, 64))
    assert output.logits.shape == (2, classes)
    if mode == "discrete":
        assert output.regression is None
    else:
        assert output.regression.shape == (2, dimensions)


def test_item_1_maxvit_refuses_sizes_that_its_windows_do_not_fit():
    for size_px in (100, 112, 225, 32):
        with pytest.raises(ConfigError, match="multiple of 32"):
            Circumplex("maxvit_t", 8, size_px)
    with pytest.raises(ConfigError, match="at 96 or 128 px"):
        Circumplex("maxvit_t", 8, 112)


@pytest.mark.parametrize(("size_px", "cells"), [(64, 2), (96, 3), (128, 4), (224, 7)])
def test_the_windows_are_a_32nd_of_the_input(size_px, cells):
    # 224 / 4 = 56, 28, 14, 7 cells in the four stages: whole windows of 7, as published.
    assert maxvit_partition(size_px) == cells
    assert all((size_px // stride) % cells == 0 for stride in (4, 8, 16, 32))


@pytest.mark.parametrize("name", BACKBONES)
def test_at_full_width_they_are_torchvisions(name):
    from affect_core import torch_compat

    with torch.device("meta"):
        ours = ARCHITECTURES.build(name, 1000, 224)
        theirs = getattr(torch_compat.torchvision().models, name)(weights=None)
    assert sorted(tuple(p.shape) for p in ours.state_dict().values()) == sorted(
        tuple(p.shape) for p in theirs.state_dict().values()
    )


def test_torchvisions_weights_are_taken_over(tmp_path):
    from affect_core import torch_compat

    torch.manual_seed(3)
    theirs = torch_compat.torchvision().models.efficientnet_v2_s(weights=None)
    torch.save(theirs.state_dict(), tmp_path / "there.pth")
    ours = ARCHITECTURES.build("efficientnet_v2_s", 8, 64, init=str(tmp_path / "there.pth"))
    for (_, mine), (_, other) in zip(
        ours.features.state_dict().items(), theirs.features.state_dict().items(), strict=True
    ):
        assert torch.equal(mine, other)


def test_estimates_are_cut_to_their_range_in_evaluation_only():
    network = Circumplex("efficientnet_v2_s", 3, 64, "combined", **SMALL)
    torch.nn.init.zeros_(network.outputs.weight)
    network.outputs.bias.data = torch.tensor([0.0, 1.0, 2.0, 1.5, -3.0])
    picture = torch.zeros(2, 3, 64, 64)
    assert network.train()(picture).regression[0].tolist() == [1.5, -3.0]
    output = network.eval()(picture)
    assert output.regression[0].tolist() == [1.0, -1.0]
    assert output.logits[0].tolist() == [0.0, 1.0, 2.0]  # the classes stand first


def test_without_classes_the_nearest_centre_is_the_class():
    network = Circumplex("efficientnet_v2_s", 2, 64, "va", **SMALL).eval()
    torch.nn.init.zeros_(network.outputs.weight)
    network.outputs.bias.data = torch.tensor([0.5, 0.0])
    network.centres.copy_(torch.tensor([[0.5, 0.5], [-0.5, 0.0]]))
    network.spread.fill_(0.5)
    with torch.inference_mode():
        logits = network(torch.zeros(1, 3, 64, 64)).logits
    # Distances 0.5 and 1.0, that is 1 and 2 spreads: -1/2 and -4/2.
    np.testing.assert_allclose(logits, [[-0.5, -2.0]], rtol=1e-6)


def test_unknown_names():
    with pytest.raises(UnknownName, match="combined"):
        Circumplex("maxvit_t", 8, 64, "both")
    with pytest.raises(UnknownName, match="maxvit_t"):
        Circumplex("swin", 8, 64)


def test_an_untrained_network_reads_with_the_statistics_of_few_steps():
    network = Circumplex("maxvit_t", 8, 64, **SMALL)
    momenta = {m.momentum for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)}
    assert momenta == {0.1}  # torchvision's MaxViT has 0.01


def test_the_training_of_p0_refuses_estimates_in_other_columns():
    from affect_core.training import train as module

    class Plan:
        architecture, options, labels = "efficientnet_v2_s", {"mode": "va", **SMALL}, ("a", "b")
        init = "random"
        crop = type("Crop", (), {"size_px": 64})

    with pytest.raises(ConfigError, match="expected mode discrete, got va; affect-hri circumplex"):
        module._network(Plan)
    Plan.options = {**SMALL, "mode": "discrete"}
    assert module._network(Plan).outputs.out_features == 2
