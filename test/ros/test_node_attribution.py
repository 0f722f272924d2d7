"""attribution_node in front of a plain rclpy peer: its maps, its service, and that labels do not wait for it."""

import threading

import numpy as np
import pytest

from affect_core.emotion import EmotionConfig, EmotionStage
from affect_core.explain import ExplainConfig
from affect_core.explain.live import Live
from affect_core.explain.stage import ExplainStage, find_reading
from affect_core.types import Crop, Detection, EmotionSet, Face, FaceSet, Frame
from affect_hri import conversions
from affect_hri.nodes._ports import Handover
from affect_hri.nodes.attribution import AttributionNode
from affect_hri.nodes.emotion import EmotionNode
from affect_hri_interfaces.msg import AttributionArray, EmotionEstimateArray, FaceArray
from affect_hri_interfaces.srv import Explain

SECOND_NS = 1_000_000_000


@pytest.fixture(scope="module")
def astronaut():
    from skimage import data

    return data.astronaut()


@pytest.fixture(scope="module")
def faces_at(astronaut):
    """A face set of as many faces: a part of the photograph, as if it had been cut out of a larger image."""
    landmarks = np.array([[22.0, 26], [42, 26], [32, 36], [24, 46], [40, 46]])
    crop = np.ascontiguousarray(astronaut[60:188:2, 160:288:2])

    def make(stamp_ns, count=1):
        return FaceSet(
            stamp_ns,
            "eye",
            tuple(
                Face(
                    f"f0000{number}",
                    Detection(
                        np.array([100.0 * number, 50, 100 * number + 64, 114]),
                        landmarks + np.array([100, 50]) * [number, 1],
                        0.9,
                    ),
                    Crop(crop, np.array([[1.0, 0, 100 * number], [0, 1.0, 50]])),
                )
                for number in range(1, count + 1)
            ),
            (640, 480),
        )

    return make


@pytest.fixture(scope="module")
def stage(tiny_model):
    return EmotionStage(EmotionConfig(model=str(tiny_model)))


@pytest.fixture
def start(bench, peer, tiny_model, faces_at, stage):
    """`start(**parameters)` -> a context: the node, `show(stamp_ns, count)`, and the inbox of maps."""
    from contextlib import contextmanager

    @contextmanager
    def running(**parameters):
        maps = peer.hear("attributions", AttributionArray)
        with bench.running(
            AttributionNode, peer.namespace, **{"model": str(tiny_model), "method": "saliency", **parameters}
        ) as node:
            peer.until_status("attribution", "OK", "waiting for labelled faces")
            faces, emotions = peer.speak("faces", FaceArray), peer.speak("emotions", EmotionEstimateArray)

            def show(stamp_ns, count=1):
                found = faces_at(stamp_ns, count)
                read = stage.process(found)
                faces.publish(conversions.from_face_set(found))
                emotions.publish(conversions.from_emotion_set(read))
                return found, read

            yield node, show, maps

    return running


def test_the_map_of_a_labelled_face(start, wait_until, tiny_model):
    with start(method="grad_cam") as (_node, show, maps):
        found, read = show(3 * SECOND_NS + 7)
        wait_until(lambda: maps, "a map")
    (message,) = maps
    assert conversions.from_time(message.header.stamp) == 3 * SECOND_NS + 7
    assert (message.header.frame_id, message.model) == ("eye", "tiny")
    assert message.model_sha256 == read.model_sha256
    (attribution,) = message.attributions
    assert attribution.heatmap.header == message.header
    assert (attribution.face_id, attribution.method) == ("f00001", "grad_cam")
    assert attribution.label == read.emotions[0].label
    np.testing.assert_array_equal(attribution.crop_to_image, [1, 0, 100, 0, 1, 50])
    assert list(attribution.regions)[-1] == "background"
    assert sum(attribution.region_shares) == pytest.approx(1.0, abs=1e-5)
    assert 0.0 <= attribution.face_share <= 1.0
    assert 0.0 < attribution.face_area_share < 1.0
    assert attribution.compute_ms > 0
    heatmap = conversions.to_attribution(attribution).heatmap
    expected = ExplainStage(EmotionConfig(model=str(tiny_model)), ExplainConfig(method="grad_cam")).explain(
        find_reading(found, read)
    )
    np.testing.assert_allclose(heatmap, expected.heatmap, atol=1e-5)


def test_pace_turns_and_diagnostics(start, wait_until):
    with start(rate_hz=2.0) as (node, show, maps):
        for number, at_ms in enumerate((0, 100, 500, 900, 1000)):
            show(SECOND_NS + at_ms * 1_000_000, count=2)
            wait_until(
                lambda number=number: len(node._recent._emotions) == number + 1,
                "it to be heard",
            )
            due = 1 + (at_ms >= 500) + (at_ms >= 1000)
            wait_until(lambda due=due: len(maps) == due, f"{due} maps at {at_ms} ms")
        values = {item.key: item.value for item in node.health.status("active").values}
    stamps = [conversions.from_time(message.header.stamp) - SECOND_NS for message in maps]
    assert stamps == [0, 500_000_000, SECOND_NS]
    assert [message.attributions[0].face_id for message in maps] == ["f00001", "f00002", "f00001"]
    assert (values["method"], values["made"], values["cancelled"], values["failed"]) == (
        "saliency",
        "3",
        "0",
        "0",
    )
    assert values["rate_hz"] == "2.00"
    assert float(values["compute_ms"]) >= 0


def test_labels_keep_coming_and_a_vanished_face_cancels(bench, peer, tiny_model, faces_at, wait_until):
    """A LIME of ten thousands of pictures is under way, and every face still gets its label before the first map."""
    labels, maps = peer.hear("emotions", EmotionEstimateArray), peer.hear("attributions", AttributionArray)
    heavy = {"method": "lime", "samples": 200_000, "segments": 8, "budget_ms": 1e7, "rate_hz": 1000.0}
    with (
        bench.running(EmotionNode, peer.namespace, model=str(tiny_model)),
        bench.running(AttributionNode, peer.namespace, model=str(tiny_model), **heavy) as node,
    ):
        peer.until_status("emotion", "OK", "waiting for faces")
        peer.until_status("attribution", "OK", "waiting for labelled faces")
        faces = peer.speak("faces", FaceArray, listeners=2)

        def label(stamp_ns, count):
            faces.publish(conversions.from_face_set(faces_at(stamp_ns, count)))
            wait_until(
                lambda: any(conversions.from_time(m.header.stamp) == stamp_ns for m in list(labels)),
                f"the label of {stamp_ns}",
            )

        label(1, 1)
        wait_until(lambda: node._live._running, "the explanation to begin")
        for stamp_ns in range(2, 22):
            label(stamp_ns, 1)
        assert len(labels) == 21
        assert node._live.counts.made == 0
        label(22, 0)
        wait_until(lambda: node._live.counts.cancelled == 1, "the explanation to be cancelled")
    assert {m.attributions[0].method for m in maps} == {"amal_attention"}


@pytest.fixture
def sums_are_wrong(monkeypatch):
    monkeypatch.setattr("affect_core.explain.checks.sum_error", lambda *_: 0.5)


def test_a_failed_check_is_told_and_the_node_goes_on(start, peer, wait_until, sums_are_wrong):
    with start(method="deep_lift") as (node, show, maps):
        show(SECOND_NS)
        text = peer.until_status("attribution", "WARN", "no map: deep_lift: expected attributions")
        assert "choose another one" in text
        show(2 * SECOND_NS)
        wait_until(lambda: node._live.counts.failed == 2, "the second one to fail as well")
        answer = peer.call("explain", Explain, asking(2 * SECOND_NS, method="saliency"))
    assert answer.success
    assert maps == []


def test_estimates_of_another_model_are_told(start, peer, faces_at, stage):
    with start() as (_node, _show, _maps):
        emotions = peer.speak("emotions", EmotionEstimateArray)
        emotions.publish(conversions.from_emotion_set(EmotionSet(5, "eye", (), "large", "cd" * 32)))
        peer.until_status("attribution", "WARN", "expected estimates of tiny")


def test_beside_the_other_nodes_it_is_called_in_their_threads(
    bench, peer, tiny_model, faces_at, stage, wait_until, monkeypatch
):
    handover, threads = Handover(), set()
    see = Live.see
    monkeypatch.setattr(
        Live, "see", lambda *arguments: threads.add(threading.current_thread()) or see(*arguments)
    )
    maps = peer.hear("attributions", AttributionArray)
    parameters = {"model": str(tiny_model), "method": "saliency"}
    with bench.running(AttributionNode, peer.namespace, handover=handover, **parameters):
        peer.until_status("attribution", "OK", "waiting for labelled faces")
        faces = faces_at(3 * SECOND_NS, 1)
        handover.put("emotions", EmotionSet(5, "eye", (), "large", "cd" * 32))
        peer.until_status("attribution", "WARN", "expected estimates of tiny")
        handover.put("faces", faces)
        handover.put("emotions", stage.process(faces))
        wait_until(lambda: maps, "a map")
        assert threads == {threading.current_thread()}
        answer = peer.call("explain", Explain, asking(3 * SECOND_NS))
    assert answer.success
    assert not handover.has_box("faces")
    assert conversions.from_time(maps[0].header.stamp) == 3 * SECOND_NS


@pytest.mark.parametrize("method", ["lrp", "amal_attention"])
def test_a_method_that_does_not_fit_leaves_the_node_unconfigured(bench, peer, tiny_model, method, wait_until):
    with bench.running(AttributionNode, peer.namespace, model=str(tiny_model), method=method) as node:
        peer.until_status("attribution", "ERROR", method)
        wait_until(lambda: node.failure is not None, "the failure")
        wait_until(lambda: node._state == "unconfigured", "the node to be unconfigured")


def asking(stamp_ns=0, **fields):
    return Explain.Request(stamp=conversions.to_time(stamp_ns), **fields)


@pytest.fixture(scope="class")
def desk(bench, make_peer, tiny_model, faces_at, stage, wait_until):
    """A node that holds two frames of two faces and explains on request only."""
    peer = make_peer(bench.namespace())
    parameters = {"method": "saliency", "rate_hz": 0.0, "held_frames": 2}
    with bench.running(AttributionNode, peer.namespace, model=str(tiny_model), **parameters) as node:
        peer.until_status("attribution", "OK", "waiting for labelled faces")
        faces, emotions = peer.speak("faces", FaceArray), peer.speak("emotions", EmotionEstimateArray)
        for stamp_ns in (SECOND_NS, 2 * SECOND_NS, 3 * SECOND_NS):
            found = faces_at(stamp_ns, 2)
            faces.publish(conversions.from_face_set(found))
            emotions.publish(conversions.from_emotion_set(stage.process(found)))
        wait_until(lambda: list(node._recent._emotions) == [2 * SECOND_NS, 3 * SECOND_NS], "the frames")
        wait_until(lambda: list(node._recent._faces) == [2 * SECOND_NS, 3 * SECOND_NS], "the frames")
        yield node, peer
    peer.close()


class TestService:
    def test_by_stamp(self, desk, stage, faces_at):
        _node, peer = desk
        answer = peer.call("explain", Explain, asking(3 * SECOND_NS))
        read = stage.process(faces_at(3 * SECOND_NS, 2)).emotions[0]
        assert (answer.success, answer.message) == (True, "")
        item = answer.attribution
        assert (item.face_id, item.method, item.label) == ("f00001", "saliency", read.label)
        assert conversions.from_time(item.heatmap.header.stamp) == 3 * SECOND_NS
        assert item.heatmap.header.frame_id == "eye"
        assert sum(item.region_shares) == pytest.approx(1.0, abs=1e-5)
        assert (answer.estimate.face_id, answer.estimate.label) == ("f00001", read.label)
        np.testing.assert_allclose(answer.estimate.probabilities, read.probabilities, atol=1e-6)

    def test_another_face_method_and_label(self, desk, stage, faces_at):
        _node, peer = desk
        top = stage.process(faces_at(2 * SECOND_NS, 2)).emotions[1].label
        other = next(label for label in stage.card.labels if label != top)
        request = asking(2 * SECOND_NS, face_id="f00002", method="occlusion", label=other)
        answer = peer.call("explain", Explain, request)
        assert (answer.attribution.face_id, answer.attribution.method) == ("f00002", "occlusion")
        assert (answer.attribution.label, answer.estimate.label) == (other, top)
        np.testing.assert_array_equal(answer.attribution.crop_to_image, [1, 0, 200, 0, 1, 50])
        assert conversions.to_attribution(answer.attribution).heatmap.min() < 0  # signed

    def test_the_networks_own_attention_on_request(self, desk):
        _node, peer = desk
        answer = peer.call("explain", Explain, asking(2 * SECOND_NS, method="amal_attention"))
        assert (answer.success, answer.attribution.method) == (True, "amal_attention")

    def test_by_image(self, desk, astronaut, tiny_model):
        _node, peer = desk
        image = conversions.from_frame(Frame(astronaut, 9 * SECOND_NS, "mine"))
        answer = peer.call("explain", Explain, asking(image=image))
        assert answer.success, answer.message
        expected = ExplainStage(EmotionConfig(model=str(tiny_model)), ExplainConfig(method="saliency"))
        reading = expected.read(Frame(astronaut, 9 * SECOND_NS, "mine"))
        wanted = expected.explain(reading)
        np.testing.assert_allclose(
            conversions.to_attribution(answer.attribution).heatmap, wanted.heatmap, atol=1e-5
        )
        np.testing.assert_allclose(answer.attribution.crop_to_image, wanted.crop_to_image.ravel())
        assert answer.estimate.label == reading.emotion.label
        assert conversions.from_time(answer.attribution.heatmap.header.stamp) == 9 * SECOND_NS

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"method": "palmistry"}, "unknown explainer 'palmistry'; known: amal_attention, deep_lift"),
            ({"label": "joy"}, "unknown label of tiny 'joy'; known: boredom, confusion"),
            ({"method": "lrp"}, "lrp: tiny has"),
            ({"method": "deep_lift"}, "sum to the logit's difference within 0.05 of it, got an error of 0.5"),
            ({"face_id": "f00009"}, "expected the id of a face in that frame (f00001, f00002), got f00009"),
            (
                {"stamp_ns": SECOND_NS},
                "expected the stamp of a recent frame (2 from 2000000000 to 3000000000 ns)",
            ),
        ],
        ids=["method", "label", "unfit", "check", "face", "stamp"],
    )
    def test_failures_have_their_reason(self, desk, fields, message, sums_are_wrong):
        _node, peer = desk
        answer = peer.call("explain", Explain, asking(**{"stamp_ns": 3 * SECOND_NS, **fields}))
        assert not answer.success
        assert message in answer.message
        assert not answer.attribution.heatmap.data

    def test_images_that_cannot_be_explained(self, desk, astronaut):
        _node, peer = desk
        blank = conversions.from_frame(Frame(np.full((240, 320, 3), 90, np.uint8), 1, "mine"))
        answer = peer.call("explain", Explain, asking(image=blank))
        assert (answer.success, answer.message.split(",")[0]) == (False, "expected a face")
        bad = conversions.from_frame(Frame(astronaut, 1, "mine"))
        bad.encoding = "nonsense"
        answer = peer.call("explain", Explain, asking(image=bad))
        assert "expected a known image encoding, got 'nonsense'" in answer.message

    def test_busy_and_paused(self, desk, wait_until, monkeypatch):
        node, peer = desk
        begun, go = threading.Event(), threading.Event()
        own = ExplainStage.explain

        def slow(self, *arguments, **more):
            begun.set()
            go.wait(60.0)
            return own(self, *arguments, **more)

        monkeypatch.setattr(ExplainStage, "explain", slow)
        client = peer.node.create_client(Explain, "explain")
        wait_until(client.service_is_ready, "the service")
        first = client.call_async(asking(3 * SECOND_NS))
        assert begun.wait(60.0)
        second = peer.call("explain", Explain, asking(3 * SECOND_NS))
        assert (second.success, second.message.split(",")[0]) == (False, "expected one request at a time")
        go.set()
        wait_until(first.done, "the first answer")
        assert first.result().success
        peer.node.destroy_client(client)
        node._stop_worker()  # as at deactivation
        assert "expected an active node" in peer.call("explain", Explain, asking(3 * SECOND_NS)).message
