"""A whole experiment in seconds: robots only, 32 pixels, one epoch. Its numbers mean nothing."""

from pathlib import Path

import pytest
import yaml

from affect_core.experiment.session import open_session

TINY = {
    "name": "tiny",
    "crops": {
        "tight": {"size_px": 32, "margin": 0.0, "template": "expression"},
        "loose": {"size_px": 32, "margin": 0.5, "template": "expression"},
    },
    "sets": {
        "complex6_train": {"humans": {"labels": "complex-6", "images": 12, "seed": 1}},
        "complex6_validation": {"humans": {"labels": "complex-6", "images": 6, "seed": 2}},
        "robots_unseen": {"robots": {"heads": 2, "images_per_head": 6, "seed": 3}},
        "people": {"humans": {"labels": "complex-5", "images": 10, "seed": 4}},
        "shortcut_correlated": {"shortcut": {"people": "people", "assignment": "correlated"}},
        "shortcut_shuffled": {"shortcut": {"people": "people", "assignment": "shuffled"}},
        "shortcut_plain": {"shortcut": {"people": "people", "assignment": "plain"}},
        "basic5_test": {"humans": {"labels": "basic-8", "images": 8, "seed": 5}},
    },
    "tests": [
        {"name": "robots_unseen", "set": "robots_unseen"},
        {
            "name": "basic5_test",
            "set": "basic5_test",
            "label_map": "affectnet_to_complex",
            "keep": "complex-5",
        },
        *(
            {"name": f"shortcut_{name}", "set": f"shortcut_{name}", "kind": "shortcut"}
            for name in ("correlated", "shuffled", "plain")
        ),
    ],
    "training": {
        "architecture": "amal",
        "options": {"trunk": "resnet18"},
        "weights_dtype": "float16",
        "optimiser": {"epochs": 1, "batch_size": 4, "precision": "32-true", "schedule": "one_cycle"},
    },
    "models": {"one": {}, "other": {"optimiser": {"learning_rate": 0.01}}},
    "stages": {
        "A": {
            "seeds": [0, 1],
            "train": ["complex6_train"],
            "validation": ["complex6_validation"],
            "tests": ["robots_unseen", "basic5_test"],
            "note": "from scratch",
        },
        "B": {
            "after": "A",
            "train": [{"set": "complex6_train", "limit": 6}, "complex6_train"],
            "validation": ["complex6_validation"],
            "tests": [
                "robots_unseen",
                "shortcut_correlated",
                "shortcut_shuffled",
                "shortcut_plain",
            ],
            "models": ["one"],
            "note": "from A",
        },
    },
}


@pytest.fixture(scope="session")
def tiny_experiment(tmp_path_factory):
    """The file of the tiny experiment, and the session that did all of it: (file, session, outcome)."""
    folder = tmp_path_factory.mktemp("experiment")
    file = folder / "tiny.yaml"
    file.write_text(yaml.safe_dump(TINY, sort_keys=False))
    session = reopen(file, folder)
    return file, session, session.work(session.wanted)


def reopen(file: Path, folder: Path):
    (folder / "models").mkdir(exist_ok=True)
    return open_session(file, output=folder / "out", models=folder / "models", stand_in=True)
