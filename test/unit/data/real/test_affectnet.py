from math import isnan

import pytest

from affect_core.data.manifest import load_manifest, to_lines
from affect_core.data.real import RealSetConfig, Reason, import_set
from affect_core.errors import ConfigError, InputError
from affect_core.labels import BASIC_8, COMPLEX_6


@pytest.fixture(scope="module")
def imported(affectnet_csv, tmp_path_factory):
    return import_set("affectnet_csv", affectnet_csv, tmp_path_factory.mktemp("imported"))


def _record(imported, line):
    return next(r for r in imported.manifest.records if r.attributes["source"] == line)


def _reason(imported, line):
    return next(item.reason for item in imported.left_out if item.source == line)


def test_every_row_is_a_record_or_left_out(imported):
    assert [(r.attributes["source"], r.label) for r in imported.manifest.records] == [
        ("training.csv:2", "happy"),
        ("training.csv:3", "contempt"),
        ("training.csv:9", "sad"),
        ("validation.csv:1", "neutral"),
    ]
    assert len(imported.left_out) == 11
    assert imported.manifest.labels == BASIC_8
    assert imported.damaged


def test_landmarks_are_averages_of_the_68(imported):
    # Point i lies at (100 + i, 50 + i / 2): means of 36..41 and 42..47, then 30, 48, 54.
    points = _record(imported, "training.csv:2").landmarks_xy
    assert points == ((138.5, 69.25), (144.5, 72.25), (130.0, 65.0), (148.0, 74.0), (154.0, 77.0))


def test_values_of_a_row(imported):
    record = _record(imported, "training.csv:2")
    assert (record.valence, record.arousal) == (0.5, 0.25)
    assert isnan(record.dominance)
    assert record.box_xyxy == (180.0, 60.0, 270.0, 175.0)
    assert record.image.endswith("/Manually_Annotated_Images/689/face.jpg")
    assert (record.subject, record.attributes["split"]) == ("face", "train")


def test_minus_two_is_unknown(imported):
    record = _record(imported, "training.csv:3")
    assert isnan(record.valence)
    assert isnan(record.arousal)


def test_without_usable_landmarks_the_detector_looks_into_the_box(imported):
    record = _record(imported, "training.csv:9")
    right_eye, left_eye = record.landmarks_xy[:2]
    assert right_eye == pytest.approx((204, 101), abs=6)
    assert left_eye == pytest.approx((247, 104), abs=6)
    assert imported.notes["landmarks not usable"] == 1
    assert imported.notes["landmarks from the detector"] == 1


def test_affect_out_of_range_is_unknown_and_counted(imported):
    record = _record(imported, "training.csv:9")
    assert isnan(record.valence)
    assert record.arousal == 0.25
    assert imported.notes["valence or arousal out of range"] == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("training.csv:4", Reason.NO_EMOTION),
        ("training.csv:5", Reason.NO_EMOTION),
        ("training.csv:6", Reason.UNKNOWN_CLASS),
        ("training.csv:7", Reason.MISSING),
        ("training.csv:8", Reason.CORRUPT),
        ("training.csv:10", Reason.NO_FACE),
        ("training.csv:11", Reason.BOX_OUTSIDE),
        ("training.csv:12", Reason.DUPLICATE),
        ("training.csv:13", Reason.CONTRADICTION),
        ("training.csv:14", Reason.BAD_ROW),
        ("training.csv:15", Reason.BAD_ROW),
    ],
)
def test_left_out_with_the_reason(imported, line, reason):
    assert _reason(imported, line) is reason


def test_what_was_written_is_what_was_returned(imported):
    read = load_manifest(imported.manifest.folder)
    assert [(r.image, r.label, r.landmarks_xy) for r in read.records] == [
        (r.image, r.label, r.landmarks_xy) for r in imported.manifest.records
    ]
    assert not read.synthetic
    assert "non-commercial" in read.licence
    assert len((read.folder / "left_out.jsonl").read_text().splitlines()) == 11


def test_complex_labels_by_the_map(affectnet_csv, tmp_path):
    made = import_set("affectnet_csv", affectnet_csv, tmp_path / "set", RealSetConfig(labels="complex-6"))
    assert made.manifest.labels == COMPLEX_6
    assert [r.label for r in made.manifest.records] == ["skepticism", "boredom", "neutral"]
    assert _reason(made, "training.csv:2") is Reason.NOT_MAPPED  # happy


@pytest.mark.parametrize("pictures", ["relative", "copy"])
def test_where_pictures_are(affectnet_csv, tmp_path, pictures):
    made = import_set("affectnet_csv", affectnet_csv, tmp_path / "set", RealSetConfig(pictures=pictures))
    paths = [made.manifest.image_path(record) for record in made.manifest.records]
    assert all(path.is_file() for path in paths)
    assert not any(record.image.startswith("/") for record in made.manifest.records)
    copies = sorted(path.name for path in (tmp_path / "set").glob("images/*"))
    assert copies == ([f"{i:06d}.jpg" for i in range(4)] if pictures == "copy" else [])


def test_the_layout_of_single_files(affectnet_npy, tmp_path):
    made = import_set("affectnet_npy", affectnet_npy, tmp_path / "set")
    found = {r.attributes["source"]: r for r in made.manifest.records}
    assert list(found) == ["train_set/2", "train_set/10", "train_set/13", "val_set/1"]
    happy, contempt, fear = (found[f"train_set/{stem}"] for stem in (2, 10, 13))
    assert (happy.label, happy.valence, happy.arousal) == ("happy", 0.5, 0.25)
    assert happy.landmarks_xy[0] == (138.5, 69.25)
    assert happy.attributes["split"] == "train"
    assert contempt.label == "contempt"
    assert isnan(contempt.valence)
    assert contempt.landmarks_xy[0] == pytest.approx((204 - 110, 101), abs=6)  # detector: no landmarks file
    assert fear.landmarks_xy == contempt.landmarks_xy  # those in the file lie outside the picture
    assert _reason(made, "train_set/11") is Reason.BAD_ROW
    assert _reason(made, "train_set/12") is Reason.MISSING


def test_an_interrupted_import_goes_on(affectnet_csv, tmp_path, monkeypatch):
    folder = tmp_path / "set"
    whole = import_set("affectnet_csv", affectnet_csv, tmp_path / "whole")
    opened = []
    read = import_set.__globals__["read_picture"]

    def counting(path):
        opened.append(path)
        if len(opened) == 3:
            raise KeyboardInterrupt
        return read(path)

    monkeypatch.setitem(import_set.__globals__, "read_picture", counting)
    with pytest.raises(KeyboardInterrupt):
        import_set("affectnet_csv", affectnet_csv, folder)
    with (folder / "import.jsonl").open("a") as stream:
        stream.write('["cut o')  # the interruption hit a line
    resumed = import_set("affectnet_csv", affectnet_csv, folder)
    assert to_lines(resumed.manifest.records) == to_lines(whole.manifest.records)
    assert resumed.left_out == whole.left_out
    count = len(opened)
    import_set("affectnet_csv", affectnet_csv, folder)
    assert len(opened) == count  # everything is remembered


def test_other_settings_need_another_folder(affectnet_csv, tmp_path):
    import_set("affectnet_csv", affectnet_csv, tmp_path)
    with pytest.raises(ConfigError, match="other settings"):
        import_set("affectnet_csv", affectnet_csv, tmp_path, RealSetConfig(labels="complex-6"))


def test_a_folder_without_the_layout(tmp_path):
    for kind in ("affectnet_csv", "affectnet_npy", "emotic_csv", "emotic_mat"):
        with pytest.raises(InputError, match="found none"):
            import_set(kind, tmp_path, tmp_path / "set")


def test_a_list_without_a_column(tmp_path):
    (tmp_path / "training.csv").write_text("subDirectory_filePath,expression\na.jpg,1\n")
    with pytest.raises(InputError, match="missing face_x"):
        import_set("affectnet_csv", tmp_path, tmp_path / "set")
