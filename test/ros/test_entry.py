"""The executables: every one that is installed starts the node it is named after."""

import configparser
import importlib
from pathlib import Path

import pytest

from affect_hri import entry
from affect_hri.composed import node_class

SETUP = Path(__file__).resolve().parents[2] / "src" / "affect_hri" / "setup.cfg"


def scripts():
    parser = configparser.ConfigParser()
    parser.read(SETUP)
    lines = parser["options.entry_points"]["console_scripts"].split("\n")
    return dict(line.split(" = ") for line in lines if line)


@pytest.mark.parametrize("executable", scripts())
def test_starts_its_node(executable, monkeypatch):
    assert scripts()[executable] == f"affect_hri.entry:{executable}"
    name = executable.removesuffix("_node")
    started = []
    monkeypatch.setattr(f"affect_hri.nodes.{name}.run", lambda node: started.append(node) or 7)
    assert getattr(entry, executable)() == 7
    assert started == [node_class(name)]


def test_an_interrupt_during_the_imports_ends_quietly(monkeypatch):
    def interrupted(_name):
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib, "import_module", interrupted)
    assert entry.face_node() == 0
