import math

import pytest

from affect_core.bench import targets
from affect_core.bench.targets import Target, load_targets, single, versus
from affect_core.errors import ConfigError, UnknownName

NAMES = (
    "closed_loop_fps closed_loop_drops latency_composed_p50_ms latency_composed_p99_ms latency_nodes_p50_ms "
    "latency_nodes_p99_ms face_stage_ratio face_stage_iou amal_ratio lime_ratio gradientshap_ratio attribution_cost "
    "replay_60s_s memory_loop_fps four_faces_fps rss_mb render_ms"
)


def test_every_line_has_a_target_with_a_sentence():
    loaded = load_targets()
    assert list(loaded) == NAMES.split()
    assert all(target.what and target.unit for target in loaded.values())
    assert all(target.bound(kind) > 0 for target in loaded.values() for kind in ("amx", "vnni", "fp32"))


@pytest.mark.parametrize(
    ("name", "processor", "bad", "good"),
    [
        ("closed_loop_fps", "amx", 29.9, 30.0),
        ("closed_loop_drops", "amx", 0.001, 0.0009),
        ("latency_nodes_p99_ms", "fp32", 100.1, 100.0),
        ("amal_ratio", "vnni", 5.9, 6.0),
        ("amal_ratio", "fp32", 1.4, 1.5),
        ("lime_ratio", "amx", 7.9, 8.0),
        ("attribution_cost", "amx", 0.051, 0.05),
        ("memory_loop_fps", "amx", 119.0, 120.0),
        ("memory_loop_fps", "fp32", 39.0, 40.0),
        ("rss_mb", "amx", 1501.0, 1500.0),
    ],
)
def test_bounds(name, processor, bad, good):
    target = load_targets()[name]
    assert not target.met(bad, processor)
    assert target.met(good, processor)
    assert not target.met(math.nan, processor)


def test_lines_by_hand(monkeypatch):
    monkeypatch.setattr(targets, "cpu_class", lambda: "amx")
    line = versus("amal_ratio", 2.0, 15.0, "ms", 60, runtime="quick-bf16")
    assert (line.ratio, line.target, line.met) == (7.5, ">= 6", True)
    assert line.more == {"runtime": "quick-bf16"}
    line = single("rss_mb", 1600.0, 1)
    assert (line.ours, line.other, line.ratio, line.unit, line.met) == (1600.0, None, None, "MB", False)


def test_names_and_targets_that_are_wrong():
    with pytest.raises(UnknownName, match="amal_ratio"):
        single("speed", 1.0, 1)
    for values in ({}, {"at_least": 1, "below": 2}):
        with pytest.raises(ConfigError, match="at_least, at_most, below"):
            Target(**values)
