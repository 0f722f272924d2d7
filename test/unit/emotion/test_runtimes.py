import sys

import numpy as np
import pytest
import torch

from affect_core.avatar import Avatar, AvatarConfig, Scene
from affect_core.emotion import (
    ARCHITECTURES,
    RUNTIMES,
    EmotionConfig,
    EmotionStage,
    Output,
    load_card,
    load_model,
    to_batch,
)
from affect_core.emotion.agreement import TOLERANCES, Difference, difference
from affect_core.emotion.base import AUTO, PRECISIONS, build_runtime
from affect_core.emotion.sample import sample_crops
from affect_core.errors import ConfigError, Unavailable
from affect_core.faces import align
from affect_core.heads.expressions import load_expressions
from affect_core.labels import COMPLEX_6

NAMED = [name for name in RUNTIMES if name != AUTO]
WAYS = [(runtime, precision) for runtime in NAMED for precision in PRECISIONS]


def build(runtime, card, precision):
    """Skips what this machine lacks."""
    try:
        return RUNTIMES.build(runtime, card, 1, precision)
    except Unavailable as error:
        pytest.skip(str(error))


def network_output(card, batch):
    with torch.inference_mode():
        output = load_model(card)(torch.from_numpy(batch))
    return Output(*(None if part is None else part.numpy() for part in output))


@pytest.fixture(scope="module")
def shipped():
    return load_card("amal_small")


@pytest.fixture(scope="module")
def real_batch(shipped):
    """The face of a person, and the virtual head with all complex expressions, in even and dim light."""
    avatar, table = Avatar(AvatarConfig()), load_expressions()
    crops = sample_crops(shipped.crop, 4)
    for lighting in ("even", "dim"):
        for label in COMPLEX_6:
            rendering = avatar.render(table.pose(label, 0.8, "left"), Scene(lighting=lighting))
            crops.append(align(rendering.image_rgb, rendering.landmarks_xy - 0.5, shipped.crop).image_rgb)
    return to_batch(crops, shipped)


@pytest.fixture(scope="module")
def reference(shipped, real_batch):
    return network_output(shipped, real_batch)


@pytest.mark.parametrize(("runtime", "precision"), WAYS)
def test_agrees_with_torch_in_fp32_on_real_crops(shipped, real_batch, reference, runtime, precision):
    built = build(runtime, shipped, precision)
    assert built.name == f"{runtime}-{precision}"
    output = built.forward(real_batch)
    apart = difference(reference, output)
    assert apart.within(TOLERANCES[precision]), apart
    if precision != "fp32":
        assert apart.probability > 0.0  # it is another arithmetic
    for part in (output.logits, output.attention):
        assert part.dtype == np.float32


@pytest.mark.parametrize(("runtime", "precision"), WAYS)
def test_a_batch_gives_the_rows_of_its_crops(shipped, real_batch, runtime, precision):
    built = build(runtime, shipped, precision)
    together = built.forward(real_batch[:3])
    assert together.logits.shape == (3, 6)
    for row in (2, 0, 1):
        alone = built.forward(real_batch[row : row + 1])
        for one, all_three in zip(alone[:2], together[:2], strict=True):
            np.testing.assert_allclose(
                one[0], all_three[row], atol=1e-4 if precision in ("fp32", "int8") else 0.05
            )
    again = built.forward(real_batch[:3])
    np.testing.assert_array_equal(again.logits, together.logits)  # and results are not overwritten


@pytest.mark.parametrize("runtime", NAMED)
@pytest.mark.parametrize("architecture", ARCHITECTURES.names())
def test_every_network_runs_everywhere(model_folder, architecture, runtime):
    card = model_folder(architecture, {})
    batch = to_batch(sample_crops(card.crop, 2), card)
    if architecture == "vgg16" and runtime != "torch":  # its pooling, at all sizes but multiples of 224 px
        with pytest.raises(Unavailable, match=r"vgg16 at 64 px cannot be exported.*choose runtime torch"):
            build(runtime, card, "fp32")
        return
    apart = difference(network_output(card, batch), build(runtime, card, "fp32").forward(batch))
    assert apart.within(TOLERANCES["fp32"])


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("runtime", NAMED)
def test_valence_arousal_and_intensity_come_through(model_folder, runtime, precision):
    card = model_folder(options={"trunk": "resnet18", "regression": True})
    batch = to_batch(sample_crops(card.crop, 2), card)
    expected, got = network_output(card, batch), build(runtime, card, precision).forward(batch)
    assert got.regression.shape == (2, 3)
    assert got.regression.dtype == np.float32
    np.testing.assert_allclose(got.regression, expected.regression, atol=TOLERANCES[precision].regression)


@pytest.mark.parametrize("runtime", NAMED)
def test_a_named_runtime_is_exact_unless_asked(shipped, runtime):
    assert build(runtime, shipped, AUTO).name == f"{runtime}-fp32"


def test_the_stage_says_what_runs(shipped):
    stage = EmotionStage(EmotionConfig(runtime="onnxruntime", precision="int8"))
    assert stage.runtime_name == "onnxruntime-int8"


@pytest.mark.parametrize(
    ("runtime", "precision"), [("torch", "int8"), ("torch", "fp16"), ("onnxruntime", "bf16")]
)
def test_arithmetic_that_a_runtime_lacks(shipped, runtime, precision):
    with pytest.raises(Unavailable, match=rf"{runtime} on cpu cannot run {precision}.*it can run fp32"):
        build_runtime(EmotionConfig(runtime=runtime, precision=precision), shipped)


@pytest.mark.parametrize("runtime", RUNTIMES.names())
def test_a_graphics_card_that_is_not_there(shipped, own_cache, monkeypatch, runtime):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(Unavailable, match="cuda"):
        build_runtime(EmotionConfig(runtime=runtime, device="cuda"), shipped)


@pytest.mark.parametrize("runtime", NAMED)
def test_a_package_that_is_not_there(shipped, monkeypatch, runtime):
    monkeypatch.setattr("affect_core.emotion.runtimes.find_spec", lambda name: None)
    with pytest.raises(Unavailable, match=f"expected the package {runtime}, which is not installed"):
        build_runtime(EmotionConfig(runtime=runtime), shipped)


@pytest.mark.parametrize("package", ["onnx", "onnxruntime.quantization"])
def test_packages_that_quantising_needs(monkeypatch, tmp_path, package):
    from affect_core.emotion.int8 import quantise_static

    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(Unavailable, match=f"onnx and onnxruntime.*{package}"):
        quantise_static(b"", tmp_path)


def test_settings_that_do_not_exist():
    for wrong in ({"precision": "fp8"}, {"device": "abacus"}, {"threads": 0}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            EmotionConfig(**wrong)


def test_difference_by_hand():
    even, odds = np.zeros((1, 2), np.float32), np.log([[3.0, 1.0]]).astype(np.float32)
    maps = np.zeros((1, 2, 2), np.float32)
    expected = Output(even, maps, np.array([[0.0, 0.5, 0.0]]))
    got = Output(odds, maps + np.float32(0.25), np.array([[0.5, 0.0, 0.0]]))
    assert difference(expected, got) == pytest.approx((0.25, 0.25, 0.25, 0.5))
    assert difference(expected, Output(even, maps)).regression == float("inf")
    assert difference(Output(even), Output(odds)) == pytest.approx((0.25, 0.25, 0.0, 0.0))
    assert not difference(expected, Output(even * np.nan, maps, expected.regression)).within(
        Difference(9, 9, 9, 9)
    )
