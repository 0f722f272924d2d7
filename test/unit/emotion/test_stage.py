from dataclasses import replace

import numpy as np
import pytest
import torch

from affect_core.emotion import (
    ARCHITECTURES,
    RUNTIMES,
    EmotionConfig,
    EmotionStage,
    load_card,
    load_model,
    save_card,
    softmax,
    to_batch,
)
from affect_core.errors import ConfigError, InputError, ModelError
from affect_core.smoothing import TemporalConfig
from affect_core.types import Crop, Detection, Face, FaceSet


def face_set(images, stamp_ns=7):
    detection = Detection(np.zeros(4), np.zeros((5, 2)), 1.0)
    matrix = np.array([[1.0, 0, 0], [0, 1, 0]])
    faces = tuple(
        Face(f"f{i:05d}", detection, Crop(image, matrix)) for i, image in enumerate(images, start=1)
    )
    return FaceSet(stamp_ns, "camera", faces, (640, 480), dropped=2)


def crops(count, size=64):
    return list(np.random.default_rng(0).integers(0, 256, (count, size, size, 3), np.uint8))


def test_softmax_by_hand():
    np.testing.assert_allclose(softmax(np.log([1.0, 2.0, 5.0]).astype(np.float32)), [0.125, 0.25, 0.625])
    np.testing.assert_allclose(softmax(np.array([[1e4, 0.0]], np.float32)), [[1.0, 0.0]])
    assert softmax(np.zeros(3, np.float32)).dtype == np.float32


def test_batch_by_hand(model_folder):
    card = model_folder()  # mean 0.5 0.4 0.3, std 0.25 0.2 0.1
    image = np.zeros((64, 64, 3), np.uint8)
    image[0, 1] = (255, 51, 102)  # 1.0 0.2 0.4
    batch = to_batch([image], card)
    assert batch.shape == (1, 3, 64, 64)
    assert batch.dtype == np.float32
    np.testing.assert_allclose(batch[0, :, 0, 1], [2.0, -1.0, 1.0], atol=1e-6)
    np.testing.assert_allclose(batch[0, :, 1, 0], [-2.0, -2.0, -3.0], atol=1e-6)


def test_crops_of_another_size_are_refused(model_folder):
    with pytest.raises(InputError, match=r"64.*112"):
        to_batch(crops(1, 112), model_folder())


def test_half_precision_files_change_little(model_folder):
    card = model_folder(dtype="float16")
    assert card.weights_path.stat().st_size < 24e6  # 11.2 million parameters
    torch.manual_seed(0)
    exact = ARCHITECTURES.build("amal", 6, 64, trunk="resnet18").eval()
    batch = to_batch(crops(2), card)
    with torch.inference_mode():
        expected = exact(torch.from_numpy(batch)).logits.numpy()
    logits = RUNTIMES.build("torch", card, 1).forward(batch).logits
    np.testing.assert_allclose(logits, expected, atol=0.02)


def test_stage_reads_all_faces_of_a_frame(model_folder):
    card = model_folder()
    stage = EmotionStage(EmotionConfig(model=str(card.folder)))
    assert stage.card == load_card(card.folder)
    assert stage.crop_spec == card.crop
    images = crops(3)
    together = stage.process(face_set(images), dropped=2)
    assert (together.stamp_ns, together.frame_id, together.dropped) == (7, "camera", 2)
    assert (together.model, together.model_sha256, together.runtime) == (
        card.name,
        card.weights.sha256,
        "torch-fp32",
    )
    assert [e.face_id for e in together.emotions] == ["f00001", "f00002", "f00003"]
    assert together.infer_ms > 0
    for emotion, image in zip(together.emotions, images, strict=True):
        assert emotion.labels == card.labels
        assert emotion.attention.shape == (4, 4)
        assert np.isnan([emotion.valence, emotion.arousal, emotion.dominance, emotion.intensity]).all()
        (alone,) = stage.process(face_set([image])).emotions
        np.testing.assert_allclose(alone.probabilities, emotion.probabilities, atol=1e-5)


def test_valence_arousal_and_intensity_reach_the_estimate(model_folder):
    card = model_folder(options={"trunk": "resnet18", "regression": True})
    images = crops(2)
    with torch.inference_mode():
        expected = load_model(card)(torch.from_numpy(to_batch(images, card))).regression
    estimates = EmotionStage(EmotionConfig(model=str(card.folder))).process(face_set(images))
    for emotion, (valence, arousal, intensity) in zip(estimates.emotions, expected.tolist(), strict=True):
        assert emotion.valence == pytest.approx(valence, abs=1e-4)
        assert emotion.arousal == pytest.approx(arousal, abs=1e-4)
        assert emotion.intensity == pytest.approx(intensity, abs=1e-4)
        assert np.isnan(emotion.dominance)


def test_a_frame_without_a_face(model_folder):
    stage = EmotionStage(EmotionConfig(model=str(model_folder().folder)))
    estimates = stage.process(face_set([]))
    assert estimates.emotions == ()
    assert np.isnan(estimates.infer_ms)


def test_settings_out_of_range():
    with pytest.raises(ConfigError, match="threads"):
        EmotionConfig(threads=0)


def test_the_card_says_which_estimate_is_which(model_folder):
    options = {"mode": "combined", "dimensions": 3, "width": 0.2, "depth": 0.2}
    card = model_folder("efficientnet_v2_s", options)
    card = replace(card, regression=("valence", "arousal", "dominance"))
    save_card(card)
    images = crops(2)
    with torch.inference_mode():
        expected = load_model(card)(torch.from_numpy(to_batch(images, card))).regression
    estimates = EmotionStage(EmotionConfig(model=str(card.folder))).process(face_set(images))
    for emotion, values in zip(estimates.emotions, expected.tolist(), strict=True):
        np.testing.assert_allclose((emotion.valence, emotion.arousal, emotion.dominance), values, atol=1e-4)
        assert np.isnan(emotion.intensity)


def test_a_card_with_other_columns_than_the_network(model_folder):
    card = model_folder("efficientnet_v2_s", {"mode": "va", "width": 0.2, "depth": 0.2})
    stage = EmotionStage(EmotionConfig(model=str(card.folder)))
    with pytest.raises(ModelError, match=r"expected 3 estimates .* the network has 2"):
        stage.process(face_set(crops(1)))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_face_whose_logits_are_not_finite_has_no_estimate(model_folder, monkeypatch, bad):
    card = model_folder()
    stage = EmotionStage(EmotionConfig(model=str(card.folder)), TemporalConfig(smoothing="ema"))
    images = crops(2)
    expected = EmotionStage(EmotionConfig(model=str(card.folder))).process(face_set(images))
    real = stage.runtime.forward

    def broken(batch):
        output = real(batch)
        output.logits[0, 2] = bad
        return output

    with monkeypatch.context() as patch:
        patch.setattr(stage.runtime, "forward", broken)
        found = stage.process(face_set(images))
    assert (found.unread, [one.face_id for one in found.emotions]) == (("f00001",), ["f00002"])
    np.testing.assert_array_equal(found.emotions[0].logits, expected.emotions[1].logits)
    assert found.infer_ms > 0
    # Nothing of it is kept: a smoother that has seen NaN would give nothing else any more.
    after = stage.process(face_set(images, stamp_ns=8))
    assert after.unread == () and np.isfinite([one.probabilities for one in after.emotions]).all()
