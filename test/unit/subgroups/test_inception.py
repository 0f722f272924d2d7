"""InceptionV3 as P3 uses it."""

import numpy as np
import pytest
import torch

from affect_core.emotion.architectures.pretrained import IMAGENET_MEAN, IMAGENET_STD
from affect_core.emotion.base import ARCHITECTURES


def test_six_outputs_no_auxiliary_head_forward_and_backward_at_224():
    torch.manual_seed(0)
    network = ARCHITECTURES.build("inception_v3", 6, 224)
    assert network.trunk.AuxLogits is None and network.classifier.in_features == 2048
    logits = network(torch.randn(2, 3, 224, 224)).logits
    assert logits.shape == (2, 6)
    torch.nn.functional.cross_entropy(logits, torch.tensor([0, 5])).backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.parameters())
    assert float(network.trunk.Conv2d_1a_3x3.conv.weight.grad.abs().sum()) > 0.0


def test_imagenets_pixels_are_taken_into_the_first_layer():
    """torchvision's own network brings ImageNet's normalisation to -1..1 itself; ours does so without a step more."""
    from torchvision.models import inception_v3

    from affect_core.emotion.architectures.inception import expect_imagenet_pixels

    torch.manual_seed(0)
    theirs = inception_v3(weights=None, aux_logits=False, init_weights=False, transform_input=True).eval()
    ours = inception_v3(weights=None, aux_logits=False, init_weights=False, transform_input=False).eval()
    ours.load_state_dict(theirs.state_dict())
    expect_imagenet_pixels(ours)
    pixels = torch.rand(2, 3, 80, 80)
    batch = (pixels - torch.tensor(IMAGENET_MEAN).view(3, 1, 1)) / torch.tensor(IMAGENET_STD).view(3, 1, 1)
    with torch.inference_mode():
        first = [net.Conv2d_1a_3x3(x) for net, x in ((theirs, theirs._transform_input(batch)), (ours, batch))]
        np.testing.assert_allclose(first[0], first[1], atol=1e-5)
        np.testing.assert_allclose(theirs(batch), ours(batch), atol=1e-5)


def test_small_pictures_are_enlarged_and_the_last_map_has_places():
    network = ARCHITECTURES.build("inception_v3", 3, 48).eval()
    with torch.inference_mode():
        assert network(torch.randn(1, 3, 48, 48)).logits.shape == (1, 3)
    assert network.features_layer is network.trunk.Mixed_7c


@pytest.mark.parametrize(("stages", "millions"), [(1, 0.157), (3, 2.78), (4, 11.18)])
def test_resnet18_by_its_stages(stages, millions):
    # torchvision's ResNet18 without its last layer has 11.177 million parameters, 8.394 of them in layer4.
    network = ARCHITECTURES.build("resnet18", 6, 64, stages=stages)
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(millions, abs=0.02)
    with torch.inference_mode():
        assert network.eval()(torch.randn(1, 3, 64, 64)).logits.shape == (1, 6)


def test_resnet18_has_four_stages_at_most():
    from affect_core.errors import ConfigError

    with pytest.raises(ConfigError, match="1 to 4 stages, got 5"):
        ARCHITECTURES.build("resnet18", 6, 64, stages=5)
