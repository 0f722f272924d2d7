import pytest

from affect_core.errors import ConfigError
from affect_core.labels import COMPLEX_5
from affect_core.trial import load_composition, load_protocol, parts_of, schedule

MINE = """
name: mine
description: two of them
parts:
  - {name: one, use: short, fps: 5}
  - {name: two, use: short, scenes: [{lighting: dim}]}
"""


def test_p0_is_section_5_of_the_paper(shipped_protocols, onsets_s):
    composition = load_composition("p0")
    single, switching = {}, {}
    for part in composition.parts:
        (scene,) = part.protocol.scenes
        into = single if part.protocol.kind == "single_emotion" else switching
        into[scene.lighting, scene.occlusion] = part.protocol
    assert set(single) == {
        ("even", "none"),
        ("dim", "none"),
        ("even", "mouth"),
        ("even", "eye"),
        ("even", "glasses"),
    }
    assert set(switching) == {("even", "none"), ("dim", "none")}
    for protocol in single.values():
        assert (protocol.labels, protocol.repetitions, protocol.hold_s) == (COMPLEX_5, 5, 10.0)
        assert protocol.order == "random"
        assert protocol.rest_s > 0
    assert {protocol.hold_s for protocol in switching.values()} == {2.0}
    frames = [schedule(part.protocol, onsets_s, 0).frame_count() for part in composition.parts]
    assert frames == [3000] * 5 + [520] * 2


def test_a_part_is_a_protocol(shipped_protocols, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(MINE)
    part = load_protocol(f"{path}:one")
    assert (part.name, part.fps, part.labels) == ("mine:one", 5.0, load_protocol("short").labels)
    assert load_protocol(f"{path}:two").scenes[0].lighting == "dim"
    assert load_protocol("p0:mouth").name == "p0:mouth"


def test_whole_or_plain(shipped_protocols):
    assert parts_of("demo") is None
    assert parts_of("p0:mouth") is None
    assert parts_of("p0").name == "p0"
    with pytest.raises(ConfigError, match=r"has parts: expected one of them, such as p0:single_even"):
        load_protocol("p0")
    with pytest.raises(ConfigError, match=r"p0 has no part 'nose'; known: single_even, single_dim, mouth"):
        load_protocol("p0:nose")
    with pytest.raises(ConfigError, match="unknown trials entry 'nope'"):
        load_protocol("nope:part")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: two", "name: one", "part one appears twice"),
        ("name: two", "name: a/b", "expected a name of letters"),
        ("use: short, fps: 5", "use: p0", "has parts itself; expected a plain protocol"),
        ("use: short, fps: 5", "fps: 5", "part one: expected `use: PROTOCOL`, got None"),
        ("fps: 5", "speed: 5", "part one: unknown key speed; Protocol knows: name"),
        ("fps: 5", "fps: 0", "part one: Protocol.fps: expected 1.0 to 240.0, got 0.0"),
        ("description:", "remark:", "unknown key remark; a composition knows: name, description, parts"),
        ("name: mine", "name: ''", "expected a name, got ''"),
    ],
)
def test_a_wrong_composition_says_what_is_wrong(shipped_protocols, tmp_path, old, new, message):
    path = tmp_path / "mine.yaml"
    path.write_text(MINE.replace(old, new, 1))
    with pytest.raises(ConfigError, match=message):
        load_composition(path)
