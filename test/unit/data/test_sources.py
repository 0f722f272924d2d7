import shutil

import pytest

from affect_core.data.sources import SOURCES, Request
from affect_core.errors import ConfigError
from affect_core.faces.crop import CropSpec

SPEC, LABELS = CropSpec(32, 0.0), ("neutral", "boredom")


@pytest.fixture
def request_to(tmp_path):
    return Request(SPEC, LABELS, tmp_path / "work", roots=(tmp_path / "nowhere", tmp_path))


def load(request, **settings):
    return SOURCES.build("manifests", settings, request)


def test_sets_are_joined_with_limits_and_repeats(painted_set, request_to):
    painted_set(["neutral", "boredom"] * 6, "many")
    painted_set(["neutral", "boredom"], "few")
    made = load(request_to, paths=[{"path": "many", "limit": 4}, {"path": "few", "repeat": 3}])
    assert made.info["set"].tolist() == ["many"] * 4 + ["few"] * 2
    assert made.info["repeat"].tolist() == [1] * 4 + [3] * 2
    assert made.counts() == {"neutral": 3, "boredom": 3}
    assert made.notes == (
        "many (pictures of people): squares",
        "few (pictures of people): squares",
    )
    assert load(request_to, paths=["many", "few"], limit=6).counts() == {"neutral": 3, "boredom": 3}


def test_a_stand_in_says_so(painted_set, request_to):
    from dataclasses import replace

    from affect_core.data.manifest import save_manifest

    save_manifest(replace(painted_set(["neutral"], "robots"), synthetic=True, stand_in="robots for humans"))
    notes = load(request_to, paths=["robots"]).notes
    assert notes == ("robots (synthetic): squares", "robots stands in: robots for humans")


def test_shared_crops_lie_in_folders_of_their_own(painted_set, tmp_path):
    painted_set(["neutral", "boredom"], "set")
    for margin in (0.0, 0.3):
        request = Request(CropSpec(32, margin), LABELS, tmp_path / "w", tmp_path / "shared", (tmp_path,))
        load(request, paths=["set"])
    assert len(list((tmp_path / "shared").iterdir())) == 2
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"paths": []}, "expected paths"),
        ({"paths": ["absent"]}, "nowhere/absent, .*--root"),
        ({"paths": [{"path": "set", "weight": 2}]}, "unknown key weight"),
        ({"paths": ["set"], "flavour": 1}, "unknown key flavour"),
        ({"paths": [{"path": "set", "repeat": 0}]}, "repeat"),
    ],
)
def test_wrong_settings(painted_set, request_to, settings, message):
    painted_set(["neutral"], "set")
    with pytest.raises(ConfigError, match=message):
        load(request_to, **settings)


def test_a_folder_without_a_manifest(painted_set, request_to, tmp_path):
    manifest = painted_set(["neutral"], "set")
    (manifest.folder / "set.yaml").unlink()
    with pytest.raises(ConfigError, match="generate or import it"):
        load(request_to, paths=["set"])
    shutil.rmtree(manifest.folder)
