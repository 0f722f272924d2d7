"""The action run_trial: one goal at a time."""

import pytest
from action_msgs.msg import GoalStatus
from action_msgs.srv import CancelGoal
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState

from affect_hri.nodes.trial import TrialNode
from affect_hri_interfaces.action import RunTrial

QUICK = {"protocol": "short", "start_delay_s": 0.0}


class TestAction:
    @pytest.fixture
    def waiting(self, bench, peer, chain, tmp_path):
        options = {"clock": "lockstep", "output": str(tmp_path), "start": "action", **QUICK}
        with bench.running(TrialNode, peer.namespace, **options):
            chain.connect()
            yield

    def test_runs_the_trial_that_is_asked_for(self, waiting, peer, chain, wait_until, plan):
        goal = RunTrial.Goal(protocol="short", seed=5, participant="p1")
        handle, result = peer.act("run_trial", RunTrial, goal)
        assert handle.accepted
        wait_until(result.done, "the result")
        answer = result.result()
        assert answer.status == GoalStatus.STATUS_SUCCEEDED
        assert (answer.result.success, answer.result.message) == (True, "")
        assert answer.result.session == "p1-short-even-seed5"
        wait_until(lambda: len(chain.events) == 6, "all events")
        assert [e.label for e in chain.events] == [e.label for e in plan(seed=5).events]

    def test_an_unknown_protocol_is_aborted_with_the_known_ones(self, waiting, peer, wait_until):
        _handle, result = peer.act("run_trial", RunTrial, RunTrial.Goal(protocol="nonesuch"))
        wait_until(result.done, "the result")
        assert result.result().status == GoalStatus.STATUS_ABORTED
        assert "known: demo, free, human" in result.result().result.message

    def test_one_at_a_time_and_cancel(self, waiting, peer, chain, wait_until):
        chain.silent = ("emotion",)  # so that it lasts
        handle, result = peer.act("run_trial", RunTrial, RunTrial.Goal(protocol="short"))
        wait_until(lambda: chain.ticks, "the trial to run")
        refused, _ = peer.act("run_trial", RunTrial, RunTrial.Goal(protocol="short"))
        assert not refused.accepted
        canceling = handle.cancel_goal_async()
        wait_until(result.done, "the result")
        wait_until(canceling.done, "the cancel to be answered")
        assert canceling.result().return_code == CancelGoal.Response.ERROR_NONE
        assert result.result().status == GoalStatus.STATUS_CANCELED
        assert result.result().result.message == "canceled by the client"
        assert wait_until(lambda: chain.over, "the abort").detail == "canceled by the client"

    def test_deactivation_while_a_goal_is_under_way(self, waiting, peer, chain, wait_until):
        chain.silent = ("emotion",)
        peer.act("run_trial", RunTrial, RunTrial.Goal(protocol="short"))
        wait_until(lambda: chain.ticks, "the trial to run")
        request = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_DEACTIVATE))
        assert peer.call("trial/change_state", ChangeState, request).success
        assert wait_until(lambda: chain.over, "the abort").detail == "interrupted by the operator"
        told = len(peer.statuses("trial"))
        wait_until(lambda: len(peer.statuses("trial")) > told, "the node's next diagnostic")
