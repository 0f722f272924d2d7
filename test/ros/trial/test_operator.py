"""What an operator may do while a trial runs: pause, next, notes, abort."""

import json

from std_msgs.msg import String
from std_srvs.srv import Trigger

from affect_core.trial import Session
from affect_hri import conversions
from affect_hri.nodes.trial import TrialNode
from affect_hri_interfaces.msg import TrialEvent

QUICK = {"protocol": "short", "start_delay_s": 0.0}


def stamp(message):
    return conversions.from_time(message.header.stamp)


class TestOperator:
    def test_a_pause_in_lockstep_shows_its_block_anew(
        self, bench, peer, chain, tmp_path, wait_until, blocks, let_begin
    ):
        chain.silent, chain.silent_from = ("emotion",), 16  # amid the second block
        options = {
            "clock": "lockstep",
            "output": str(tmp_path),
            "protocol": blocks(),
            "barrier_timeout_s": 60.0,
        }
        with bench.running(TrialNode, peer.namespace, **{**QUICK, **options, "wait_for": ["mute"]}):
            chain.connect()
            let_begin(peer)
            wait_until(lambda: len(chain.ticks) > 16, "the silence")
            assert peer.call("trial/pause", Trigger, Trigger.Request()).success
            chain.silent = ()
            chain.answer_last()
            wait_until(lambda: chain.events[-1].label == "" and len(chain.events) > 2, "the pause")
            assert len(chain.ticks) == 17
            assert not peer.call("trial/pause", Trigger, Trigger.Request()).success
            assert peer.call("trial/resume", Trigger, Trigger.Request()).success
            end = wait_until(lambda: chain.over, "the end")
        shown = [(stamp(e) // 10**6, e.kind, e.label, e.index) for e in chain.events]
        assert shown[3:9] == [
            (1000, TrialEvent.REST, "neutral", 3),
            (1400, TrialEvent.COMMAND, "disapproval", 4),
            (1700, TrialEvent.REST, "", 3),
            (1800, TrialEvent.REST, "neutral", 3),
            (2200, TrialEvent.COMMAND, "disapproval", 4),
            (2800, TrialEvent.REST, "neutral", 5),
        ]
        assert json.loads(end.detail) == {"frames": 40 + 7}
        assert chain.ticks == sorted(set(chain.ticks))

    def test_a_pause_on_the_wall_clock(self, bench, peer, chain, tmp_path, wait_until, blocks, plan):
        with bench.running(
            TrialNode, peer.namespace, **{**QUICK, "output": str(tmp_path), "protocol": blocks()}
        ):
            wait_until(lambda: len(chain.events) >= 4, "the second block")
            assert peer.call("trial/pause", Trigger, Trigger.Request()).success
            wait_until(lambda: chain.events[-1].label == "", "the pause")
            first = chain.events[-1].index
            told = len(chain.events)
            told_status = len(peer.statuses("trial"))
            wait_until(lambda: len(peer.statuses("trial")) > told_status + 1, "time to pass")
            assert len(chain.events) == told
            assert peer.call("trial/resume", Trigger, Trigger.Request()).success
            wait_until(lambda: chain.over, "the end")
        after = list(chain.events)[told:]
        assert [e.index for e in after] == list(range(first, 10))
        # From the resumption on the schedule is kept again.
        begun = next(event for event in plan(blocks()).events if event.index == first)
        shift = {
            stamp(e) - event.at_ns for e, event in zip(after, plan(blocks()).events[first:], strict=True)
        }
        assert len(shift) == 1
        assert stamp(after[0]) - begun.at_ns in shift

    def test_self_timed_prompts_wait_for_next(self, bench, peer, chain, tmp_path, wait_until, blocks):
        texts = "self_timed: true\nprompts: [Frown., Shake your head.]\nrest_prompt: Relax.\nconsent: May we?"
        prompts = peer.hear("trial/prompt", String, latched=True)
        options = {"output": str(tmp_path), "protocol": blocks(texts), "consent": "signed", "head": "none"}
        with bench.running(TrialNode, peer.namespace, **QUICK | options):
            for number in range(1, 5):
                wait_until(lambda n=number: len(chain.events) == 1 + 2 * n, f"expression {number}")
                told = len(peer.statuses("trial"))
                wait_until(lambda told=told: len(peer.statuses("trial")) > told, "time to pass")
                assert chain.events[-1].kind == TrialEvent.COMMAND
                assert peer.call("trial/next", Trigger, Trigger.Request()).success
            wait_until(lambda: chain.over, "the end")
        assert chain.over.kind == TrialEvent.SESSION_END
        assert [p.data for p in prompts] == ["Relax.", "Frown.", "Relax.", "Shake your head."] * 2
        assert Session.from_json(chain.events[0].detail).consent_given

    def test_marks_and_notes_where_nothing_is_commanded(self, bench, peer, chain, tmp_path, wait_until):
        options = {
            "output": str(tmp_path),
            "protocol": "free",
            "camera": "video",
            "head": "none",
            "session": "f",
        }
        with bench.running(TrialNode, peer.namespace, **QUICK | options):
            notes = peer.speak("trial/notes", String)
            wait_until(lambda: chain.events, "the trial to run")
            for text in ("confusion", "she looks away", "neutral"):
                notes.publish(String(data=text))
            wait_until(lambda: len(chain.events) == 3, "both marks")
            assert peer.call("trial/abort", Trigger, Trigger.Request()).success
        marks = [(e.kind, e.label) for e in list(chain.events)[1:3]]
        assert marks == [(TrialEvent.COMMAND, "confusion"), (TrialEvent.REST, "neutral")]
        kept = json.loads((tmp_path / "f" / "notes.json").read_text())
        assert [row["text"] for row in kept] == ["confusion", "she looks away", "neutral"]
        assert kept[0]["stamp_ns"] == stamp(chain.events[1])
