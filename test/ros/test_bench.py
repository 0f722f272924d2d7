"""What the benchmark makes of the labels it hears, and one short run of the loop over real DDS."""

import math
import os
import signal
import threading
import time

import numpy as np
import pytest

from affect_core.errors import AffectError
from affect_hri.bench.listener import Heard, Label, Listener
from affect_hri.bench.loop import _latency_lines, closed_loop, cost_line
from affect_hri.bench.memory import moving_heads
from affect_hri.bench.programs import composed, from_memory, one_process_per_node, running
from affect_hri.bench.soak import Window, judge

MS = 1_000_000


def heard(*times_ms, **more):
    """(stamp, arrival) pairs."""
    labels = [Label(arrived * MS, stamp * MS, 1, "torch-fp32") for stamp, arrived in times_ms]
    return Heard(labels=labels, seconds=2.0, **more)


def window(rss_mb=100.0, latency_ms=10.0, gap_s=0.04, dropped=0, labels_per_s=30.0):
    return Window(10.0, labels_per_s, latency_ms, 2 * latency_ms, gap_s, 300, dropped, rss_mb)


def test_rate_and_longest_gap():
    some = heard((0, 10), (100, 130), (200, 215))
    assert some.per_second == 1.5
    assert some.longest_gap_s == pytest.approx(0.12)
    assert Heard(seconds=1.0).longest_gap_s == math.inf


def test_latency_lines_join_the_turns():
    p50, p99 = _latency_lines("nodes", [heard((0, 10), (100, 130)), heard((0, 50), (100, 160))])
    assert (p50.name, p50.ours, p50.n, p50.met) == ("latency_nodes_p50_ms", 40.0, 4, True)  # 10, 30, 50, 60
    assert (p99.name, p99.ours) == ("latency_nodes_p99_ms", pytest.approx(59.7))
    assert p50.more == {"min_ms": 10.0, "medians_ms": [20.0, 55.0], "runtime": "torch-fp32"}


def test_the_worse_of_rate_and_latency_is_what_explanations_cost():
    plain = [heard((0, 10), (100, 110)), heard((0, 10), (100, 110))]  # 1 label per second, 10 ms
    line = cost_line([heard((0, 10), (100, 111), maps=3), heard((0, 12), (100, 110), maps=2)], plain)
    assert (line.name, line.unit, line.n) == ("attribution_cost", "share", 4)
    assert line.ours == pytest.approx(0.05)  # 10, 10, 11, 12: median 10.5
    assert line.more["maps"] == 5
    assert (line.more["labels_per_s"], line.more["latency_p50_ms"]) == ([1.0, 1.0], [10.5, 10.0])
    slower = cost_line([heard((0, 10))], [heard((0, 10), (100, 110))])
    assert slower.ours == pytest.approx(0.5)
    assert not slower.met


class TestSoak:
    def test_flat_is_good(self):
        verdict = judge([window()] * 10, hog=False)
        assert verdict.passed
        assert (verdict.labels_per_s, verdict.drops, verdict.longest_gap_s) == (30.0, 0.0, 0.04)
        assert (verdict.rss_growth, verdict.latency_growth) == (0.0, 0.0)

    @pytest.mark.parametrize(
        "last", [{"rss_mb": 110.0}, {"latency_ms": 11.0}, {"dropped": 2}], ids=["memory", "late", "drops"]
    )
    def test_growth_and_drops_are_not(self, last):
        verdict = judge([window()] * 8 + [window(**last)] * 2, hog=False)
        assert not verdict.passed
        expected = {"rss_mb": ("rss_growth", 0.1), "latency_ms": ("latency_growth", 0.1)}
        name, value = expected.get(next(iter(last)), ("drops", 4 / 3000))
        assert getattr(verdict, name) == pytest.approx(value)

    def test_the_warm_up_does_not_count(self):
        assert judge([window(rss_mb=50.0)] * 2 + [window()] * 8, hog=False).passed

    def test_beside_a_busy_core_rate_and_stalls_count(self):
        assert judge([window(labels_per_s=16.0, latency_ms=30.0)] * 5, hog=True).passed
        assert not judge([window(labels_per_s=14.0)] * 5, hog=True).passed
        assert not judge([window()] * 4 + [window(gap_s=0.6)], hog=True).passed


def test_frames_from_memory_show_as_many_heads():
    (one, *_), (four, *_) = moving_heads(1, 1), moving_heads(4, 12)
    assert one.shape == four.shape == (720, 1280, 3)
    quarter = four[:360, :640]
    assert (quarter != four[360:, :640]).any()  # another moment
    assert np.abs(quarter.astype(int).mean() - one.mean()) < 10


def test_every_node_of_the_scenario_is_a_process(tmp_path):
    commands = one_process_per_node(25.0, tmp_path)
    names = {command[0].rsplit("/", 1)[1] for command in commands}
    assert names == {
        "avatar_node",
        "ohbot_node",
        "face_node",
        "emotion_node",
        "attribution_node",
        "overlay_node",
    }
    assert "fps: 25.0" in (tmp_path / "avatar.yaml").read_text()


def test_a_program_that_ends_is_told_with_its_words():
    command = [*composed(30.0)[0], "--nonsense"]
    told = pytest.raises(AffectError, match=r"(?s)expected labels.*No such option")
    with told, Listener() as listener, running([command], listener):
        pytest.fail("it runs")


def test_a_terminated_benchmark_ends_what_it_started(tmp_path):
    told = tmp_path / "pid"
    command = ["sh", "-c", f"echo $$ > {told}; exec sleep 600"]

    def terminate():
        while not (told.exists() and told.read_text()):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), Listener() as listener:
        threading.Thread(target=terminate).start()
        with running([command], listener):
            pytest.fail("labels without a camera")
    assert signal.getsignal(signal.SIGTERM) is before
    with pytest.raises(ProcessLookupError):
        os.kill(int(told.read_text()), 0)


@pytest.mark.long
def test_the_loop_and_the_memory_loop_make_labels():
    with Listener() as listener:
        fps, drops, rss = closed_loop(listener, 5.0)
        with running(from_memory(4), listener):
            four = listener.listen(3.0)
    assert fps.ours > 1
    assert fps.more["runtime"]
    assert 0 <= drops.ours < 1
    assert rss.ours > 50
    assert max(label.faces for label in four.labels) == 4
    assert os.environ["ROS_DOMAIN_ID"]


def test_the_recording_that_is_evaluated(tmp_path):
    from affect_core.evaluation.bags import SessionBag
    from affect_hri.bench.replay import write_bag

    with SessionBag(write_bag(tmp_path / "bag", 2)) as bag:
        frames = list(bag.frames())
        events = bag.events()
        assert bag.flaws == []
    assert [frame.stamp_ns for frame in frames] == [i * 1_000_000_000 // 30 for i in range(60)]
    assert frames[0].image_rgb.shape == (720, 1280, 3)
    assert (frames[0].image_rgb != frames[30].image_rgb).any()
    assert [(event.stamp_ns, event.label) for event in events] == [
        (0, ""),
        (0, "neutral"),
        (2_000_000_000, ""),
    ]
