"""The explain stage on an untrained network: what is published, and how methods are left in their middle."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from affect_core.emotion import EmotionConfig, EmotionStage
from affect_core.errors import Cancelled, ExplainError, InputError, ModelError, Unavailable, UnknownName
from affect_core.explain import EXPLAINERS, ExplainConfig, build_explainer
from affect_core.explain.interrupt import Token
from affect_core.explain.network import explain_model
from affect_core.explain.stage import ExplainStage, find_reading
from affect_core.types import Crop, Detection, EmotionSet, Face, FaceSet, Frame

CONFIG = ExplainConfig(
    method="saliency", steps=4, samples=16, segments=20, batch=2, baselines=2, tolerance=10.0
)


@pytest.fixture(scope="module")
def stage(tiny_model):
    return ExplainStage(EmotionConfig(model=str(tiny_model)), CONFIG)


@pytest.fixture(scope="module")
def reading(tiny_model):
    from skimage import data

    picture = np.ascontiguousarray(data.astronaut()[60:188:2, 160:288:2])
    landmarks = np.array([[22.0, 26], [42, 26], [32, 36], [24, 46], [40, 46]])
    crop = Crop(picture, np.array([[2.0, 0, 100], [0, 2.0, 50]]))
    place = landmarks * 2.0 + [100, 50]
    face = Face("f00001", Detection(np.array([110.0, 60, 210, 170]), place, 0.9), crop)
    faces = FaceSet(7, "eye", (face,), (640, 480))
    return find_reading(faces, EmotionStage(EmotionConfig(model=str(tiny_model))).process(faces))


def test_the_map_is_the_methods_own(stage, reading, tiny_model):
    found = stage.explain(reading)
    from affect_core.emotion import load_card, to_batch

    card = load_card(str(tiny_model))
    inputs = torch.from_numpy(to_batch([reading.face.crop.image_rgb], card))
    expected = build_explainer(explain_model(card), CONFIG).attribute(
        inputs, card.labels.index(reading.emotion.label)
    )
    np.testing.assert_allclose(found.heatmap, expected[0], atol=1e-6)
    assert (found.face_id, found.label, found.method) == ("f00001", reading.emotion.label, "saliency")
    np.testing.assert_array_equal(found.crop_to_image, reading.face.crop.crop_to_image)
    assert sum(found.region_shares.values()) == pytest.approx(1.0)
    assert 0.2 < found.face_area_share < 0.9
    assert 0.0 <= found.face_share <= 1.0
    assert found.compute_ms > 0


def test_another_label_has_another_map(stage, reading):
    others = [label for label in stage.card.labels if label != reading.emotion.label]
    own, other = stage.explain(reading, "grad_cam"), stage.explain(reading, "grad_cam", others[0])
    assert other.label == others[0]
    assert np.abs(own.heatmap - other.heatmap).max() > 0


@pytest.mark.parametrize(
    ("method", "label", "error", "message"),
    [
        ("palmistry", "", UnknownName, "unknown explainer 'palmistry'; known: amal_attention"),
        ("", "joy", UnknownName, "unknown label of tiny 'joy'; known: boredom, confusion"),
        ("lrp", "", Unavailable, "lrp: tiny has .* Use integrated_gradients or deep_lift"),
    ],
)
def test_what_cannot_be_explained_is_told(stage, reading, method, label, error, message):
    with pytest.raises(error, match=message):
        stage.explain(reading, method, label)


def test_a_method_that_does_not_fit_is_told_when_the_stage_is_made(tiny_model, tmp_path):
    with pytest.raises(Unavailable, match="lrp: tiny has"):
        ExplainStage(EmotionConfig(model=str(tiny_model)), ExplainConfig(method="lrp"))
    with pytest.raises(ModelError):
        ExplainStage(EmotionConfig(model=str(tmp_path)), ExplainConfig())


class Countdown(Token):
    """Wanted for so many forward passes."""

    def __init__(self, passes):
        super().__init__()
        self.left = passes

    def check(self):
        if self.left == 0:
            self.cancel("enough")
        self.left -= 1
        super().check()


@pytest.mark.parametrize(
    "method",
    sorted(set(EXPLAINERS) - {"lrp", "input_x_gradient", "guided_backprop"}),
)
def test_every_method_can_be_left_and_leaves_no_trace(stage, reading, method):
    before = stage.explain(reading, "saliency").heatmap
    for passes in (0, 1):
        token = Countdown(passes)
        with pytest.raises(Cancelled, match="enough"):
            stage.explain(reading, method, token=token)
    np.testing.assert_array_equal(stage.explain(reading, "saliency").heatmap, before)
    for network in (stage._explained.network, stage._explained.split):
        hooks = [len(part._forward_hooks) + len(part._backward_hooks) for part in network.modules()]
        assert sum(hooks) == 0
        assert sum(len(part._forward_pre_hooks) for part in network.modules()) == 1  # our own question


@pytest.mark.parametrize("method", ["lime", "kernel_shap"])
def test_a_picture_of_one_superpixel_has_no_map(stage, reading, method):
    crop = Crop(np.full((64, 64, 3), 90, np.uint8), reading.face.crop.crop_to_image)
    flat = replace(reading, face=replace(reading.face, crop=crop))
    stage_of_one = ExplainStage(
        EmotionConfig(model=str(stage.card.folder)), replace(CONFIG, method=method, segments=2)
    )
    with pytest.raises(
        ExplainError, match=f"{method}: expected a picture of two superpixels or more, got one"
    ):
        stage_of_one.explain(flat)


def test_what_a_library_raises_is_a_map_that_failed(stage, reading, monkeypatch):
    def fail(_inputs, _target):
        raise ValueError("Simplex()")

    monkeypatch.setattr(stage._explainers["saliency"], "attribute", fail)
    with pytest.raises(ExplainError, match=r"saliency: .* ended with ValueError: Simplex\(\)") as caught:
        stage.explain(reading)
    assert isinstance(caught.value.__cause__, ValueError)


def test_many_passes_are_asked_about(stage, reading):
    token = Countdown(10**6)
    stage.explain(reading, "occlusion", token=token)
    assert 10**6 - token.left > 10


def test_reads_a_picture_of_its_own(stage):
    from skimage import data

    found = stage.read(Frame(data.astronaut(), 9, "mine"))
    np.testing.assert_allclose(found.face.detection.box_xyxy, [181, 62, 268, 172], atol=4)
    assert (found.frame.stamp_ns, found.face.face_id) == (9, "f00001")
    assert found.emotion.probabilities.sum() == pytest.approx(1.0)
    with pytest.raises(InputError, match="expected a face, found none"):
        stage.read(Frame(np.full((240, 320, 3), 90, np.uint8), 9))


def test_estimates_of_another_model(stage, reading):
    stage.expect_own(reading.frame)
    with pytest.raises(
        InputError, match=r"expected estimates of tiny .*got those of large \(cdcdcdcd\).*same model"
    ):
        stage.expect_own(EmotionSet(1, "eye", (), "large", "cd" * 32))
