"""responder_node: estimates in, commands out, and nothing else that it listens to."""

import math
from pathlib import Path

import pytest

from affect_core.labels import COMPLEX_6
from affect_hri.graph import GraphError, load_scenario
from affect_hri_interfaces.msg import EmotionEstimate, EmotionEstimateArray, ExpressionCommand, HeadStatus

GRAPH = Path(__file__).resolve().parents[2] / "config" / "graph.yaml"


@pytest.fixture
def watch(peer):
    """Publishes estimates of one label, a second apart by their stamps; no more at once than the queue holds."""
    publisher = peer.speak("emotions", EmotionEstimateArray)
    frame = 0

    def show(label, frames):
        nonlocal frame
        for _ in range(frames):
            message = EmotionEstimateArray()
            message.header.stamp.sec = frame
            message.estimates = [estimate(label)] if label else []
            publisher.publish(message)
            frame += 1

    return show


def estimate(label):
    probabilities = [0.9 if name == label else 0.02 for name in COMPLEX_6]
    return EmotionEstimate(
        face_id="f00001",
        label=label,
        confidence=0.9,
        labels=list(COMPLEX_6),
        probabilities=probabilities,
        logits=[math.log(p) for p in probabilities],
        valence=math.nan,
        arousal=math.nan,
        dominance=math.nan,
        intensity=math.nan,
    )


@pytest.fixture
def answers(bench, peer, node_class, request):
    """What the node answers; its strategy comes with the test."""
    commands = peer.hear("head/command", ExpressionCommand)
    with bench.running(node_class("responder"), peer.namespace, strategy=request.param):
        peer.until_status("responder", "OK", f"answering: {request.param}")
        yield commands


@pytest.mark.parametrize(
    ("answers", "expression", "intensity"),
    [("mirror", "frustration", 0.6), ("empathic", "sad", 0.5)],
    indirect=["answers"],
)
def test_answers_the_person(answers, watch, wait_until, expression, intensity):
    watch("frustration", 2)
    command = wait_until(lambda: answers and answers[0], "the answer")
    assert command.expression == expression
    assert command.intensity == pytest.approx(intensity)
    assert math.isnan(command.onset), "as in the table"
    assert command.header.stamp.sec > 0, "now, not the frame's time"
    watch(None, 4)
    wait_until(lambda: len(answers) == 2, "neutral when nobody is there")
    assert (answers[1].expression, answers[1].intensity) == ("neutral", 1.0)


@pytest.mark.parametrize("answers", ["none", "mirror"], indirect=True)
def test_neutral_and_nobody_are_no_reason(answers, watch, peer, wait_until):
    watch("neutral", 2)
    watch(None, 2)
    bad = EmotionEstimateArray(estimates=[estimate("boredom")])
    bad.estimates[0].probabilities = [0.5]
    peer.speak("emotions", EmotionEstimateArray).publish(bad)
    peer.until_status("responder", "WARN", "input skipped")  # hence everything before has been read
    assert answers == []


@pytest.mark.parametrize("answers", ["mirror"], indirect=True)
def test_listens_to_nothing_but_emotions(answers, peer):
    heard = peer.node.get_subscriber_names_and_types_by_node("responder", f"/{peer.namespace}")
    own = [name for name, _ in heard if name.startswith(f"/{peer.namespace}/")]
    assert own == [f"/{peer.namespace}/emotions"]


def is_heard(node, topic):
    """Whether a subscription is matched with the node's publisher: a command that nobody hears is lost."""
    return any(p.topic.endswith(topic) and p.get_subscription_count() for p in node.publishers)


def test_the_head_follows(bench, peer, node_class, watch_later, wait_until):
    statuses = peer.hear("head/status", HeadStatus, latched=True)
    with (
        bench.running(node_class("ohbot"), peer.namespace, head="none"),
        bench.running(node_class("responder"), peer.namespace) as responder,
    ):
        shows = watch_later()
        wait_until(lambda: is_heard(responder, "head/command"), "the head to listen")
        shows("skepticism", 2)
        wait_until(
            lambda: any(s.state == HeadStatus.READY and s.expression == "skepticism" for s in statuses),
            "the head to mirror the person",
        )


@pytest.fixture
def watch_later(request):
    return lambda: request.getfixturevalue("watch")


# --- the live scenario ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "nodes"),
    [
        ({}, ["camera", "face", "emotion", "attribution", "overlay"]),
        (
            {"responder": "mirror", "head": "screen"},
            ["camera", "ohbot", "responder", "face", "emotion", "attribution", "overlay"],
        ),
        (
            {"responder": "empathic", "head": "none"},
            ["camera", "responder", "face", "emotion", "attribution", "overlay"],
        ),
        ({"camera": "avatar"}, ["avatar", "ohbot", "face", "emotion", "attribution", "overlay"]),
        (
            {"camera": "avatar", "responder": "mirror"},
            ["avatar", "ohbot", "responder", "face", "emotion", "attribution", "overlay"],
        ),
    ],
)
def test_who_runs_in_the_live_scenario(given, nodes):
    specs = load_scenario("live", GRAPH).resolve(given)
    assert [spec.name for spec in specs] == nodes
    strategies = [spec.parameters["strategy"] for spec in specs if spec.name == "responder"]
    assert strategies == [given.get("responder")] * ("responder" in nodes)


def test_unknown_responder():
    with pytest.raises(GraphError, match="responder: expected one of none, mirror, empathic, got 'kind'"):
        load_scenario("live", GRAPH).resolve({"responder": "kind"})
