"""Small pictures whose colour is their place in the circumplex, and the smallest networks that read them."""

import csv

import numpy as np
import pytest

SIZE = 64
NAMES = ("calm", "glad", "mad")
CENTRES = np.array([[0.0, -0.6], [0.7, 0.3], [-0.6, 0.6]])


@pytest.fixture(scope="session")
def circumplex_toy():
    """Makes N pictures: red is valence, green is arousal, the class is the nearest of three centres."""
    from affect_core.circumplex.samples import Samples
    from affect_core.faces.crop import CropSpec

    def make(count, seed=0, name="toy", noise=0.12):
        random = np.random.default_rng(seed)
        labels = np.arange(count) % len(NAMES)
        affect = np.clip(CENTRES[labels] + random.normal(0.0, noise, (count, 2)), -1.0, 1.0)
        images = np.zeros((count, SIZE, SIZE, 3), np.uint8)
        images[..., :2] = ((affect + 1.0) * 127.0).astype(np.uint8)[:, None, None, :]
        images[..., 2] = random.integers(0, 255, (count, SIZE, SIZE))
        return Samples(
            name, images, labels.astype(np.int64), NAMES, affect.astype(np.float32), CropSpec(size_px=SIZE)
        )

    return make


@pytest.fixture(scope="session")
def circumplex_parts(circumplex_toy):
    """24 pictures to train on, 9 that choose the epoch, 12 that are tested on."""
    from affect_core.training.circumplex.train import Parts

    return Parts(circumplex_toy(24, 1), circumplex_toy(9, 2), circumplex_toy(12, 3))


@pytest.fixture(scope="session")
def circumplex_recipe():
    """A recipe of seconds."""
    from affect_core.circumplex.recipe import Recipe

    return Recipe(
        init="random",
        size_px=SIZE,
        width=0.2,
        depth=0.2,
        batch_size=8,
        learning_rate=2e-3,
        epochs=2,
        va_epochs=2,
        held_out=0.2,
    )


@pytest.fixture(scope="session")
def circumplex_models(tmp_path_factory, circumplex_parts, circumplex_recipe):
    """A trained network of each mode: mode -> folder."""
    from affect_core.circumplex.recipe import Augmentation
    from affect_core.training.circumplex.train import Job, Place, train

    root = tmp_path_factory.mktemp("circumplex")
    place = Place(root / "models", root / "work")
    found = {}
    for mode in ("discrete", "combined", "va"):
        start = found["combined"] if mode == "va" else None
        job = Job("efficientnet_v2_s", mode, "toy", 0, start)
        found[mode] = train(job, circumplex_parts, circumplex_recipe, Augmentation(), place)
    return found


PEOPLE = [  # split, number, box, categories, valence, arousal, dominance
    *(
        (split, number, (4 + number, 6, 60, 90), labels, affect)
        for split, count in (("train", 12), ("val", 4), ("test", 4))
        for number in range(count)
        for labels, affect in [
            (["Happiness", "Pleasure"], (8, 6, 7)) if number % 2 else (["Sadness"], (2, 4, 3))
        ]
    )
]


@pytest.fixture(scope="session")
def circumplex_emotic(tmp_path_factory):
    """EMOTIC as its converted lists have it: 20 people, all 26 categories in training among the first ones."""
    import cv2

    from affect_core.data.label_maps import load_label_maps

    root = tmp_path_factory.mktemp("emotic")
    categories = list(load_label_maps()["emotic_to_complex"].entries)
    (root / "emotic_pre").mkdir()
    (root / "emotic" / "pictures").mkdir(parents=True)
    random = np.random.default_rng(0)
    for split in ("train", "val", "test"):
        with (root / "emotic_pre" / f"{split}.csv").open("w", newline="") as stream:
            table = csv.writer(stream)
            table.writerow(
                ["Index", "Folder", "Filename", "Image Size", "BBox", "Categorical_Labels", "Continuous_Labels",
                 "Gender", "Age"]
            )  # fmt: skip
            for index, (_, number, box, labels, affect) in enumerate(p for p in PEOPLE if p[0] == split):
                name = f"{split}_{number}.png"
                picture = random.integers(0, 255, (100, 80, 3), np.uint8)
                cv2.imwrite(str(root / "emotic" / "pictures" / name), picture)
                several = [*labels, *categories] if split == "train" and number < 2 else labels
                table.writerow(
                    [index, "pictures", name, [80, 100], list(box), list(dict.fromkeys(several)), list(affect), "F",
                     "Adult"]
                )  # fmt: skip
    return root
