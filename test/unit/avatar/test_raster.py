import numpy as np
import pytest

from affect_core.avatar import raster, raster_wall

RED, GREEN = (200, 0, 0), (0, 100, 0)
COUNTER_CLOCKWISE = np.array([[0, 1, 2]], np.int32)


def single(*rows):
    return np.array(rows, np.float32)


def drawn(triangles, size=4):
    """Draw (corners (3, 3), colour) one after the other as segments 1, 2, ...: (image, samples, depth)."""
    image = np.zeros((size, size, 3), np.float32)
    samples, depth = np.zeros((size, size), np.uint8), np.full((size, size), raster.FAR, np.float32)
    for k, (corners, colour) in enumerate(triangles):
        lit = np.repeat([colour], 3, axis=0).astype(np.float32)
        raster.fill(corners, lit, COUNTER_CLOCKWISE, np.array([k + 1], np.uint8), depth, image, samples)
    return image, samples, depth


def corner(z):
    """Covers the samples whose centres lie above the line column + row = 3.5."""
    return single((0, 0, z), (0, 3.5, z), (3.5, 0, z))


def test_exactly_the_samples_inside_are_drawn():
    image, samples, depth = drawn([(corner(2), RED)])
    assert samples.tolist() == [[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert (image[samples == 1] == RED).all()
    assert (image[samples == 0] == 0).all()
    assert depth[samples == 1] == pytest.approx(2)
    assert (depth[samples == 0] == raster.FAR).all()


def test_faces_from_behind_are_not_drawn():
    assert drawn([(corner(2)[::-1].copy(), RED)])[1].sum() == 0


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_nearer_face_wins_in_any_order(order):
    near, far = (corner(1), RED), (single((0, 0, 2), (0, 8, 2), (8, 0, 2)), GREEN)
    image, samples, _ = drawn([(near, far)[k] for k in order])
    assert (image[:3, 0] == RED).all()
    assert (image[3, 3] == GREEN).all()
    assert (samples > 0).all()


def test_colours_and_depth_are_interpolated():
    corners = single((0, 0, 1), (0, 8, 1), (8, 0, 3))
    lit = single((0, 0, 0), (80, 0, 0), (0, 160, 0))
    depth, image = np.full((4, 4), raster.FAR, np.float32), np.zeros((4, 4, 3), np.float32)
    raster.fill(
        corners, lit, COUNTER_CLOCKWISE, np.array([1], np.uint8), depth, image, np.zeros((4, 4), np.uint8)
    )
    # centre of column 2, row 1: (2.5, 1.5), so 1.5/8 of the second corner and 2.5/8 of the third
    assert image[1, 2] == pytest.approx((15, 50, 0))
    assert depth[1, 2] == pytest.approx(1 + 2 * 2.5 / 8)


def test_a_triangle_across_the_edge_is_cut():
    samples = drawn([(single((-10, -10, 1), (-10, 30, 1), (30, -10, 1)), RED)])[1]
    assert (samples == 1).all()


def test_shadow_map_takes_both_sides():
    depth = np.full((4, 4), raster.FAR, np.float32)
    for corners in (corner(5), corner(3)[::-1].copy()):
        raster.draw_depth(corners, COUNTER_CLOCKWISE, depth)
    assert depth[0, 0] == 3
    assert depth[3, 3] == raster.FAR


def test_bounds():
    samples = np.zeros((5, 6), np.uint8)
    wanted = np.array([False, True, False])
    assert raster.bounds(samples, wanted)[2] == -1
    samples[1, 2], samples[3, 4], samples[4, 5] = 1, 1, 2
    assert raster.bounds(samples, wanted) == (2, 1, 5, 4)


def test_resolve_mixes_samples_with_the_background():
    image, samples = np.zeros((2, 4, 3), np.float32), np.zeros((2, 4), np.uint8)
    image[:, :2], samples[0, :2], samples[1, 0] = 100, 3, 3  # three of the first pixel's four samples
    out, segments = np.full((1, 2, 3), 20, np.uint8), np.zeros((1, 2), np.uint8)
    raster.resolve(image, samples, out, segments)
    assert out.tolist() == [[[80, 80, 80], [20, 20, 20]]]
    assert segments.tolist() == [[3, 0]]


def test_place_and_projection():
    matrices = np.stack([np.eye(4), np.diag((1, 1, 1, 1))]).astype(np.float32)
    matrices[1, :3, 3] = (1, 2, 3)
    world, normals, screen = (np.zeros((2, 3), np.float32) for _ in range(3))
    vertices, bones = single((1, 1, 1), (1, 1, 1)), np.array([0, 1], np.uint8)
    raster.place(vertices, single((0, 0, 1), (0, 0, 1)), bones, matrices, world, normals)
    assert world.tolist() == [[1, 1, 1], [2, 3, 4]]
    assert normals.tolist() == [[0, 0, 1], [0, 0, 1]]
    eye, centre = single(0, -1, 0), single(50, 40)
    raster.to_screen(world, eye, np.float32(100), centre, screen)
    assert screen.tolist() == [[100, -10, 2], [100, -60, 4]]


def lit_by(lights, normal, colour=(0.5, 0.5, 0.5), gloss=0.0, blocked=False):
    depth = np.full((8, 8), 0.0 if blocked else raster.FAR, np.float32)
    out = np.zeros((1, 3), np.float32)
    raster.shade(
        single((0, 0, 0)),
        single(normal),
        single(colour),
        single(gloss),
        single(0, -1, 0),
        single(*lights),
        single((4, 4, 1)),
        depth,
        out,
    )
    return out[0]


KEY = ((0, -1, 0), (1, 1, 1), (1, 0, 0), (0, 0, 0), (0, 0, 0))


def test_shade_by_hand():
    assert lit_by(KEY, (0, -1, 0)) == pytest.approx([127.5] * 3)
    assert lit_by(KEY, (0, -0.6, 0.8)) == pytest.approx([76.5] * 3)  # cosine 0.6
    assert lit_by(KEY, (0, 1, 0)) == pytest.approx([0] * 3)
    assert lit_by(KEY, (0, -1, 0), blocked=True) == pytest.approx([0] * 3)
    assert lit_by(KEY, (0, -1, 0), gloss=0.25) == pytest.approx(
        [127.5 + 63.75] * 3
    )  # straight back to the eye
    ambient = (*KEY[:4], (0.4, 0.2, 0))
    assert lit_by(ambient, (0, 0, 1)) == pytest.approx([51, 25.5, 0])
    assert lit_by(ambient, (0, 0, -1)) == pytest.approx([25.5, 12.75, 0])  # half from below


def test_wall_is_lit_where_nothing_is_in_the_way():
    cells = np.zeros((3, 3, 2), np.float32)
    lit, dark = single(200, 100, 50), single(20, 10, 5)
    for depth, expected in ((raster.FAR, lit), (1.0, dark)):
        out = np.full((16, 16, 3), lit, np.uint8)
        cells[:] = 50
        raster_wall.darken_wall(cells, np.full((100, 100), depth, np.float32), 8, lit, dark, out)
        assert (out == expected).all()


@pytest.mark.parametrize(("row", "column"), [(0, 0), (40, 63), (63, 17), (31, 30)])
def test_one_texel_shades_the_places_that_ask_it_and_no_other(row, column):
    depth = np.full((64, 64), raster.FAR, np.float32)
    depth[row, column] = 1.0
    x, y = np.meshgrid(np.arange(-24, 88, dtype=np.float32), np.arange(-24, 88, dtype=np.float32))
    shadow = raster_wall._wall_shadow(np.stack([x, y], -1), depth)
    asked = ((x - column) % 5 == 0) & (abs(x - column) <= 15) & ((y - row) % 5 == 0) & (abs(y - row) <= 15)
    assert asked.sum() == 49
    np.testing.assert_allclose(shadow, asked / 49, atol=1e-6)


def test_a_picture_on_the_wall_darkens_in_the_shadow():
    depth = np.full((64, 64), raster.FAR, np.float32)
    cells = np.full((3, 3, 2), 32, np.float32)
    lit = np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3)
    dark, out = lit // 2, lit.copy()
    raster_wall.darken_picture(cells, depth, 8, dark, out)
    assert (out == lit).all()
    depth[:] = 0  # something is in front everywhere
    raster_wall.darken_picture(cells, depth, 8, dark, out)
    assert np.abs(out.astype(int) - dark).max() <= 1


def test_tube_is_round_about_its_line():
    centres = single((-0.01, 0, 0), (0, 0, 0), (0.01, 0, 0))
    vertices, normals = np.zeros((30, 3), np.float32), np.zeros((30, 3), np.float32)
    radii, flatness = single(0.001, 0.002, 0.001), single(1.0)
    assert raster.sweep_tubes(centres, radii, flatness, np.array([3]), 10, vertices, normals) == 30
    away = vertices.reshape(3, 10, 3) - centres[:, None]
    assert np.linalg.norm(away, axis=2) == pytest.approx(np.repeat(radii, 10).reshape(3, 10))
    assert normals == pytest.approx(away.reshape(-1, 3) / np.repeat(radii, 10)[:, None], abs=1e-5)


def test_kernels_are_kept_in_a_folder_that_can_be_written(monkeypatch, tmp_path):
    monkeypatch.setattr(raster.numba.config, "CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(raster.os, "access", lambda path, mode: str(path).startswith(str(tmp_path)))
    raster._use_writable_cache()
    assert str(tmp_path / "affect_hri" / "numba") == raster.numba.config.CACHE_DIR
