"""The face space: every mask is brought to one canonical face, so that masks of different pictures can be averaged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from affect_core.config import Settings, setting
from affect_core.errors import InputError
from affect_core.subgroups.points import POINTS, TOP_SCALE, all_points, mean_face, top_points
from affect_core.types import Floats


@dataclass(frozen=True)
class SpaceConfig(Settings):
    """The canonical face; P3 gives the size of its canvas, "224x275"."""

    width_px: int = setting(224, "width of the canvas, px", low=16)
    height_px: int = setting(275, "height of the canvas, px; more than the width, for the forehead", low=16)
    border_px: float = setting(8.0, "space round the canonical face, px (ours)", low=0.0)
    top_scale: float = setting(
        TOP_SCALE, "height of the top points, share of the jaw's depth (ours)", low=0.0
    )


class FaceSpace:
    """The canonical face, and the way of any picture's pixels to it: P3, algorithm 1.

    The listing triangulates the picture's landmarks; here the canonical ones are triangulated, once, so that every
    picture is cut into the same triangles.

    Args:
        config: of the canvas.
        landmarks_xy: (68, 2) of the canonical face in the canvas, pixels; None = the resting face, as large as fits.
    """

    def __init__(self, config: SpaceConfig | None = None, landmarks_xy: Floats | None = None) -> None:
        self.config = config or SpaceConfig()
        self.landmarks_xy = _fitted(self.config) if landmarks_xy is None else np.asarray(landmarks_xy, float)
        self.points_xy = self.points_of(self.landmarks_xy, self.size_wh)
        self._triangles = Delaunay(self.points_xy)

    @property
    def size_wh(self) -> tuple[int, int]:
        """Of the canvas."""
        return self.config.width_px, self.config.height_px

    @property
    def triangles(self) -> NDArray[np.int64]:
        """(T, 3): which of the 89 points belong together."""
        return np.asarray(self._triangles.simplices, np.int64)

    def points_of(self, landmarks_xy: Floats, size_wh: tuple[int, int]) -> Floats:
        """(89, 2) of a picture with these 68 landmarks."""
        return all_points(landmarks_xy, size_wh, self.config.top_scale)

    def sources(self, points_xy: Floats) -> Floats:
        """(H, W, 2): the place in a picture that belongs to every pixel of the canvas.

        Args:
            points_xy: (89, 2) of the picture.

        Raises:
            InputError: not 89 finite points.
        """
        if np.shape(points_xy) != (POINTS, 2) or not np.all(np.isfinite(points_xy)):
            raise InputError(f"expected {POINTS} finite points (x, y), got shape {np.shape(points_xy)}")
        corners, shares = self._lattice
        return np.asarray(np.einsum("hwk,hwkc->hwc", shares, np.asarray(points_xy)[corners]))

    def warp(self, pixels: NDArray[Any], points_xy: Floats) -> NDArray[Any]:
        """A picture, or a mask of it, in the canonical face: (H', W', ...) -> (height, width, ...).

        The nearest pixel is taken, so that a mask stays one; what lies outside the picture is 0.

        Args:
            pixels: of the picture.
            points_xy: its 89 points, see `points_of`.
        """
        columns, rows = (
            np.rint(part).astype(np.int64) for part in np.moveaxis(self.sources(points_xy), -1, 0)
        )
        inside = (columns >= 0) & (columns < pixels.shape[1]) & (rows >= 0) & (rows < pixels.shape[0])
        made = np.zeros((*columns.shape, *pixels.shape[2:]), pixels.dtype)
        made[inside] = pixels[rows[inside], columns[inside]]
        return made

    @cached_property
    def bands(self) -> dict[str, NDArray[np.bool_]]:
        """Parts of the canonical face, each (H, W): forehead, eyes, cheeks and nose, mouth and chin, and around it."""
        rows = np.arange(self.config.height_px)[:, None]
        points = self.landmarks_xy
        brows, eyes = points[17:27, 1].min(), points[36:48, 1].max()
        lids = eyes + (eyes - points[36:48, 1].min())
        nose = points[31:36, 1].mean()
        edges = (-np.inf, brows, lids, nose, np.inf)
        names = ("forehead", "eyes and brows", "nose and cheeks", "mouth and chin")
        parts = {
            name: self.face & (rows >= low) & (rows < high)
            for name, low, high in zip(names, edges[:-1], edges[1:], strict=True)
        }
        return {**parts, "around the face": ~self.face}

    @cached_property
    def face(self) -> NDArray[np.bool_]:
        """(H, W): inside of jaw and top points."""
        from skimage.draw import polygon2mask

        outline = np.concatenate([self.landmarks_xy[:17], self.points_xy[68:85][::-1]])
        shape = (self.config.height_px, self.config.width_px)
        inside = polygon2mask(shape, outline[:, ::-1])  # type: ignore[no-untyped-call] # typed in part
        return np.asarray(inside)

    @cached_property
    def _lattice(self) -> tuple[NDArray[np.int64], Floats]:
        """For every pixel of the canvas the corners of its triangle (H, W, 3), and its barycentric coordinates."""
        width, height = self.size_wh
        pixels = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(float)
        # On an edge rounding may put a pixel outside of all triangles; with some tolerance one of them takes it.
        found = self._triangles.find_simplex(pixels, tol=1e-9)
        affine = self._triangles.transform[found]
        first = np.einsum("hwij,hwj->hwi", affine[..., :2, :], pixels - affine[..., 2, :])
        shares = np.concatenate([first, 1.0 - first.sum(axis=-1, keepdims=True)], axis=-1)
        return self.triangles[found], shares


def _fitted(config: SpaceConfig) -> Floats:
    """The resting face in the middle of the canvas, as large as its border allows."""
    face = mean_face()
    outline = np.concatenate([face, top_points(face, config.top_scale)])
    low, high = outline.min(axis=0), outline.max(axis=0)
    size = np.array([config.width_px, config.height_px], float)
    scale = float(((size - 1.0 - 2.0 * config.border_px) / (high - low)).min())
    if scale <= 0.0:
        raise InputError(
            f"expected room for a face, got a border of {config.border_px} px; choose a smaller one"
        )
    return np.asarray((face - (low + high) / 2.0) * scale + (size - 1.0) / 2.0)
