import json

import pytest

from affect_core.bench import parts
from affect_core.bench.parts import FILE, machine, measure_parts, write_lines
from affect_core.bench.targets import load_targets, single
from affect_core.errors import UnknownName

KEYS = {"name", "ours", "other", "unit", "ratio", "n", "target", "met"}


def test_only_the_parts_asked_for_are_measured(monkeypatch):
    asked = []
    line = single("render_ms", 12.0, 3)

    def fake(name):
        return lambda progress, share: asked.append((name, share)) or progress(f"{name} begins") or [line]

    for name in ("rendering", "emotion", "faces"):
        monkeypatch.setitem(parts.PARTS._builders, name, lambda name=name: fake(name))
    told = []
    assert measure_parts(["faces", "rendering"], told.append, 0.5) == [line, line]
    assert asked == [("faces", 0.5), ("rendering", 0.5)]
    assert told == ["faces", "faces begins", "rendering", "rendering begins"]


def test_an_unknown_part_is_refused_before_anything_is_measured():
    with pytest.raises(UnknownName, match=r"part of the benchmark 'fases'.*emotion, explain, faces"):
        measure_parts(["fases"], lambda text: pytest.fail(text))


def test_the_file_has_the_machine_and_the_lines(tmp_path):
    lines = [single("closed_loop_fps", 29.0, 60), single("closed_loop_drops", 0.0, 60, dropped=0)]
    path = write_lines(lines, tmp_path / "new")
    content = json.loads(path.read_text())
    assert path.name == FILE
    assert content["machine"] == machine()
    assert content["machine"]["class"] in ("amx", "vnni", "fp32")
    assert content["machine"]["versions"]["numpy"] == "1.26.4"
    first, second = content["lines"]
    assert set(first) >= KEYS
    assert (first["ours"], first["other"], first["ratio"], first["n"]) == (29.0, None, None, 60)
    assert (first["target"], first["met"]) == (">= 30", False)
    assert (second["target"], second["met"]) == ("< 0.001", True)


def test_rendering_judges_the_slowest_look():
    from affect_core.bench.rendering import lines

    (line,) = lines(3)
    medians = {look: times["median_ms"] for look, times in line.more["looks"].items()}
    assert line.name in load_targets()
    assert line.ours == pytest.approx(max(medians.values()), abs=0.01)
    assert medians[line.more["look"]] == max(medians.values())
    assert line.more["same_pictures"] is True
