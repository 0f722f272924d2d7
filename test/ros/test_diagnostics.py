"""What the nodes say on /diagnostics: names, levels, keys, and the file that groups them."""

from pathlib import Path

import pytest
import yaml
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from sensor_msgs.msg import Image

from affect_hri.nodes._barrier import Roll
from affect_hri.nodes._health import STATE, WINDOW_S, Health, status_name

AGGREGATOR = Path(__file__).resolve().parents[2] / "config" / "diagnostics_aggregator.yaml"
# What each node measures, and the facts it tells once it is configured: the table of doc/lifecycle.md, written out.
STREAM = ["rate_hz", "latency_ms", "dropped", "queue_depth"]
KEYS = {
    "attribution": [*STREAM, "model", "method", "device"],
    "avatar": ["rate_hz", "latency_ms"],
    "camera": ["rate_hz", "latency_ms", "dropped", "source", "device"],
    "emotion": [*STREAM, "model", "runtime", "device"],
    "evaluation": ["rate_hz", "latency_ms"],
    "face": [*STREAM, "model", "detector", "device"],
    "humans": [*STREAM, "model"],
    "ohbot": ["rate_hz", "head", "device"],
    "overlay": STREAM,
    "recorder": ["rate_hz", "dropped", "queue_depth"],
    "replay": ["rate_hz"],
    "responder": ["rate_hz"],
    "trial": [],
}
LAST = ["last_error", "last_error_age_s"]


def values_of(status):
    return {item.key: item.value for item in status.values}


@pytest.fixture
def change(peer):
    """A step of a node's lifecycle."""

    def ask(name, transition):
        number = getattr(Transition, f"TRANSITION_{transition}")
        request = ChangeState.Request(transition=Transition(id=number))
        assert peer.call(f"{name}/change_state", ChangeState, request).success

    return ask


@pytest.fixture
def until_state(peer, wait_until):
    """The first report of a node in that state of its lifecycle that was not there before."""

    def wait(name, state):
        def found():
            reports = peer.reports(name)
            return reports[-1] if reports and values_of(reports[-1]).get(STATE) == state else None

        return wait_until(found, lambda: f"{name} to report the state {state}")

    return wait


class TestEveryNode:
    def test_names_levels_and_keys_through_its_life(
        self, bench, peer, node_name, node_class, node_parameters, change, until_state
    ):
        node_type = node_class(node_name)
        with bench.running(node_type, peer.namespace, autostart=False, **node_parameters):
            status = until_state(node_name, "unconfigured")
            assert status.name == f"/social_perception/faces/{peer.namespace}/{node_name}"
            assert (status.level, status.message) == (DiagnosticStatus.STALE, "not configured")
            assert status.hardware_id == "affect_hri"
            measured = list(node_type.measured)
            assert list(values_of(status)) == [STATE, *measured, *LAST]

            change(node_name, "CONFIGURE")
            status = until_state(node_name, "inactive")
            assert (status.level, status.message) == (DiagnosticStatus.OK, "inactive")
            assert list(values_of(status)) == [STATE, *KEYS[node_name], *LAST]

            change(node_name, "ACTIVATE")
            status = until_state(node_name, "active")
            assert status.level == DiagnosticStatus.OK
            assert status.message not in ("", "inactive")
            assert list(values_of(status))[: len(KEYS[node_name]) + 1] == [STATE, *KEYS[node_name]]
            assert list(values_of(status))[-2:] == LAST
            assert values_of(status)["last_error"] == ""

            change(node_name, "DEACTIVATE")
            status = until_state(node_name, "inactive")
            assert (status.level, status.message) == (DiagnosticStatus.OK, "inactive")
            change(node_name, "CLEANUP")
            status = until_state(node_name, "unconfigured")
            assert (status.level, status.message) == (DiagnosticStatus.STALE, "not configured")
            assert list(values_of(status)) == [STATE, *measured, *LAST]

    def test_it_reports_again_without_any_change(self, bench, peer, node_name, node_class, wait_until):
        with bench.running(node_class(node_name), peer.namespace, autostart=False):
            wait_until(lambda: len(peer.statuses(node_name)) >= 2, "two reports")
        assert set(peer.statuses(node_name)) == {(DiagnosticStatus.STALE, "not configured")}


def test_model_device_queue_and_a_last_error_that_stays(bench, peer, node_class, tiny_model, wait_until):
    with bench.running(node_class("face"), peer.namespace, model=str(tiny_model)):
        peer.until_status("face", "OK", "waiting for frames")
        images = peer.speak("camera/image_raw", Image, depth=1)
        images.publish(Image(width=4, height=4, encoding="smell8", step=4, data=bytes(16)))
        peer.until_status("face", "WARN", "input skipped: expected a known image encoding, got 'smell8'")
        images.publish(Image(width=64, height=48, encoding="mono8", step=64, data=bytes(64 * 48)))
        peer.until_status("face", "OK", "running")
        status = wait_until(lambda: peer.reports("face")[-1], "a report")
    values = values_of(status)
    assert status.level == DiagnosticStatus.OK
    assert (values["model"], values["device"], values["queue_depth"]) == ("tiny", "cpu", "1")
    assert "got 'smell8'" in values["last_error"]
    assert int(values["last_error_age_s"]) >= 0


class TestHealth:
    @pytest.fixture
    def clock(self):
        return [100.0]

    @pytest.fixture
    def health(self, clock):
        return Health("/x", ("rate_hz", "latency_ms", "dropped", "queue_depth"), lambda: clock[0])

    @staticmethod
    def values(health):
        return values_of(health.status("active"))

    def test_nothing_done_yet(self, health):
        assert self.values(health) == {
            STATE: "active",
            "rate_hz": "0.0",
            "latency_ms": "nan",
            "dropped": "0",
            "queue_depth": "0",
            "last_error": "",
            "last_error_age_s": "nan",
        }

    def test_rate_and_latency_are_those_of_the_last_seconds(self, health, clock):
        for _ in range(20):  # long ago, slow, late
            clock[0] += 1.0
            health.did(500.0)
        for latency_ms in [10.0, 30.0, 20.0] * 20:
            clock[0] += WINDOW_S / 60
            health.did(latency_ms)
        clock[0] += 0.01
        assert self.values(health)["rate_hz"] == "12.0"
        assert self.values(health)["latency_ms"] == "20.0"
        clock[0] += 2 * WINDOW_S
        assert (self.values(health)["rate_hz"], self.values(health)["latency_ms"]) == ("0.0", "nan")

    def test_a_young_node_is_not_slow(self, health, clock):
        clock[0] += 1.0
        for _ in range(10):
            health.did()
        assert self.values(health)["rate_hz"] == "10.0"
        assert self.values(health)["latency_ms"] == "nan"

    def test_drops_add_up_until_it_begins_anew(self, health):
        health.lost(2)
        health.lost(3)
        assert self.values(health)["dropped"] == "5"
        health.begin()
        assert self.values(health)["dropped"] == "0"

    def test_the_last_error_outlives_recovery(self, health, clock):
        assert health.report(DiagnosticStatus.ERROR, "broken", {})
        clock[0] += 7.0
        assert health.report(DiagnosticStatus.OK, "running", {"faces": 1})
        assert not health.report(DiagnosticStatus.OK, "running", {"faces": 2})
        status = health.status("active")
        assert (status.level, status.message) == (DiagnosticStatus.OK, "running")
        assert values_of(status)["faces"] == "2"
        assert values_of(status)["last_error"] == "broken"
        assert values_of(status)["last_error_age_s"] == "7"


class TestRoll:
    @pytest.mark.parametrize(
        ("state", "up"), [("active", True), ("activating", True), ("inactive", False), (None, True)]
    )
    def test_a_paused_node_is_in_order_and_not_at_work(self, state, up):
        roll = Roll(["/x"])
        values = [KeyValue(key=STATE, value=state)] if state else []
        status = DiagnosticStatus(name="/x", level=DiagnosticStatus.OK, message="inactive", values=values)
        roll.on_diagnostics(DiagnosticArray(status=[status]))
        assert roll.complete == up
        assert roll.missing() == ("" if up else "/x: inactive")


class TestAggregator:
    @pytest.fixture(scope="class")
    def analyzers(self):
        parameters = yaml.safe_load(AGGREGATOR.read_text())["analyzers"]["ros__parameters"]
        return {name: item for name, item in parameters.items() if isinstance(item, dict)}

    @pytest.mark.parametrize("namespace", ["/affect", "/lab/left", "/"])
    def test_every_status_falls_into_one_group(self, analyzers, all_nodes, namespace):
        for node in all_nodes:
            name = status_name(namespace, node)
            groups = [
                key
                for key, item in analyzers.items()
                if any(name.startswith(prefix) for prefix in item["find_and_remove_prefix"])
            ]
            assert groups == ["faces"], name

    def test_its_fields_are_those_of_a_generic_analyzer(self, analyzers):
        known = {"type", "path", "find_and_remove_prefix", "timeout", "discard_stale"}
        for item in analyzers.values():
            assert set(item) <= known
            assert item["type"] == "diagnostic_aggregator/GenericAnalyzer"
            assert isinstance(item["timeout"], float)  # a whole number would be refused as another type
