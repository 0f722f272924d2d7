import pytest

from affect_core.emotion.cost import cost


def test_resnet18_by_hand():
    # torchvision gives 1.814 billion multiplications for ResNet-18 at 224 px, 0.0005 of them in its last layer. Layer
    # 4 at stride 1 has 4 times its cells: its 0.411 billion become 1.645. A multiply-add is two operations.
    made = cost("amal", 6, 224, {"trunk": "resnet18"})
    assert made.flops / 2e9 == pytest.approx(1.814 + 3 * 0.411, rel=0.01)
    assert made.parameters == pytest.approx(11.18e6 + 512 * 64 + 64 * 3 + 2 + 512 * 6 + 6, rel=0.001)


def test_a_transformer_is_counted_too():
    small, large = (cost("effnet_transformer", 6, 112, {"layers": layers}) for layers in (1, 2))
    # One more layer: 4 * 768 * 768 + 2 * 768 * 3072 weights for each of 16 tokens, two operations each, and the
    # attention of 16 * 16 pairs over 768 numbers, twice.
    weights = (4 * 768 * 768 + 2 * 768 * 3072) * 16
    assert large.flops - small.flops == pytest.approx(2 * (weights + 2 * 16 * 16 * 768), rel=0.01)
