import numpy as np
import pytest
from PIL import Image

from affect_core.avatar import Segment
from affect_core.data.manifest import Manifest, Record, save_manifest
from affect_core.faces.crop import CropSpec, template_px

# The landmarks of a face that is upright and as large as its crop: the crop is the picture.
SPEC = CropSpec(32, 0.0)
LANDMARKS = tuple((float(x), float(y)) for x, y in template_px(SPEC))


@pytest.fixture
def painted_set(tmp_path):
    """Makes a set of 32 px pictures, picture i of grey i, whose left half is skin; returns its manifest."""

    def make(labels, name="painted", landmarks=LANDMARKS, masks=True, **columns):
        folder = tmp_path / name
        (folder / "images").mkdir(parents=True)
        (folder / "masks").mkdir()
        mask = np.full((32, 32), Segment.WALL, np.uint8)
        mask[:, :16] = Segment.SKIN
        records = []
        for i, label in enumerate(labels):
            Image.new("RGB", (32, 32), (i, 100, 200)).save(folder / f"images/{i}.png")
            Image.fromarray(mask).save(folder / f"masks/{i}.png")
            own = {key: values[i] for key, values in columns.items()}
            mask_path = f"masks/{i}.png" if masks else ""
            records.append(Record(f"images/{i}.png", label, landmarks_xy=landmarks, mask=mask_path, **own))
        made = Manifest(folder, name, ("neutral", "boredom"), tuple(records), description="squares")
        save_manifest(made)
        return made

    return make
