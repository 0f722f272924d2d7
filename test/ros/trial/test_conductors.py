"""Two conductors in one namespace."""

from sensor_msgs.msg import CameraInfo

from affect_core.trial import EventKind
from affect_hri.nodes._managed import NAMESPACE
from affect_hri.nodes.trial import TrialNode
from affect_hri_interfaces.msg import GroundTruth, TrialEvent

QUICK = {"protocol": "short", "start_delay_s": 0.0}
FREE = {**QUICK, "protocol": "free", "camera": "topic", "head": "none"}
LATER = {**FREE, "start_delay_s": 4.0}  # time to hear of the other


class TestTwoConductors:
    """Started by mistake: the one that came later leaves the other's trial alone."""

    def test_the_second_one_gives_way(self, bench, peer, tmp_path, wait_until):
        events = peer.hear("trial/events", TrialEvent, latched=True)
        with bench.running(TrialNode, peer.namespace, **FREE, output=str(tmp_path / "a")) as first:
            peer.until_status("trial", "OK", "conducting")
            wait_until(lambda: events, "the start of the session")
            before = len(events)
            with bench.running(TrialNode, peer.namespace, **LATER, output=str(tmp_path / "b")) as second:
                said = peer.until_status("trial", "ERROR", "another trial_node conducts")
                assert events[0].session in said and "namespace" in said
                wait_until(second.finished.is_set, "its end")
                assert second.exit_code == 2
            assert len(events) == before and not first.finished.is_set()
            assert first.abort() == ""

    def test_of_two_that_begin_together_one_conducts(self, bench, peer, tmp_path, wait_until):
        events = peer.hear("trial/events", TrialEvent, latched=True)
        together = {**FREE, "start_delay_s": 5.0, "output": str(tmp_path)}  # time to hear of each other
        with (
            bench.running(TrialNode, peer.namespace, **together, session="a") as a,
            bench.running(TrialNode, peer.namespace, **together, session="b") as b,
        ):
            wait_until(lambda: a.finished.is_set() or b.finished.is_set(), "one to give way")
            (session, stays), loser = (("b", b), a) if a.finished.is_set() else (("a", a), b)
            assert f"another trial_node conducts {session} in" in str(loser.failure)
            assert loser.exit_code == 2
            wait_until(lambda: events, "the start of the session")
            assert {event.session for event in events} == {session}
            assert not stays.finished.is_set() and stays.abort() == ""

    def test_after_the_end_of_the_other_it_may(self, bench, peer, tmp_path, wait_until):
        events = peer.hear("trial/events", TrialEvent, latched=True)
        with bench.running(TrialNode, peer.namespace, **FREE, output=str(tmp_path / "a")) as first:
            peer.until_status("trial", "OK", "conducting")
            assert first.abort() == ""
            wait_until(lambda: events and events[-1].kind == EventKind.ABORT, "the end of the first")
            with bench.running(TrialNode, peer.namespace, **LATER, output=str(tmp_path / "b")) as second:
                wait_until(lambda: events[-1].kind == EventKind.SESSION_START, "the second to conduct")
                assert second.abort() == ""


def test_a_composed_program_beside_a_trial_publishes_no_frame(
    bench, make_peer, affect_hri, tiny_model, tmp_path, wait_until
):
    """Its cameras wait until its conductor knows that it is alone."""
    peer = make_peer(NAMESPACE)
    heard = {
        name: peer.hear(name, kind)
        for name, kind in (("camera/camera_info", CameraInfo), ("ground_truth", GroundTruth))
    }
    events = peer.hear("trial/events", TrialEvent, latched=True)
    with bench.running(TrialNode, NAMESPACE, **FREE, output=str(tmp_path / "a")) as first:
        wait_until(lambda: events, "the start of the session")
        before = len(events)
        places = ["--model", tiny_model, "--output", tmp_path / "b", "--explain", "none"]
        done = affect_hri("trial", "--protocol", "short", *places)
        assert done.returncode == 2, done.stderr
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("affect-hri: ")]
        assert f"another trial_node conducts {events[0].session} in /{NAMESPACE}" in line
        assert heard == {"camera/camera_info": [], "ground_truth": []}
        assert len(events) == before and first.abort() == ""
    peer.close()
