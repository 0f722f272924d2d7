import numpy as np
import pytest

from affect_core.avatar.truth import Segment
from affect_core.errors import UnknownName
from affect_core.synth.humans.body import bent, rim_of
from affect_core.synth.humans.head import HumanHead, Texture, load_head, rotation
from affect_core.synth.humans.ict import load_face_model
from affect_core.synth.humans.kernels import add_modes, vertex_normals

NOBODY = np.zeros(2, np.float32)


@pytest.fixture(scope="module")
def head(tiny_ict):
    return load_head(tiny_ict)


def moved_by(head, weights=None, identity=NOBODY, gaze_deg=(0.0, 0.0)):
    count = len(head.mean_cm)
    return head.vertices_cm(identity, weights or {}, gaze_deg)[:count] - head.mean_cm


def test_modes_are_added_in_proportion():
    places = np.ones((2, 3), np.float32)
    modes = np.array([[[1, 0, 0], [0, 0, 0]], [[0, 2, 0], [0, 0, 4]]], np.float32)
    add_modes(places, modes, np.array([3.0, -0.5], np.float32))
    assert places.tolist() == [[4, 0, 1], [1, 1, -1]]


def test_identity_scales_the_head(head):
    moved = moved_by(head, identity=np.array([2.0, 0.0], np.float32))
    eyes = np.concatenate(head.eyes)
    assert np.allclose(moved[:, 0], 0.04 * head.mean_cm[:, 0], atol=1e-4)
    assert np.allclose(np.delete(moved, eyes, axis=0)[:, 1:], 0.0, atol=1e-5)


def test_blendshapes_add_up_and_scale(head):
    left_brow = (head.mean_cm[:, 0] > 0) & (head.mean_cm[:, 1] > 5) & (np.arange(len(head.mean_cm)) < 144)
    once = moved_by(head, {"browDown_L": 1.0})
    assert np.allclose(once[left_brow], [0.0, 0.5, 0.0], atol=1e-4)
    assert np.allclose(once[~left_brow], 0.0, atol=1e-5)
    both = moved_by(head, {"browDown_L": 0.5, "browInnerUp_L": 1.0})
    assert np.allclose(both[left_brow], [0.0, 0.75, 0.0], atol=1e-4)


def test_an_unknown_blendshape_is_named(head):
    with pytest.raises(UnknownName, match="blendshape 'smile'"):
        head.vertices_cm(NOBODY, {"smile": 1.0})


@pytest.mark.parametrize(
    ("angles_deg", "point", "wanted"),
    [
        ((90, 0, 0), (0, 0, 1), (1, 0, 0)),  # the nose to the subject's left
        ((0, 90, 0), (0, 0, 1), (0, 1, 0)),  # the nose up
        ((0, 0, 90), (0, 1, 0), (1, 0, 0)),  # the crown to the subject's left
        ((30, 0, 0), (0, 0, 2), (1, 0, np.sqrt(3))),
        ((90, 0, 90), (0, 1, 0), (0, 0, -1)),  # roll first, then yaw
    ],
)
def test_turns(angles_deg, point, wanted):
    assert np.allclose(rotation(*angles_deg) @ np.array(point), wanted, atol=1e-6)


def test_the_gaze_turns_the_eyeballs_only(head):
    turned = moved_by(head, gaze_deg=(90.0, 0.0))
    for eye in head.eyes:
        rest = head.mean_cm[eye]
        centre = (rest.min(axis=0) + rest.max(axis=0)) / 2
        after = rest + turned[eye]
        front = after[(rest - centre)[:, 2].argmax()] - centre
        assert np.allclose(front, [1.5, 0.0, 0.0], atol=1e-5)  # the pole that looked ahead now looks left
    elsewhere = np.ones(len(head.mean_cm), bool)
    elsewhere[np.concatenate(head.eyes)] = False
    assert np.allclose(turned[elsewhere], 0.0)


def test_the_first_eye_is_the_subjects_right(head):
    assert head.mean_cm[head.eyes[0], 0].max() < 0 < head.mean_cm[head.eyes[1], 0].min()


def test_lashes_are_left_out(head, tiny_face):
    assert len(head.mean_cm) == len(tiny_face.places) - 6
    shown = set(head.bald.textures.tolist())
    assert shown == {Texture.FACE, Texture.EYE, Texture.SKIN, Texture.GUMS, Texture.TEETH, Texture.NECK}
    assert set(head.haired.textures.tolist()) == shown | {Texture.HAIR}


def test_segments_of_the_surfaces(head):
    of = {Texture(t): {Segment(s) for s in head.haired.segments[head.haired.textures == t]} for t in Texture}
    assert of[Texture.EYE] == {Segment.EYE}
    assert of[Texture.TEETH] == of[Texture.GUMS] == {Segment.MOUTH}
    assert of[Texture.HAIR] == {Segment.HAIR}
    assert of[Texture.NECK] <= {Segment.NAPE, Segment.BODY}


def test_indices_stay_within_their_arrays(head):
    for mesh in (head.bald, head.haired):
        assert mesh.faces.max() < mesh.vertices
        assert mesh.faces_uv.max() < len(head.uv)
        assert len(mesh.faces) == len(mesh.faces_uv) == len(mesh.textures) == len(mesh.segments)
    assert len(head.gloss) == len(head.openness) == head.haired.vertices


def test_the_rim_is_what_one_triangle_has():
    square = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    assert sorted(map(tuple, rim_of(square).tolist())) == [(0, 1), (1, 2), (2, 3), (3, 0)]


def test_the_shoulders_stay_when_the_head_turns():
    places = np.array([[0, 5, 3], [4, -30, 0], [1, -4, 0]], np.float32)
    after = bent(places, rotation(0, 0, 90))
    assert np.allclose(after[0], [9, -4, 3], atol=1e-5)  # 9 cm above the pivot at y = -4, now beside it
    assert np.allclose(after[1], places[1])
    assert np.allclose(after[2], [0, -5, 0], atol=1e-5)


def test_normals_of_a_corner():
    places = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)  # towards +z, and towards +x
    normals = np.empty_like(places)
    vertex_normals(places, faces, normals)
    assert np.allclose(normals[1], [0, 0, 1])
    assert np.allclose(normals[3], [1, 0, 0])
    assert np.allclose(normals[0], [np.sqrt(0.5), 0, np.sqrt(0.5)])


def test_the_real_head(ict):
    head = load_head(ict)
    nobody = np.zeros(head.identity_modes, np.float32)
    calm, surprised = (
        head.vertices_cm(nobody, weights)[head.landmarks]
        for weights in ({}, {"jawOpen": 1.0, "browInnerUp_R": 1.0})
    )
    assert surprised[8, 1] < calm[8, 1] - 1.0  # the chin goes down
    risen = surprised[:, 1] - calm[:, 1]
    assert risen[21] > 0.3  # the right brow's inner end goes up, the left one's hardly
    assert risen[22] < 0.15
    inner = head.layout.landmarks_uv
    assert inner[36, 0] < 0.5 < inner[45, 0]  # the subject's right is on the left of the texture
    assert inner[19, 1] < inner[37, 1] < inner[51, 1]  # brows above eyes above lips
    assert load_face_model(ict).materials[4] == "M_ScleraLeft"


def test_a_head_can_be_built_of_a_model(tiny_ict):
    assert HumanHead(load_face_model(tiny_ict)).identity_modes == 2
