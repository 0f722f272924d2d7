"""Every field of every interface says its unit or frame, and the build knows every interface."""

import importlib
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "affect_hri_interfaces"
FILES = sorted(path for kind in ("msg", "srv", "action") for path in PACKAGE.glob(f"{kind}/*.{kind}"))
# Quantities that mean nothing without a unit, a range or a frame.
QUANTITY = re.compile(r"^float")
UNIT = re.compile(r"\b(ms|s|seconds|radians|pixels?|affine|before softmax|as in the table)\b|0\.\.1|-1\.\.1")


def fields(path):
    """(declaration, comment on its line or on the lines just above) of every field, constants left out."""
    above = ""
    for line in path.read_text().splitlines():
        code, _, comment = (part.strip() for part in line.partition("#"))
        if not code:
            above = f"{above} {comment}".strip() if comment else ""
            continue
        if code != "---" and "=" not in code:
            yield re.sub(r"\s+", " ", code), comment or above
        above = ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_field_has_a_comment(path):
    bare = [code for code, comment in fields(path) if not comment]
    assert not bare, f"{path.name}: fields without a comment"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_quantity_names_its_unit_or_range(path):
    unclear = [
        f"{code}: {comment}"
        for code, comment in fields(path)
        if QUANTITY.match(code) and not UNIT.search(comment)
    ]
    assert not unclear


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_interface_begins_with_what_it_is(path):
    first = path.read_text().splitlines()[0]
    assert re.match(r"# [A-Z].*\w.*[.:]", first), first


def test_the_build_lists_exactly_the_files_there_are():
    listed = re.findall(r"^\s+((?:msg|srv|action)/\w+\.\w+)$", (PACKAGE / "CMakeLists.txt").read_text(), re.M)
    assert sorted(listed) == sorted(str(path.relative_to(PACKAGE)) for path in FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_built_type_has_the_fields_of_its_file(path):
    kind = path.suffix[1:]
    made = getattr(importlib.import_module(f"affect_hri_interfaces.{kind}"), path.stem)
    parts = {"msg": [made], "srv": ["Request", "Response"], "action": ["Goal", "Result", "Feedback"]}[kind]
    types = [part if isinstance(part, type) else getattr(made, part) for part in parts]
    built = [name for item in types for name in item.get_fields_and_field_types()]
    assert built == [code.split()[1] for code, _ in fields(path)]
