import json
import shutil

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from skimage.data import astronaut

from affect_core.cli import main
from affect_core.data.manifest import Manifest, Record, load_manifest, save_manifest

POINTS = [(120.0 + i % 7, 60.0 + i // 7) for i in range(68)]
HEADER = (
    "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"
)


@pytest.fixture
def call(monkeypatch, capsys):
    """Run `affect-hri ARGUMENTS` as the program does; the lines on stdout."""

    def run(*arguments, code=0):
        monkeypatch.setattr("sys.argv", ["affect-hri", *map(str, arguments)])
        monkeypatch.setattr("affect_core.cli.ensure_overlay", lambda: False)
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        assert ended.value.code == code, output.err
        return output.out.splitlines()

    return run


@pytest.fixture
def tree(tmp_path):
    """AffectNet with one happy face, in a folder of its own."""
    images = tmp_path / "affectnet" / "Manually_Annotated_Images" / "1"
    images.mkdir(parents=True)
    cv2.imwrite(str(images / "a.jpg"), np.ascontiguousarray(astronaut()[:, :, ::-1]))
    text = ";".join(f"{x};{y}" for x, y in POINTS)
    rows = [HEADER, f"1/a.jpg,100,40,100,100,{text},1,0.5,0.5"]
    (tmp_path / "affectnet" / "training.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "affectnet"


def _append(tree, row):
    with (tree / "training.csv").open("a") as stream:
        stream.write(row + "\n")


def test_import_says_what_came_of_it(call, tree, tmp_path):
    lines = call("data", "import", "affectnet_csv", tree, "--output", tmp_path / "set")
    assert lines[-1] == f"{tmp_path / 'set'}: 1 of 1 people imported, 0 left out"
    assert "class            1  happy" in lines
    assert len(load_manifest(tmp_path / "set")) == 1


def test_import_of_a_damaged_copy_is_partial(call, tree, tmp_path):
    _append(tree, "1/gone.jpg,1,1,9,9,1;2,2,0,0")
    lines = call("data", "import", "affectnet_csv", tree, "--output", tmp_path / "set", code=3)
    assert "left out         1  picture missing" in lines
    left_out = json.loads((tmp_path / "set" / "left_out.jsonl").read_text())
    assert left_out["source"] == "training.csv:3"


def test_pictures_that_are_not_for_us_are_no_damage(call, tree, tmp_path):
    _append(tree, "1/a.jpg,1,1,9,9,1;2,9,-2,-2")
    lines = call("data", "import", "affectnet_csv", tree, "--output", tmp_path / "set")
    assert lines[-1].endswith("1 of 2 people imported, 1 left out")


def test_import_of_nothing_is_unreadable_input(call, tree, tmp_path):
    shutil.rmtree(tree / "Manually_Annotated_Images")
    (tree / "Manually_Annotated_Images").mkdir()
    call("data", "import", "affectnet_csv", tree, "--output", tmp_path / "set", code=4)
    call("data", "import", "emotic_mat", tree, "--output", tmp_path / "other", code=4)


def test_usage(call, tree, tmp_path):
    call("data", "import", "ckplus", tree, "--output", tmp_path, code=2)
    call("data", "import", "emotic_mat", tmp_path / "nowhere", "--output", tmp_path, code=2)


def test_check(call, tree, tmp_path):
    folder = tmp_path / "set"
    call("data", "import", "affectnet_csv", tree, "--output", folder, "--labels", "basic-8")
    lines = call("data", "check", folder, "--sheet", tmp_path / "sheet.png", code=3)
    assert lines[-1] == f"{folder}: 1 of 1 pictures readable, 7 faults"  # seven classes are empty
    assert cv2.imread(str(tmp_path / "sheet.png")).shape == (
        18 + 8 * 112,
        90 + 112,
        3,
    )  # one face is all there is


def test_check_of_a_whole_set(call, tree, tmp_path):
    points = ((204.0, 100.0), (247.0, 104.0), (225.0, 129.0), (203.0, 140.0), (246.0, 142.0))
    picture = tree / "Manually_Annotated_Images" / "1" / "a.jpg"
    save_manifest(
        Manifest(tmp_path / "s", "s", ("happy",), (Record(str(picture), "happy", landmarks_xy=points),))
    )
    assert call("data", "check", tmp_path / "s")[-1].endswith("1 of 1 pictures readable, 0 faults")
    picture.rename(tree / "moved.jpg")
    assert call("data", "check", tmp_path / "s", code=4)[-1].endswith("0 of 1 pictures readable, 1 faults")


def test_check_of_what_is_no_set(call, tmp_path):
    call("data", "check", tmp_path, code=4)


def test_help_names_all_kinds():
    from affect_core.cli import commands

    shown = (
        CliRunner().invoke(commands, ["data", "import", "--help"]).output.replace("\n", "").replace(" ", "")
    )
    assert "affectnet_csv|affectnet_npy|ck_plus|ck_plus_48|emotic_csv|emotic_mat|jaffe|kdef" in shown


def test_affect_map_is_a_picture_with_every_expression_in_it(call, tmp_path):
    path = tmp_path / "new" / "map.png"
    assert call("data", "affect-map", path) == [str(path)]
    picture = cv2.imread(str(path))
    assert picture.shape[0] == picture.shape[1] == 864
    assert path.stat().st_size < 200_000
