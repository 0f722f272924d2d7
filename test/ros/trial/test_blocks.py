"""Protocols of several blocks: scenes of the virtual camera, and sessions that are resumed."""

import csv

import pytest
from std_srvs.srv import Trigger

from affect_core.trial import Session, frame_stamp_ns
from affect_hri import conversions
from affect_hri.nodes.evaluation import EvaluationNode
from affect_hri.nodes.trial import TrialNode

FPS = 10
QUICK = {"protocol": "short", "start_delay_s": 0.0}


def stamp(message):
    return conversions.from_time(message.header.stamp)


class TestScenes:
    SCENES = "scenes: [{lighting: dim, yaw_deg: 10}, {lighting: side, occlusion: eye}]"

    def test_a_scene_is_applied_before_its_first_frame(self, run, chain, blocks):
        run(protocol=blocks(self.SCENES))
        # Two scenes of 40 frames each; what the protocol leaves open is the run's own.
        assert chain.applied == [(0, "dim", "none"), (40, "side", "eye")]
        assert [(stamp(scene), scene.lighting) for scene in chain.scenes] == [
            (0, "dim"),
            (4_000_000_000, "side"),
        ]
        assert chain.scenes[0].yaw_offset == pytest.approx(0.174533)
        assert len(chain.ticks) == 80

    def test_every_command_and_rest_says_its_scene(self, run, chain, blocks):
        run(protocol=blocks(self.SCENES))
        shown = [conversions.to_truth_event(event) for event in chain.events][1:-1]
        assert [event.scene.lighting for event in shown] == ["dim"] * 8 + ["side"] * 8
        assert {event.scene.yaw_deg for event in shown[:8]} == {10.0}
        session = Session.from_json(chain.events[0].detail)
        assert (session.id, session.lighting, session.occlusion) == ("blocks-seed0", "", "")

    def test_no_time_passes_before_a_scene_is_applied(self, run, chain, blocks):
        chain.applies = False
        end = run(protocol=blocks(self.SCENES), barrier_timeout_s=0.5)
        assert end.detail.endswith("silent node: avatar (did not apply a scene)")
        assert chain.ticks == []

    @pytest.mark.parametrize(
        ("more", "parameters", "message"),
        [
            ("scenes: [{lighting: fog}]", {}, "unknown lighting 'fog'; known: "),
            ("scenes: [{lighting: dim}]", {"camera": "webcam"}, "which only the virtual camera shows"),
            ("consent: May we?", {}, "asks for consent"),
            ("self_timed: true", {}, "is self-timed; expected clock wall, got lockstep"),
        ],
    )
    def test_what_cannot_be_conducted_is_told(self, bench, peer, blocks, more, parameters, message):
        options = {"clock": "lockstep", "protocol": blocks(more), **parameters}
        with bench.running(TrialNode, peer.namespace, **options) as node:
            assert message in peer.until_status("trial", "ERROR", message)
            assert node.failure is not None


class TestResume:
    @pytest.fixture
    def conduct(self, bench, make_peer, make_chain, let_begin, tmp_path, wait_until):
        """A trial with its report; where the chain falls silent the operator ends it."""

        def run(silent_from=None, **parameters):
            namespace = bench.namespace()
            peer = make_peer(namespace)
            chain = make_chain(peer)
            if silent_from is not None:
                chain.silent, chain.silent_from = ("emotion",), silent_from
            options = {"clock": "lockstep", "output": str(tmp_path / "reports")}
            try:
                with (
                    bench.running(EvaluationNode, namespace, samples=False, **options) as evaluation,
                    bench.running(
                        TrialNode, namespace, **QUICK | options | {"wait_for": ["mute"]} | parameters
                    ),
                ):
                    peer.until_status("evaluation", "OK", "collecting")
                    chain.connect(listeners=2)
                    let_begin(peer)
                    if silent_from is not None:
                        wait_until(lambda: len(chain.ticks) > silent_from, "the silence")
                        assert peer.call("trial/abort", Trigger, Trigger.Request()).success
                    wait_until(lambda: evaluation.result, "the report")
            finally:
                peer.close()
            return chain, evaluation.result

        return run

    def test_every_repetition_once(self, conduct, blocks, tmp_path):
        protocol = blocks()
        chain, (folder, summary) = conduct(silent_from=25, protocol=protocol)
        assert chain.over.detail == "aborted by the operator"
        assert sorted(path.name for path in (folder / "progress").glob("block_*")) == [
            "block_00001.json",
            "block_00003.json",
        ]

        chain, (folder, summary) = conduct(protocol=protocol, resume=True)
        assert Session.from_json(chain.events[0].detail).resumed
        # It goes on at the third block, 2 s and 20 frames after the start, from where the head was.
        assert chain.ticks == [frame_stamp_ns(k, FPS) for k in range(20, 40)]
        assert [(stamp(c) // 10**6, c.expression) for c in chain.commands][:3] == [
            (1000, "neutral"),
            (1400, "disapproval"),
            (2000, "neutral"),
        ]
        assert summary["frames"]["published"] == 40
        rows = list(csv.DictReader((folder / "records.csv").open()))
        assert [int(row["stamp_ns"]) for row in rows] == [frame_stamp_ns(k, FPS) for k in range(40)]
        assert [(row["truth"], row["repetition"]) for row in rows[9::10]] == [
            ("confusion", "1"),
            ("disapproval", "1"),
            ("confusion", "2"),
            ("disapproval", "2"),
        ]
        assert not (folder / "progress").exists()

    def test_a_session_of_other_conditions_begins_anew(self, conduct, blocks, tmp_path):
        protocol = blocks()
        conduct(silent_from=25, protocol=protocol, session="s1")
        chain, (folder, summary) = conduct(protocol=protocol, session="s1", participant="p2", resume=True)
        assert len(chain.ticks) == summary["frames"]["published"] == 40
        assert (folder.with_name("s1~1") / "progress").exists()
