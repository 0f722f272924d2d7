import numpy as np
import pytest

from affect_core.emotion import EmotionConfig, load_card
from affect_core.errors import ConfigError
from affect_core.faces import CropSpec, FaceConfig
from affect_core.labels import COMPLEX_6
from affect_core.paths import find_named
from affect_core.pipeline import Pipeline
from affect_core.types import Frame


@pytest.fixture
def photograph():
    from skimage.data import astronaut

    return astronaut()


@pytest.fixture(params=["amal", "resnet50"])
def model(request, untrained):
    return load_card(untrained(request.param, request.param, crop=CropSpec(64, 0.1)))


def test_frame_to_attribution(model, photograph):
    pipeline = Pipeline(FaceConfig(), EmotionConfig(model=str(model.folder)))
    faces, emotions, attributions = pipeline.run(Frame(photograph, 5), dropped=1)
    assert (faces.stamp_ns, emotions.stamp_ns, faces.dropped) == (5, 5, 1)
    assert [face.face_id for face in faces.faces] == [e.face_id for e in emotions.emotions] == ["f00001"]
    assert faces.faces[0].crop.image_rgb.shape == (64, 64, 3)
    assert emotions.emotions[0].labels == COMPLEX_6
    if model.architecture == "amal":
        (attribution,) = attributions
        assert attribution.label == emotions.emotions[0].label
        assert attribution.heatmap.shape == (64, 64)
        np.testing.assert_array_equal(attribution.crop_to_image, faces.faces[0].crop.crop_to_image)
    else:
        assert attributions == ()


def test_a_frame_without_a_face(model, photograph):
    pipeline = Pipeline(FaceConfig(), EmotionConfig(model=str(model.folder)))
    faces, emotions, attributions = pipeline.run(Frame(np.zeros_like(photograph), 5))
    assert (faces.faces, emotions.emotions, attributions) == ((), (), ())


def test_a_recording_gives_what_frame_by_frame_gives(model, photograph):
    config = FaceConfig(), EmotionConfig(model=str(model.folder))
    frames = [Frame(np.roll(photograph, 4 * i, axis=1), 7 + i) for i in range(6)]
    pipeline = Pipeline(*config)
    one_by_one = [pipeline.run(frame) for frame in frames]
    together = list(Pipeline(*config).run_all(iter(frames)))
    assert [seen.frame.stamp_ns for seen in together] == [7, 8, 9, 10, 11, 12]
    for (faces, emotions, attributions), seen in zip(one_by_one, together, strict=True):
        assert [f.face_id for f in seen.faces.faces] == [f.face_id for f in faces.faces] == ["f00001"]
        np.testing.assert_array_equal(seen.faces.faces[0].crop.image_rgb, faces.faces[0].crop.image_rgb)
        np.testing.assert_array_equal(seen.emotions.emotions[0].logits, emotions.emotions[0].logits)
        assert len(seen.attributions) == len(attributions)
        assert seen.latency_ms > 0


def test_the_shipped_model_reads_the_virtual_head():
    try:
        find_named("models", "amal_resnet34")
    except ConfigError as error:
        pytest.skip(f"models/amal_resnet34 is not there: {error}")
    from affect_core.avatar import Avatar, Scene
    from affect_core.heads.expressions import load_expressions

    pipeline = Pipeline(FaceConfig(), EmotionConfig())
    avatar, table = Avatar(), load_expressions()
    right = 0
    for lighting in ("even", "dim"):
        for stamp_ns, label in enumerate(COMPLEX_6):
            frame = Frame(avatar.render(table.pose(label), Scene(lighting=lighting)).image_rgb, stamp_ns)
            faces, emotions, attributions = pipeline.run(frame)
            assert len(faces.faces) == 1
            right += emotions.emotions[0].label == label
            assert attributions[0].face_share > attributions[0].face_area_share
    assert right >= 10
