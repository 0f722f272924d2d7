import numpy as np
import pytest
import torch

from affect_core.emotion import ARCHITECTURES
from affect_core.errors import ModelError, UnknownName

SIZE, CLASSES = 64, 5


@pytest.fixture(params=ARCHITECTURES.names())
def network(request):
    torch.manual_seed(0)
    return ARCHITECTURES.build(request.param, CLASSES, SIZE)


def test_forward_and_every_parameter_learns(network):
    batch = torch.randn(2, 3, SIZE, SIZE)
    output = network.eval()(batch)
    assert output.logits.shape == (2, CLASSES)
    assert torch.isfinite(output.logits).all()
    torch.nn.functional.cross_entropy(output.logits, torch.tensor([0, 1])).backward()
    idle = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert idle == []


def test_attention_is_a_map_in_0_to_1_or_absent(network):
    attention = network.eval()(torch.randn(2, 3, SIZE, SIZE)).attention
    if attention is not None:
        assert attention.shape == (2, SIZE // 16, SIZE // 16)
        assert ((attention >= 0.0) & (attention <= 1.0)).all()


def test_amal_attends_at_14_x_14_for_224_px():
    network = ARCHITECTURES.build("amal", CLASSES, 224, trunk="resnet18").eval()
    with torch.inference_mode():
        assert network(torch.randn(1, 3, 224, 224)).attention.shape == (1, 14, 14)


@pytest.mark.parametrize(
    ("name", "millions"), [("resnet50", 23.5), ("effnet_transformer", 33.4), ("amal", 21.3)]
)
def test_sizes(name, millions):
    # torchvision's trunks without their last layers have 23.508, 4.008 and 21.285 million parameters.
    network = ARCHITECTURES.build(name, CLASSES, 224)
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(millions, abs=0.06)


def test_weighted_average_by_hand():
    from affect_core.emotion.architectures.amal import attended_mean

    features = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[0.0, 8.0], [0.0, 0.0]]]])  # (1, 2, 2, 2)
    attention = torch.tensor([[[[1.0, 0.5], [0.0, 0.5]]]])
    # Sum of A is 2. First channel: (1 + 0.5 * 2 + 0.5 * 4) / 2 = 2; second: 0.5 * 8 / 2 = 2.
    np.testing.assert_allclose(attended_mean(features, attention), [[2.0, 2.0]], rtol=1e-5)
    # The scale of A does not matter, and a flat A is the plain mean.
    np.testing.assert_allclose(attended_mean(features, 0.1 * attention), [[2.0, 2.0]], rtol=1e-4)
    np.testing.assert_allclose(attended_mean(features, torch.ones(1, 1, 2, 2)), [[2.5, 2.0]], rtol=1e-5)


def test_unknown_trunk():
    with pytest.raises(UnknownName, match="resnet18, resnet34"):
        ARCHITECTURES.build("amal", CLASSES, SIZE, trunk="vgg")


def test_initial_weights_come_from_a_file(tmp_path):
    from affect_core import torch_compat

    torch.manual_seed(1)
    trunk = torch_compat.torchvision().models.resnet18(weights=None)
    torch.save(trunk.state_dict(), tmp_path / "resnet18.pth")
    network = ARCHITECTURES.build(
        "amal", CLASSES, SIZE, trunk="resnet18", init=str(tmp_path / "resnet18.pth")
    )
    assert torch.equal(network.trunk[0].weight, trunk.conv1.weight)


def test_initial_weights_that_are_missing_or_do_not_fit(tmp_path):
    with pytest.raises(ModelError, match="found no file"):
        ARCHITECTURES.build("resnet50", CLASSES, SIZE, init=str(tmp_path / "none.pth"))
    torch.save({"conv1.weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(ModelError, match="lacks"):
        ARCHITECTURES.build("resnet50", CLASSES, SIZE, init=str(tmp_path / "other.pth"))
