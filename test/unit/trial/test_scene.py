import pytest

from affect_core.errors import ConfigError, InputError
from affect_core.trial import EventKind, Protocol, TrialScene, load_protocol, schedule
from affect_core.trial.scene import read_scenes

DIM, SIDE = TrialScene("dim", "none"), TrialScene("side", "mouth", yaw_deg=10.0)
TINY = Protocol(
    name="tiny",
    labels=("boredom", "confusion"),
    hold_s=0.6,
    rest_s=0.4,
    lead_in_s=1.0,
    order="fixed",
    fps=10.0,
    scenes=(DIM, SIDE),
)


def test_the_whole_sequence_runs_once_in_each_scene(onsets_s):
    made = schedule(TINY, onsets_s, seed=0)
    # 1.0 + 0.6 + 0.4 + 0.6 = 2.6 s in each scene.
    assert [(event.at_s, event.label, event.scene) for event in made.events] == [
        (0.0, "", None),
        (0.0, "neutral", DIM),
        (1.0, "boredom", DIM),
        (1.6, "neutral", DIM),
        (2.0, "confusion", DIM),
        (2.6, "neutral", SIDE),
        (3.6, "boredom", SIDE),
        (4.2, "neutral", SIDE),
        (4.6, "confusion", SIDE),
        (5.2, "", None),
    ]
    assert [event.index for event in made.events] == list(range(10))
    assert made.blocks == (1, 3, 5, 7)


def test_without_scenes_no_event_has_one(onsets_s):
    protocol = Protocol(name="p", labels=("boredom",))
    assert {event.scene for event in schedule(protocol, onsets_s, 0).events} == {None}


def test_blocks_without_rests_are_the_scenes(onsets_s):
    protocol = Protocol(
        name="p",
        labels=("boredom", "confusion"),
        rest_s=0.0,
        lead_in_s=0.0,
        order="fixed",
        scenes=(DIM, SIDE),
    )
    assert schedule(protocol, onsets_s, 0).blocks == (1, 3)


def test_a_switching_sequence_is_one_block(onsets_s):
    protocol = Protocol(name="p", kind="switching", labels=("boredom", "confusion"), repetitions=3)
    made = schedule(protocol, onsets_s, 0)
    assert made.blocks == (1,)
    assert [made.block_of(index) for index in (0, 1, 5)] == [0, 0, 0]
    assert made.block_start(1).kind is EventKind.SESSION_END


def test_blocks_by_number(onsets_s):
    made = schedule(TINY, onsets_s, 0)
    assert [made.block_of(index) for index in range(10)] == [0, 0, 0, 1, 1, 2, 2, 3, 3, 3]
    assert [made.block_start(block).at_s for block in range(5)] == [0.0, 1.6, 2.6, 4.2, 5.2]
    with pytest.raises(ConfigError, match="expected a block of 0 to 4, got 5"):
        made.block_start(5)


def test_scenes_as_a_list_and_as_a_grid():
    assert read_scenes([{"lighting": "dim", "occlusion": "none"}]) == (DIM,)
    grid = read_scenes({"lighting": ["even", "dim"], "yaw_deg": [0, 15]})
    assert [(scene.lighting, scene.yaw_deg) for scene in grid] == [
        ("even", 0.0),
        ("even", 15.0),
        ("dim", 0.0),
        ("dim", 15.0),
    ]


def test_the_shipped_grid_has_every_combination_once(shipped_protocols):
    scenes = load_protocol("lighting_occlusion").scenes
    assert len(scenes) == len(set(scenes)) == 12
    assert {scene.lighting for scene in scenes} == {"even", "dim", "side"}
    assert {scene.occlusion for scene in scenes} == {"none", "mouth", "eye", "glasses"}


def test_what_a_protocol_leaves_open_is_the_runs_own():
    assert TrialScene(yaw_deg=5.0).filled("side", "eye") == TrialScene("side", "eye", 5.0)
    assert SIDE.filled("even", "eye") == SIDE


def test_json_round_trip():
    assert TrialScene.from_json(SIDE.to_json()) == SIDE
    assert TrialScene.from_json('{"lighting": "dim", "occlusion": "none", "fog": 3}') == DIM
    assert TrialScene.from_json("") is None
    assert TrialScene.from_json("a remark") is None


@pytest.mark.parametrize("text", ['{"lighting": 3}', '{"yaw_deg": 1000}', '{"lighting"'])
def test_what_is_no_scene_is_refused(text):
    with pytest.raises(InputError, match="expected a scene as JSON"):
        TrialScene.from_json(text)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("scenes: dim", "Protocol.scenes: expected a list of mappings"),
        ("scenes: [dim]", "Protocol.scenes: expected a list of mappings"),
        ("scenes: [{light: dim}]", "scene 1: unknown key light; TrialScene knows: lighting"),
        ("scenes: [{yaw_deg: 100}]", "TrialScene.yaw_deg: expected -90 to 90, got 100"),
        ("scenes: [{lighting: dim}, {lighting: dim}]", "a scene appears twice"),
        ("prompts: [Smile., Frown.]", "expected one text for each of 1 labels, got 2"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path, line, message):
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: mine\nlabels: [confusion]\n{line}\n")
    with pytest.raises(ConfigError, match=message):
        load_protocol(path)


def test_prompts_belong_to_labels():
    protocol = Protocol(
        name="p", labels=("boredom", "confusion"), prompts=("Yawn.", "Frown."), rest_prompt="Rest."
    )
    assert [protocol.prompt(label) for label in ("confusion", "boredom", "neutral", "rage")] == [
        "Frown.",
        "Yawn.",
        "Rest.",
        "",
    ]
    assert Protocol(name="p", rest_prompt="Rest.").prompt("neutral") == ""


def test_a_person_gets_time_to_react(onsets_s):
    protocol = Protocol(name="p", labels=("boredom",), reaction_s=1.5)
    assert [event.onset_s for event in schedule(protocol, onsets_s, 0).events] == [0.0, 2.0, 2.3, 0.0]
