"""The page of faults: all of them, and tests that are there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "src" / "affect_hri" / "doc" / "faults.md"
FAULTS = (
    "camera unplugged and back",
    "camera stalls",
    "60 fps into a 30 fps machine",
    "frames of changing size",
    "wrong step",
    "unknown encoding",
    "all black",
    "NaN in a 32FC1",
    "stamp jumps backwards and forwards",
    "20 faces",
    "face of 10 px",
    "a subscriber that never reads",
    "model file swapped while running",
    "NaN logits",
    "a node killed and respawned in the middle of a trial",
    "serial head gone",
    "disk full while recording",
    "clock jumps with use_sim_time",
    "two conductors started by mistake",
    "SIGINT in every phase",
)


def rows() -> dict[str, tuple[str, list[str]]]:
    """Fault -> what happens, tests."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|")][2:]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return {fault: (told, re.findall(r"`([^`]+)`", tests)) for fault, told, tests in cells}


def names_in(file: Path) -> set[str]:
    """The tests of a module, those of a class as Class::test."""
    names = set()
    for node in ast.parse(file.read_text()).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        names |= {f"{prefix}{one.name}" for one in inside if isinstance(one, ast.FunctionDef)}
    return names


def test_every_fault_is_there_once_and_says_what_happens() -> None:
    assert tuple(rows()) == FAULTS
    assert all(told for told, _ in rows().values())


@pytest.mark.parametrize("fault", FAULTS)
def test_its_tests_exist(fault: str) -> None:
    _, tests = rows()[fault]
    assert tests
    for test in tests:
        file, _, name = test.partition("::")
        assert name.rpartition("::")[2].startswith("test_")
        assert (ROOT / file).is_file(), test
        assert name in names_in(ROOT / file), test
