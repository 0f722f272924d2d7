"""Small sets of pictures, faces without a face, and the printed tables of P3."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from affect_core.data.manifest import Manifest, Record, save_manifest

LABELS = ("happy", "sad")
FIVE = ((40.0, 50.0), (88.0, 50.0), (64.0, 76.0), (46.0, 100.0), (82.0, 100.0))


@pytest.fixture(scope="session")
def subgroups_tables() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Training-test -> (6 x 6 percent, the printed column sums)."""
    text = (Path(__file__).parent / "p3_tables_6_to_8.txt").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    blocks = [lines[start : start + 8] for start in range(0, len(lines), 8)]
    rows = {block[0]: np.array([line.split() for line in block[1:]], float) for block in blocks}
    return {name: (block[:6], block[6]) for name, block in rows.items()}


@pytest.fixture
def subgroups_set(tmp_path):
    """Build a set: ``make([(label, gender, subject), ...])``; pictures differ unless ``same`` names two rows."""

    def make(rows, same=(), folder="set", **changes):
        place = tmp_path / folder
        records = []
        for index, (label, gender, subject) in enumerate(rows):
            name = f"{index:03d}.png"
            rng = np.random.default_rng(same[0] if index in same else index)
            place.mkdir(exist_ok=True)
            Image.fromarray(rng.integers(0, 256, (128, 128, 3), dtype=np.uint8)).save(place / name)
            attributes = {"gender": gender} if gender else {}
            records.append(Record(name, label, landmarks_xy=FIVE, subject=subject, attributes=attributes))
        made = Manifest(place, "made", LABELS, tuple(records), "made for a test", **changes)
        save_manifest(made)
        return made

    return make


@pytest.fixture
def subgroups_faces():
    """A `FaceSet` of plain pictures: ``make(per_cell, labels)``, one person for each picture."""
    from affect_core.subgroups.faces import FaceSet
    from affect_core.subgroups.points import all_points, mean_face

    def make(per_cell=4, labels=LABELS, size=32):
        points = all_points(mean_face() * 6.0 + [15.5, 10.0], (size, size))
        pairs = [(label, group) for label in range(len(labels)) for group in (0, 1) for _ in range(per_cell)]
        count = len(pairs)
        images = np.random.default_rng(0).integers(0, 256, (count, size, size, 3), dtype=np.uint8)
        truth = np.array([label for label, _ in pairs])
        return FaceSet(
            images_rgb=images,
            points_xy=np.repeat(points[None], count, axis=0),
            labels=truth,
            taught=truth.copy(),
            trains=np.ones(count, bool),
            groups=np.array([group for _, group in pairs]),
            subjects=np.arange(count),
            names=tuple(f"{index}.png" for index in range(count)),
            label_names=tuple(labels),
            dropped={},
        )

    return make
