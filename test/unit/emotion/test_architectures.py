import numpy as np
import pytest
import torch

from affect_core.emotion import ARCHITECTURES, REGRESSION, softmax
from affect_core.errors import InputError, ModelError, UnknownName
from affect_core.training.losses import LossConfig, Truth, losses

SIZE, CLASSES = 64, 5


VARIANTS = [*((name, {}) for name in ARCHITECTURES), ("amal", {"trunk": "resnet18", "regression": True})]


@pytest.fixture(params=VARIANTS, ids=lambda variant: "-".join([variant[0], *variant[1]]))
def network(request):
    torch.manual_seed(0)
    name, options = request.param
    return ARCHITECTURES.build(name, CLASSES, SIZE, **options)


def test_forward_and_every_parameter_learns(network):
    truth = Truth(torch.eye(CLASSES)[:2], torch.ones(2, SIZE, SIZE), torch.full((2, 3), 0.1))
    output = network.eval()(torch.randn(2, 3, SIZE, SIZE))
    assert output.logits.shape == (2, CLASSES)
    assert all(torch.isfinite(part).all() for part in output if part is not None)
    loss = losses(output, truth, LossConfig()).total
    assert torch.isfinite(loss)
    loss.backward()
    idle = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert idle == []
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())


def test_an_untrained_efficientnet_begins_near_the_identity():
    from torchvision.models.efficientnet import MBConv

    blocks = [
        b for b in ARCHITECTURES.build("effnet_transformer", CLASSES, SIZE).modules() if isinstance(b, MBConv)
    ]
    gains = {block.use_res_connect: block.block[-1][1].weight.unique().tolist() for block in blocks}
    assert gains == {True: [pytest.approx(0.1)], False: [1.0]}


def test_regression_has_its_columns_and_ranges():
    from affect_core.emotion.architectures.amal import RegressionHead

    head = RegressionHead(1)
    head.units.weight.data = torch.ones(3, 1)
    head.units.bias.data = torch.tensor([0.0, 1.0, 0.0])
    with torch.inference_mode():
        made = head(torch.tensor([[-1.0], [100.0], [-100.0]]))
    # tanh(-1), tanh(0) and 1 / (1 + e); then the ends of the ranges: -1..1, -1..1 and 0..1.
    expected = [[-0.76159, 0.0, 0.26894], [1.0, 1.0, 1.0], [-1.0, -1.0, 0.0]]
    np.testing.assert_allclose(made, expected, atol=1e-5)
    assert len(REGRESSION) == 3


def test_a_network_without_regression_says_none():
    for name in ARCHITECTURES:
        assert (
            ARCHITECTURES.build(name, CLASSES, SIZE).eval()(torch.zeros(1, 3, SIZE, SIZE)).regression is None
        )


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


def test_reweighting_and_average_by_hand():
    from affect_core.emotion.architectures.amal import attended_mean

    # Equation 1: F' = A * F over all channels. Equation 2: its sum over the cells, by the sum of A plus epsilon.
    features = torch.tensor([[[[2.0, 4.0]], [[-1.0, 3.0]]]])  # (1, 2, 1, 2)
    attention = torch.tensor([[[[0.25, 0.75]]]])
    reweighted = [[0.5, 3.0], [-0.25, 2.25]]
    expected = [[sum(channel) / (1.0 + 1.0) for channel in reweighted]]
    made = attended_mean(features, attention, epsilon=1.0)
    np.testing.assert_allclose(made, expected)
    # No attention anywhere: epsilon keeps it finite.
    assert attended_mean(features, torch.zeros(1, 1, 1, 2)).tolist() == [[0.0, 0.0]]


def test_linear_classifier_and_softmax_by_hand():
    # Equation 3: p = softmax(W v + b), here with W v + b = (ln 2, ln 6): shares 2 and 6.
    network = ARCHITECTURES.build("amal", 2, SIZE, trunk="resnet18").eval()
    torch.nn.init.zeros_(network.classifier.weight)
    network.classifier.bias.data = torch.tensor([2.0, 6.0]).log()
    with torch.inference_mode():
        logits = network(torch.randn(1, 3, SIZE, SIZE)).logits
    np.testing.assert_allclose(softmax(logits.numpy()), [[0.25, 0.75]], rtol=1e-6)


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


def test_imagenet_weights_come_from_the_cache_or_are_fetched(tmp_path, monkeypatch):
    from affect_core.emotion.architectures import pretrained

    asked = []
    monkeypatch.setenv("AFFECT_HRI_CACHE", str(tmp_path))

    def fetch(*arguments, most_bytes):
        asked.append((*arguments, most_bytes))
        return arguments[2]

    monkeypatch.setattr(pretrained, "fetch", fetch)
    for name in ("resnet18", "resnet34", "resnet50", "efficientnet_b0"):
        path = pretrained.imagenet_weights(name)
        url, sha256, target, most_bytes = asked.pop()
        assert 2**20 < most_bytes < 2**27
        assert path == target == tmp_path / "imagenet" / url.rsplit("/")[-1]
        assert url.startswith("https://download.pytorch.org/models/")
        assert url.endswith(f"-{sha256[:8]}.pth")  # torchvision's names hold the first digits of the hash
    with pytest.raises(UnknownName, match="resnet34"):
        pretrained.imagenet_weights("vgg")


def test_imagenet_without_a_network(tmp_path, monkeypatch):
    from affect_core.emotion.architectures import pretrained

    monkeypatch.setenv("AFFECT_HRI_CACHE", str(tmp_path))
    monkeypatch.setattr(pretrained, "_SITE", "http://127.0.0.1:9/")
    with pytest.raises(InputError, match="check the network"):
        ARCHITECTURES.build("resnet50", CLASSES, SIZE, init="imagenet")


def test_our_names_of_imagenet_files_are_torchvisions():
    from affect_core import torch_compat
    from affect_core.emotion.architectures import pretrained

    for name, (file, _) in pretrained._FILES.items():
        weights = torch_compat.torchvision().models.get_model_weights(name).IMAGENET1K_V1
        assert weights.url == pretrained._SITE + file
