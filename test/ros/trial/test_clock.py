"""use_sim_time: a clock that is late, and one that jumps while a trial runs."""

import pytest
from rosgraph_msgs.msg import Clock

from affect_hri import conversions
from affect_hri.nodes.trial import TrialNode
from affect_hri_interfaces.msg import TrialEvent

SECOND_NS = 1_000_000_000
QUICK = {"protocol": "demo", "start_delay_s": 0.0, "head": "none", "use_sim_time": True}


def stamp(message):
    return conversions.from_time(message.header.stamp)


@pytest.fixture
def clock(peer):
    """Set the simulated time, s; for the node of this test alone, whose topic it is."""
    publisher = None

    def tell(second):
        nonlocal publisher
        publisher = publisher or peer.speak("/clock", Clock)
        publisher.publish(Clock(clock=conversions.to_time(round(second * SECOND_NS))))

    return tell


@pytest.mark.parametrize("later", [3700.0, 40.0], ids=["an hour ahead", "back"])
def test_a_jump_ends_the_trial_at_the_time_before_it(bench, peer, chain, clock, tmp_path, wait_until, later):
    with bench.running(TrialNode, peer.namespace, **QUICK, output=str(tmp_path)):
        clock(100.0)
        wait_until(lambda: chain.events, "the trial to run")
        told = len(peer.statuses("trial"))
        wait_until(
            lambda: len(peer.statuses("trial")) > told, "real time to pass: a paused simulation is no fault"
        )
        assert chain.over is None
        clock(101.0)
        clock(later)
        end = wait_until(lambda: chain.over, "the abort")
        said = peer.until_status("trial", "ERROR", "aborted: the clock jumped by")
    assert (end.kind, stamp(chain.events[0])) == (TrialEvent.ABORT, 100 * SECOND_NS)
    # No frame of after the jump belongs to the trial.
    assert stamp(end) in (100 * SECOND_NS, 101 * SECOND_NS)
    jump_s = later - stamp(end) / SECOND_NS
    assert end.detail == f"the clock jumped by {jump_s:+.1f} s" and end.detail in said


def test_no_trial_before_there_is_a_clock(bench, peer, chain, tmp_path, wait_until):
    options = {**QUICK, "output": str(tmp_path), "ready_timeout_s": 1.0}
    with bench.running(TrialNode, peer.namespace, **options):
        end = wait_until(lambda: chain.over, "the abort")
    assert end.detail == "not all nodes came up: nobody publishes /clock, and use_sim_time is on"
    assert [event.kind for event in chain.events] == [TrialEvent.ABORT]
