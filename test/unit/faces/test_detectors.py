import numpy as np
import pytest

from affect_core.errors import ConfigError, UnknownName
from affect_core.faces import DETECTORS, CropSpec, FaceConfig, FaceStage, build_detector, template_px
from affect_core.types import Frame

# facenet-pytorch on scikit-image's astronaut, full width, as measured once beside it.
BOX = [181.05, 62.16, 267.75, 172.05]
LANDMARKS = [[205.0, 101.7], [246.8, 103.7], [224.7, 129.0], [201.7, 139.2], [245.3, 141.9]]


@pytest.fixture(scope="module", params=DETECTORS.names())
def detector(request):
    return build_detector(FaceConfig(detector=request.param))


def test_mtcnn_on_the_photograph_at_full_width(astronaut):
    detector = build_detector(FaceConfig(detector="mtcnn", detect_width_px=512, min_face_px=20))
    (face,) = detector.detect(astronaut)
    np.testing.assert_allclose(face.box_xyxy, BOX, atol=2.0)
    np.testing.assert_allclose(face.landmarks_xy, LANDMARKS, atol=2.0)
    assert face.score > 0.999


def test_results_are_in_pixels_of_the_source_image(detector, astronaut):
    import cv2

    large = cv2.resize(astronaut, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    (face,) = detector.detect(large)
    np.testing.assert_allclose(face.landmarks_xy / 2, LANDMARKS, atol=4.0)


def test_right_is_the_subjects(detector, astronaut):
    (face,) = detector.detect(astronaut)
    right_eye, left_eye, nose, right_mouth, left_mouth = face.landmarks_xy
    assert right_eye[0] < nose[0] < left_eye[0]
    assert right_mouth[0] < left_mouth[0]
    assert right_eye[1] < nose[1] < right_mouth[1]


def test_several_faces_largest_first(detector, astronaut):
    import cv2

    face = astronaut[20:220, 120:320]
    image = np.full((400, 800, 3), 128, np.uint8)
    image[:200, :200] = face
    image[:360, 400:760] = cv2.resize(face, (360, 360))
    found = detector.detect(image)
    assert len(found) == 2
    assert found[0].box_xyxy[0] > 400 > found[1].box_xyxy[2]
    assert len(build_detector(FaceConfig(max_faces=1)).detect(image)) == 1


@pytest.mark.parametrize("shape", [(480, 640), (1, 1), (5, 2000), (2000, 5), (30, 30), (79, 300)])
@pytest.mark.parametrize("level", [0, 130])
def test_no_face(detector, shape, level):
    assert detector.detect(np.full((*shape, 3), level, np.uint8)) == []


def test_noise_is_no_face(detector):
    noise = np.random.default_rng(0).integers(0, 256, (360, 640, 3), np.uint8)
    assert detector.detect(noise) == []


def test_faces_far_below_the_smallest_are_left_out(astronaut):
    assert build_detector(FaceConfig(min_face_px=400)).detect(astronaut) == []


def test_unknown_detector_and_wrong_thresholds():
    with pytest.raises(UnknownName, match="mtcnn"):
        build_detector(FaceConfig(detector="haar"))
    with pytest.raises(ConfigError, match="three"):
        build_detector(FaceConfig(thresholds=(0.5,)))


def test_stage_detects_follows_and_crops(astronaut):
    stage = FaceStage(FaceConfig(), CropSpec(112, 0.1))
    first = stage.process(Frame(astronaut, 10, "camera"), dropped=3)
    second = stage.process(Frame(np.roll(astronaut, 10, axis=1), 43_000_000))
    third = stage.process(Frame(np.zeros_like(astronaut), 86_000_000))
    assert (first.stamp_ns, first.frame_id, first.dropped, first.image_size_wh) == (
        10,
        "camera",
        3,
        (512, 512),
    )
    assert first.faces[0].face_id == second.faces[0].face_id == "f00001"
    assert third.faces == ()
    face = first.faces[0]
    assert face.crop.image_rgb.shape == (112, 112, 3)
    assert first.detect_ms > 0
    assert first.track_ms > 0
    crop_eye = template_px(CropSpec(112, 0.1))[0]
    assert np.abs(face.crop.crop_to_image @ [*crop_eye, 1] - LANDMARKS[0]).max() < 6
