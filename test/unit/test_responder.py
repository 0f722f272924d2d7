"""What the robot answers, and when. Frames come ten times a second; stamps count from 0."""

from math import nan

import numpy as np
import pytest

from affect_core.errors import ConfigError, UnknownName
from affect_core.heads.expressions import load_expressions
from affect_core.labels import BASIC_8, COMPLEX_6
from affect_core.responder import STRATEGIES, Answer, Responder, ResponderConfig, Timing, load_responder
from affect_core.types import Emotion, EmotionSet

S = 1_000_000_000
LABELS = ("neutral", "happy", "sad")
TIMING = Timing(minimum_confidence=0.5, hysteresis=0.2, hold_s=0.5, cooldown_s=2.0, absence_s=1.0)


def seen(*probabilities: float, face_id: str = "f00001", intensity: float = nan) -> Emotion:
    values = np.array(probabilities, np.float32)
    return Emotion(face_id, LABELS, np.log(values + 1e-6), values, intensity=intensity)


NEUTRAL, HAPPY, SAD = seen(0.8, 0.1, 0.1), seen(0.1, 0.8, 0.1), seen(0.1, 0.1, 0.8)
UNSURE = seen(0.34, 0.33, 0.33)


@pytest.fixture
def responder() -> Responder:
    return Responder(
        ResponderConfig(lambda emotion: Answer(emotion.label, emotion.confidence, emotion.label), TIMING)
    )


@pytest.fixture
def watch(responder):
    """Show it the same faces for a while; the answers as (frame, expression)."""
    frame = 0

    def show(seconds: float, *emotions: Emotion) -> list[tuple[int, str]]:
        nonlocal frame
        answers = []
        for _ in range(round(seconds * 10)):
            answer = responder.update(EmotionSet(frame * S // 10, "camera", emotions))
            if answer is not None:
                answers.append((frame, answer.expression))
            frame += 1
        return answers

    return show


def test_answers_once_after_the_hold(watch):
    assert watch(5.0, HAPPY) == [(5, "happy")]


def test_neutral_is_what_it_starts_with(watch):
    assert watch(5.0, NEUTRAL) == []


def test_a_break_begins_the_hold_anew(watch):
    assert watch(0.4, HAPPY) == []  # frames 0 to 3
    assert watch(0.1, SAD) == []
    assert watch(1.0, HAPPY) == [(10, "happy")]  # seen since frame 5


def test_unsure_counts_as_nothing_seen(watch):
    assert watch(0.4, HAPPY) == []
    assert watch(0.1, UNSURE) == []
    assert watch(1.0, HAPPY) == [(10, "happy")]


def test_cooldown(watch):
    assert watch(0.6, HAPPY) == [(5, "happy")]
    assert watch(3.0, SAD) == [(25, "sad")]  # its hold was over at frame 11


def test_hysteresis(watch):
    assert watch(3.0, HAPPY) == [(5, "happy")]
    assert watch(3.0, seen(0.02, 0.44, 0.54)) == []  # leads by 0.1 only
    assert watch(1.0, seen(0.02, 0.35, 0.63)) == [(65, "sad")]


def test_back_to_neutral_when_nobody_is_there(watch):
    assert watch(3.0, HAPPY) == [(5, "happy")]  # seen last at frame 29
    assert watch(3.0) == [(39, "neutral")]


def test_back_to_neutral_when_nothing_is_sure(watch):
    assert watch(3.0, HAPPY) == [(5, "happy")]
    assert watch(3.0, UNSURE) == [(39, "neutral")]


def test_stays_with_its_person(watch):
    other = seen(0.1, 0.1, 0.8, face_id="f00002")
    assert watch(3.0, HAPPY) == [(5, "happy")]
    assert watch(3.0, other, HAPPY) == []
    assert watch(3.0, other) == [(65, "sad")]


def test_the_hold_is_one_persons(watch):
    assert watch(0.4, HAPPY) == []
    assert watch(1.0, seen(0.1, 0.8, 0.1, face_id="f00002")) == [(9, "happy")]


# --- strategies and their file ----------------------------------------------------------------------------------


def test_strategies():
    assert STRATEGIES.names() == ("empathic", "mirror", "none")
    with pytest.raises(UnknownName, match="unknown responder strategy 'kind'; known: empathic, mirror, none"):
        load_responder("kind")


def emotion_of(label: str, intensity: float = nan) -> Emotion:
    labels = COMPLEX_6 if label in COMPLEX_6 else BASIC_8
    values = np.array([label == name for name in labels], np.float32)
    return Emotion("f00001", labels, values, values, intensity=intensity)


@pytest.mark.parametrize("name", STRATEGIES.names())
@pytest.mark.parametrize("label", sorted({*COMPLEX_6, *BASIC_8}))
def test_shipped_tables_answer_every_label_with_an_expression(name, label):
    answer = load_responder(name).strategy(emotion_of(label))
    if name == "none":
        assert answer is None
        return
    assert answer.expression in load_expressions().names()
    assert 0.0 < answer.intensity <= 1.0
    assert answer.label == label
    if name == "mirror":
        assert answer.expression == label


def test_empathy_never_answers_anger_with_anger():
    assert load_responder("empathic").strategy(emotion_of("anger")).expression == "sad"


@pytest.fixture
def table(tmp_path):
    def write(text: str):
        path = tmp_path / "responder.yaml"
        path.write_text(text)
        return path

    return write


def test_intensity_is_scaled_by_the_persons_where_known(table):
    path = table("strategies: {mirror: {sad: {intensity: 0.8}}}")
    config = load_responder("mirror", path)
    assert config.timing == Timing()
    assert config.strategy(emotion_of("sad", 0.5)) == Answer("sad", pytest.approx(0.4), "sad")
    assert config.strategy(emotion_of("sad")) == Answer("sad", pytest.approx(0.8), "sad")
    assert config.strategy(emotion_of("happy")) is None, "not named"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("strategies: {mirror: {hungry: {}}}", "strategies.mirror: unknown hungry; known: anger"),
        ("strategies: {empathic: {}, mirror: {sad: {expression: hug}}}", "unknown expression 'hug'"),
        ("strategies: {mirror: {sad: {intensity: 1.5}}}", "intensity: expected 0.0 to 1.0, got 1.5"),
        ("strategies: {mirror: {sad: {strength: 1}}}", "unknown key strength; Reply knows"),
        ("strategies: {kind: {}}", "strategies: unknown kind; known: empathic, mirror, none"),
        ("strategies: {mirror: [sad]}", "strategies.mirror: expected a mapping"),
        ("timing: {hold_s: -1}", "hold_s: expected at least 0.0, got -1"),
        ("timings: {}", "unknown timings; known: strategies, timing"),
    ],
)
def test_a_wrong_file_is_refused(table, text, message):
    with pytest.raises(ConfigError, match=message):
        load_responder("mirror", table(text))
