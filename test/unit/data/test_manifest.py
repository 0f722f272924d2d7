"""The manifest format: round trip, unknown values, lines that cannot be used."""

from math import isnan, nan
from pathlib import Path

import pytest

from affect_core.data.manifest import RECORDS_FILE, Manifest, Record, load_manifest, save_manifest
from affect_core.errors import ConfigError, InputError

FULL = Record(
    image="images/0.jpg",
    label="confusion",
    soft_label={"confusion": 0.75, "neutral": 0.25},
    intensity=0.5,
    valence=-0.25,
    action_units={"AU4": (1.0, 0.5)},
    landmarks_xy=((1.0, 2.0), (3.0, 2.0), (2.0, 3.0), (1.0, 4.0), (3.0, 4.0)),
    box_xyxy=(0.0, 1.0, 4.0, 5.0),
    head_deg=(1.0, -2.0, 0.0),
    lighting="dark",
    subject="s1",
    mask="masks/0.png",
    attributes={"glasses": "none", "skin": 0.5},
)


def _save(folder: Path, *records: Record) -> Manifest:
    manifest = Manifest(
        folder, "tiny", ("neutral", "confusion"), records, settings={"seed": 3, "size": (2, 4)}
    )
    save_manifest(manifest)
    return manifest


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    _save(tmp_path, FULL)
    loaded = load_manifest(tmp_path)
    back = loaded.records[0]
    assert isnan(back.arousal)
    assert {k: v for k, v in vars(back).items() if v == v} == {k: v for k, v in vars(FULL).items() if v == v}
    assert (loaded.name, loaded.labels, loaded.settings) == (
        "tiny",
        ("neutral", "confusion"),
        {"seed": 3, "size": [2, 4]},
    )
    assert loaded.image_path(back) == tmp_path / "images/0.jpg"


def test_what_is_not_known_is_not_written(tmp_path: Path) -> None:
    _save(tmp_path, Record("a.png", intensity=nan))
    assert (tmp_path / RECORDS_FILE).read_text() == '{"image":"a.png"}\n'


@pytest.mark.parametrize(
    "line",
    [
        "{",
        '{"label": "neutral"}',
        '{"image": "a.png", "smile": 1}',
        '{"image": "a.png", "landmarks_xy": [[1, 2]]}',
        '{"image": "a.png", "soft_label": {"neutral": 0.5}}',
        "[1]",
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    _save(tmp_path, Record("a.png"))
    with (tmp_path / RECORDS_FILE).open("a") as file:
        file.write(line + "\n")
    with pytest.raises(InputError, match=rf"{RECORDS_FILE}:2"):
        load_manifest(tmp_path)


def test_a_folder_without_a_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"set\.yaml"):
        load_manifest(tmp_path)


def test_all_classes_of_a_set_that_gives_several_are_kept(tmp_path: Path) -> None:
    _save(tmp_path, Record("a.png", categories=("Peace", "Engagement")))
    assert '"categories":["Peace","Engagement"]' in (tmp_path / RECORDS_FILE).read_text()
    (back,) = load_manifest(tmp_path).records
    assert back.categories == ("Peace", "Engagement")
