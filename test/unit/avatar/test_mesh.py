import numpy as np
import pytest

from affect_core.avatar import mesh
from affect_core.avatar.shape import HeadShape

TURN = np.linspace(-1.2, 1.2, 9)
LEVEL_LINE = np.stack([np.sin(TURN), -np.cos(TURN), np.zeros(9)], 1)
"""Part of the unit circle before the origin, from right to left."""

MESHES = {
    "skull": lambda: mesh.skull(HeadShape(), 32, 24),
    "ellipsoid": lambda: mesh.ellipsoid((1, 2, 3)),
    "zone": lambda: mesh.zone(2.0, 10, 120),
    "cylinder": lambda: mesh.cylinder(1, -1, 2),
    "plate": lambda: mesh.plate(1, 2, 3),
    "rounded box": lambda: mesh.rounded_box(1, 2, 3),
    "ring": lambda: mesh.ring(2.0, 1.5, 0.1),
    "band": lambda: mesh.band(LEVEL_LINE, 0.1),
    "tipped": lambda: mesh.plate(1, 2, 3).tipped(0.7),
    "upper lid": lambda: mesh.lid(1.0, upper=True),
    "lower lid": lambda: mesh.lid(1.0, upper=False),
}


@pytest.mark.parametrize("name", MESHES)
def test_faces_are_seen_from_outside(name):
    shape = MESHES[name]()
    a, b, c = (shape.vertices[shape.faces[:, k]] for k in range(3))
    outwards = np.sum(np.cross(b - a, c - a) * shape.normals[shape.faces].mean(axis=1), axis=1)
    assert outwards.min() > -1e-12
    assert (outwards > 0).mean() > 0.9  # at a pole a face may have no area
    assert np.linalg.norm(shape.normals, axis=1) == pytest.approx(1)


def test_ellipsoid_by_hand():
    shape = mesh.ellipsoid((1, 2, 3))
    assert np.sum((shape.vertices / (1, 2, 3)) ** 2, axis=1) == pytest.approx(1)
    assert shape.vertices.max(axis=0) == pytest.approx((1, 2, 3))
    assert shape.moved(1, 1, 1).vertices.max(axis=0) == pytest.approx((2, 3, 4))


def test_zone_by_hand():
    shape = mesh.zone(2.0, 0, 60)
    assert shape.vertices[:, 1].min() == pytest.approx(-2)  # straight ahead
    assert shape.vertices[:, 1].max() == pytest.approx(-1)  # 2 cos 60
    assert shape.vertices[:, 0].max() == pytest.approx(2 * np.sin(np.radians(60)))


def test_plate_has_six_sides_of_two_triangles():
    shape = mesh.plate(1, 2, 3)
    assert shape.faces.shape == (12, 3)
    a, b, c = (shape.vertices[shape.faces[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2
    assert area == pytest.approx(2 * (2 * 4 + 2 * 6 + 4 * 6))


def test_lid_edge_lies_at_the_equator_in_front():
    upper, lower = mesh.lid(1.0, upper=True).vertices, mesh.lid(1.0, upper=False).vertices
    assert upper[:, 2].min() == pytest.approx(0)
    assert lower[:, 2].max() == pytest.approx(0)
    assert upper[:, 1].min() == pytest.approx(-1, abs=0.01)


def test_tube_and_sheet_faces():
    assert mesh.tube_faces(2).shape == (2 * mesh.TUBE_SIDES + 2 * (mesh.TUBE_SIDES - 2), 3)
    assert mesh.sheet_faces(2, 3).tolist() == [[4, 1, 0], [5, 2, 1], [3, 4, 0], [4, 5, 1]]


def test_skull_follows_the_face_surface():
    shape = HeadShape()
    x, y, z = mesh.skull(shape).vertices.T
    front = (np.abs(x) < 0.02) & (y < -0.05) & (np.abs(z) < 0.06)
    assert front.sum() > 500
    assert y[front] == pytest.approx(shape.front_y(x[front], z[front]), abs=1e-3)


def test_nose_stands_out_and_eyes_lie_deep():
    shape = HeadShape()
    x, z = np.array([0.0, shape.eye_x, 0.05]), np.array([shape.nose_tip_z, shape.eye_z, shape.nose_tip_z])
    nose, socket, cheek = shape.front_y(x, z)
    assert nose < cheek - 0.02
    assert socket > cheek
    assert shape.front_y(x, z) == pytest.approx(shape.front_y(-x, z))


def test_lid_sphere_by_hand():
    shape = HeadShape(eye_x=0.03, eye_y=-0.06, eye_z=0.02, lid_radius=0.01)
    x, z = np.array([-0.03, 0.03, 0.03, 0.05]), np.array([0.02, 0.026, 0.031, 0.02])
    assert shape.lid_front_y(x, z) == pytest.approx([-0.07, -0.068, np.inf, np.inf])


def test_rounded_box_by_hand():
    box = mesh.rounded_box(1, 2, 3, power=4)
    assert np.sum((box.vertices / (1, 2, 3)) ** 4, axis=1) == pytest.approx(1)
    assert np.abs(box.vertices).max(axis=0) == pytest.approx((1, 2, 3))


def test_ring_by_hand():
    ring = mesh.ring(2.0, 1.0, 0.1)
    x, y, z = ring.vertices.T
    assert (x.max(), y.max(), z.max()) == pytest.approx((2.1, 0.1, 1.1))
    assert ((x / 2) ** 2 + z**2).min() > 0.8  # nothing inside


def test_tipping_the_upper_end_forward():
    end = mesh.plate(1, 1, 2).tipped(np.pi / 2).vertices
    assert end[:, 1].min() == pytest.approx(-2)  # what was up is ahead


def test_band_bulges_outwards():
    band = mesh.band(LEVEL_LINE, 0.1)
    away = np.hypot(band.vertices[:, 0], band.vertices[:, 1])
    assert (away.min(), away.max()) == pytest.approx((1.0, 1.1))
    assert np.abs(band.vertices[:, 2]).max() == pytest.approx(0.1)


def test_where_keeps_faces_with_all_their_vertices():
    plate = mesh.plate(1, 1, 1)
    front = plate.where(plate.normals[:, 1] < -0.5)
    assert len(front.faces) == 2
    assert (plate.normals[front.faces][..., 1] == -1).all()
