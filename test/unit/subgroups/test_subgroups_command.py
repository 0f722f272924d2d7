"""`affect-hri subgroups` from end to end, on pictures that take seconds."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from affect_core.commands.subgroups import subgroups
from affect_core.errors import ConfigError, InputError
from affect_core.papers import Request, write_study
from affect_core.subgroups import study
from affect_core.subgroups.study import Wanted, plan, run

LABELS = ("happy", "sad")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, subgroups_tiny):
    """The report of robots that stand in, made by the command itself."""
    place = tmp_path_factory.mktemp("subgroups")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study, "quick", subgroups_tiny)
        arguments = ["--output", str(place), "--quick", "--stand-in", "--workers", "1"]
        result = CliRunner().invoke(subgroups, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    last = result.stdout.splitlines()[-1]
    assert last.startswith("subgroups: planted: transfer loss") and last.endswith(
        f"report {place / 'report.html'}"
    )
    return place


def test_the_report_shows_a_planted_bias_and_a_control(folder):
    summary = json.loads((folder / "summary.json").read_text())
    assert list(summary["trials"]) == ["planted", "control"]
    assert summary["trials"]["planted"]["plant"] == "occlusion"
    assert summary["trials"]["control"]["plant"] == "none"
    assert summary["config"]["architecture"] == "resnet18" and summary["config"]["seed"] == 0
    notes = " ".join(summary["notes"])
    for said in (
        "Synthetic",
        "stand in for humans",
        "resnet18",
        "random weights",
        "Only five landmarks",
        "53.8",
    ):
        assert said in notes, said
    text = (folder / "report.html").read_text()
    for said in ("Was a bias found?", "Planted:", "MI half", "undetermined", "trained on"):
        assert said in text, said


def test_nine_cells_and_36_heatmaps(folder):
    for found in json.loads((folder / "summary.json").read_text())["trials"].values():
        cells = [f"{a}-{b}" for a in ("MI", "A", "B") for b in ("MI", "A", "B")]
        assert set(cells) < set(found["accuracy"]) and len(found["heatmaps"]) == 36
        for cell in cells:
            matrix = np.array(found["confusion"][cell])
            rows = matrix.sum(axis=1, keepdims=True)
            mean = 100.0 * np.mean(np.diag(matrix) / rows[:, 0])
            assert found["accuracy"][cell]["value"] == pytest.approx(mean)
        assert found["tested"] == {"MI": 12, "A": 6, "B": 6}
        # Half of the mixed set is as large as either group's.
        trained = found["trained_on"]
        assert trained["MI half"] == trained["A"] == trained["B"] == trained["MI"] / 2


def test_pictures_and_splits_are_files(folder):
    from PIL import Image

    for name in ("accuracy", "confusion", "bias", "lime", "heatmaps", "differences", "dendrogram"):
        for trial in ("planted", "control"):
            assert min(Image.open(folder / f"{trial}_{name}.png").size) > 200
    rows = (folder / "control_faces.csv").read_text().splitlines()
    assert rows[0] == "picture,round,group,truth,MI,A,B,MI half" and len(rows) == 13


@pytest.mark.long
def test_an_interrupted_study_goes_on(folder, monkeypatch, subgroups_tiny):
    """What is there is not made again: without the last masks, only these are explained, by no new training."""
    from affect_core.subgroups import explained
    from affect_core.training import crops_only

    before = json.loads((folder / "summary.json").read_text())
    masks = sorted((folder / "work" / "control" / "round_0" / "masks").glob("*.npz"))
    assert len(masks) == 36
    for path in masks[-3:]:
        path.unlink()
    counted = []
    own = explained.lime_mask
    monkeypatch.setattr(explained, "lime_mask", lambda *given: counted.append(given) or own(*given))
    monkeypatch.setattr(crops_only, "fit_crops", lambda *_: pytest.fail("trained once more"))
    again = run(Request(folder, quick=True, stand_in=True), config=subgroups_tiny())
    assert len(counted) == 3
    write_study(again, folder)
    after = json.loads((folder / "summary.json").read_text())
    for trials in (before["trials"], after["trials"]):
        for one in trials.values():
            one.pop("seconds")
    assert after["trials"] == before["trials"]


def test_a_folder_of_other_settings_is_refused(folder, subgroups_tiny):
    with pytest.raises(ConfigError, match="other settings"):
        run(Request(folder, quick=True, stand_in=True), config=subgroups_tiny(most=2))


def test_what_is_compared(subgroups_set):
    rows = [("happy", "female", ""), ("sad", "male", "")]
    real, made = subgroups_set(rows), subgroups_set(rows, folder="synthetic", synthetic=True)
    nothing = subgroups_set([("happy", "", "")], folder="plain")

    def names(manifest, wanted):
        return [(trial.name, trial.attribute, trial.plant) for trial in plan(manifest, wanted)]

    gender, coin = ("attribute", "gender", "none"), ("control", "random", "none")
    assert names(real, Wanted()) == names(made, Wanted()) == [gender, coin]
    assert names(real, Wanted(control=False)) == [gender]
    assert names(made, Wanted(plant="rare")) == [("planted", "random", "rare"), coin]
    both = Wanted("gender", plant="labels", control=False)
    assert names(real, both) == [gender, ("planted", "random", "labels")]
    with pytest.raises(
        ConfigError, match=r"the pictures have: face_shape, random.*labels, none, occlusion, rare"
    ):
        plan(nothing, Wanted())
    with pytest.raises(ConfigError, match="unknown plant 'glue'"):
        plan(made, Wanted(plant="glue"))


def test_a_set_of_ones_own_by_gender(subgroups_set, tmp_path, subgroups_tiny):
    rows = [(label, gender, "") for label in LABELS for gender in ("female", "male") for _ in range(5)]
    made = subgroups_set(rows)
    config = subgroups_tiny(labels=LABELS)
    found = run(Request(tmp_path / "out", made.folder), Wanted(control=False), config)
    trial = found.numbers["trials"]["attribute"]
    assert trial["groups"] == {"FE": "female", "MA": "male"}
    assert "FE-MA happy" in trial["heatmaps"] and len(trial["heatmaps"]) == 12
    assert found.headline.startswith("subgroups: attribute: transfer loss")
    with pytest.raises(InputError, match=r"none of fear \(female\)"):
        run(
            Request(tmp_path / "six", made.folder),
            Wanted(control=False),
            subgroups_tiny(labels=(*LABELS, "fear")),
        )
    with pytest.raises(ConfigError, match="no record has it; there are: face_shape, gender, random"):
        run(Request(tmp_path / "age", made.folder), Wanted("age"), config)


def test_without_imagenets_weights_the_report_says_so(monkeypatch, subgroups_tiny):
    def missing(_name):
        raise InputError("no network")

    monkeypatch.setattr(study, "imagenet_weights", missing)
    config, warnings = study._initial(subgroups_tiny(init="imagenet"))
    assert config.init == "random" and "ImageNet's weights" in warnings[0] and "no network" in warnings[0]
    assert study._initial(subgroups_tiny())[1] == ()
