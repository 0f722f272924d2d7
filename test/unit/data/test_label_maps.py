import pytest

from affect_core.data.label_maps import HRI_EXPRESSIONS, load_label_maps
from affect_core.errors import ConfigError, UnknownName
from affect_core.labels import BASIC_8, COMPLEX_6


@pytest.fixture(scope="module")
def maps():
    return load_label_maps()


@pytest.mark.parametrize(("name", "labels"), [("complex-6_to_hri", COMPLEX_6), ("basic-8_to_hri", BASIC_8)])
def test_ours_to_hri_is_complete(maps, name, labels):
    assert tuple(maps[name].entries) == labels
    assert {entry.label for entry in maps[name].entries.values()} <= {*HRI_EXPRESSIONS, None}


@pytest.mark.parametrize(
    ("name", "label", "target"),
    [
        ("complex-6_to_hri", "confusion", "confused"),
        ("complex-6_to_hri", "skepticism", "skeptical"),
        ("complex-6_to_hri", "boredom", "bored"),
        ("basic-8_to_hri", "fear", "scared"),
        ("basic-8_to_hri", "contempt", None),
        ("emotic_to_complex", "Doubt/Confusion", "confusion"),
        ("emotic_to_complex", "Annoyance", "frustration"),
        ("emotic_to_complex", "Disapproval", "disapproval"),
        ("emotic_to_complex", "Happiness", None),
    ],
)
def test_entries(maps, name, label, target):
    assert maps[name].get(label) == target


def test_only_two_emotic_entries_come_from_the_paper(maps):
    entries = maps["emotic_to_complex"].entries
    assert len(entries) == 26
    assert [label for label, entry in entries.items() if entry.basis == "P0"] == [
        "Annoyance",
        "Doubt/Confusion",
    ]
    assert {entry.label for entry in entries.values() if entry.label} == set(COMPLEX_6) - {"neutral"}


def test_affectnet_is_all_our_reading(maps):
    entries = maps["affectnet_to_complex"].entries
    assert tuple(entries) == BASIC_8
    assert {entry.basis for entry in entries.values()} == {"our reading"}


def test_unknown_label(maps):
    with pytest.raises(UnknownName, match="contempt"):
        maps["basic-8_to_hri"].get("joy")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {source: complex-6, target: hri_msgs/Expression, map: {boredom: weary}}", "'weary'"),
        ("a: {source: complex-6, target: hri_msgs/Expression, map: {joy: happy}}", "'joy'"),
        ("a: {source: x, target: complex-6, map: {b: {to: boredom, basis: gossip}}}", "gossip"),
        ("a: {source: x, map: {}}", "target"),
        ("a: [1]", "expected source, target and map"),
    ],
)
def test_wrong_files(tmp_path, text, message):
    path = tmp_path / "maps.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_label_maps(path)
