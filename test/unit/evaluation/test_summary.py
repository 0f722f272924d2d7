import json
from dataclasses import replace

import pytest

from affect_core.evaluation import (
    Collected,
    FrameCounts,
    FrameRecord,
    TruthEvent,
    installed_versions,
    missing,
    summarise,
    summary_table,
)
from affect_core.evaluation.report import to_json
from affect_core.labels import COMPLEX_6
from affect_core.trial import EventKind, Session

SESSION = Session(
    id="demo-dim-seed7", protocol="demo", seed=7, clock="lockstep", lighting="dim", occlusion="none"
)


@pytest.fixture
def collected(events: list[TruthEvent], records: list[FrameRecord]) -> Collected:
    counts = FrameCounts(rendered=13, published=12, with_face=11, labelled=11, dropped=1)
    return Collected(tuple(events), tuple(records), counts, 25.0, 24.5, "amal", "ab12", "torch")


def test_keys_exactly_and_in_order(collected: Collected) -> None:
    summary = summarise(SESSION, collected)
    assert list(summary) == [
        "session",
        "participant",
        "started_at",
        "versions",
        "hashes",
        "protocol",
        "clock",
        "seed",
        "model",
        "runtime",
        "lighting",
        "occlusion",
        "look",
        "frames",
        "fps",
        "latency_ms",
        "stage_ms",
        "accuracy",
        "accuracy5",
        "per_class",
        "confusion",
        "transition",
        "intervals",
        "repetitions",
        "conditions",
        "calibration",
        "smoothing",
        "smoothers",
        "affect",
        "gaps",
    ]
    inner = {key: list(value) for key, value in summary.items() if isinstance(value, dict)}
    assert inner["frames"] == ["rendered", "published", "with_face", "labelled", "dropped"]
    assert inner["fps"] == ["camera", "labels"]
    assert inner["latency_ms"] == ["p50", "p95", "p99"]
    assert inner["stage_ms"] == ["render", "detect", "track", "infer"]
    assert inner["accuracy"] == [
        "frame",
        "hold",
        "onset",
        "neutral",
        "macro_precision",
        "macro_recall",
        "macro_f1",
    ]
    assert inner["confusion"] == ["labels", "matrix"]
    assert inner["transition"] == ["lag_ms_p50", "missed", "error_share", "flicker_hz"]
    assert inner["per_class"] == list(COMPLEX_6)
    assert all(list(value) == ["precision", "recall", "f1", "n"] for value in summary["per_class"].values())


def test_values_by_hand(collected: Collected) -> None:
    summary = summarise(SESSION, collected, {"numpy": "1"}, {"protocol": "cd"})
    assert (summary["session"], summary["protocol"], summary["seed"]) == ("demo-dim-seed7", "demo", 7)
    assert (summary["participant"], summary["started_at"], summary["lighting"]) == (None, None, "dim")
    assert summary["hashes"] == {"protocol": "cd", "weights": "ab12"}
    assert summary["frames"] == {
        "rendered": 13,
        "published": 12,
        "with_face": 11,
        "labelled": 11,
        "dropped": 1,
    }
    assert summary["accuracy"]["hold"] == pytest.approx(2 / 5)
    assert summary["accuracy5"] == pytest.approx(3 / 5)
    assert summary["transition"] == {
        "lag_ms_p50": -100.0,
        "missed": 0,
        "error_share": pytest.approx(1 / 5),
        "flicker_hz": pytest.approx(5.0),
    }
    # latencies 20, 21, ..., 31
    assert summary["latency_ms"] == pytest.approx({"p50": 25.5, "p95": 30.45, "p99": 30.89})
    assert summary["stage_ms"] == {"render": None, "detect": None, "track": None, "infer": None}
    assert summary["confusion"]["matrix"][1] == [2, 3, 1, 0, 0, 0]


def test_stages_are_medians_of_the_frames_that_ran_them(collected: Collected) -> None:
    times = [30.0, float("nan"), 40.0, 50.0]
    records = tuple(
        replace(record, detect_ms=time) for record, time in zip(collected.records, times, strict=False)
    )
    assert summarise(SESSION, replace(collected, records=records))["stage_ms"]["detect"] == 40.0


def test_json_has_no_nan_and_reads_back(collected: Collected) -> None:
    odd = replace(collected, fps_camera=float("nan"), fps_labels=float("inf"))
    summary = summarise(SESSION, odd)
    assert json.loads(to_json(summary)) == summary
    assert summary["fps"] == {"camera": None, "labels": None}


def test_same_input_same_text(collected: Collected) -> None:
    assert to_json(summarise(SESSION, collected)) == to_json(summarise(SESSION, collected))


def test_a_complete_trial_misses_nothing(collected: Collected) -> None:
    assert missing(summarise(SESSION, collected), collected.events, collected.records) == []


def test_what_is_missing_is_said(events: list[TruthEvent], records: list[FrameRecord]) -> None:
    def notes(seen_events: list[TruthEvent], seen: list[FrameRecord]) -> str:
        result = Collected(tuple(seen_events), tuple(seen), FrameCounts(None, len(seen), 0, 0, 0))
        return " ".join(missing(summarise(SESSION, result), seen_events, seen))

    assert "No ground truth" in notes(events[:1], records)
    assert "nothing was rendered" in notes(events, records)
    assert "no estimate arrived" in notes(events, [])
    assert "No face was read in any frame" in notes(events, [FrameRecord(0, 0)])
    assert "five complex emotions" in notes(events, [FrameRecord(0, 1, ("happy", "sad"), (0.6, 0.4))])
    assert "No latency was measured" in notes(events, [FrameRecord(0, 1, ("happy", "sad"), (0.6, 0.4))])
    assert "aborted" in notes([*events, TruthEvent(1, EventKind.ABORT)], records)


def test_table_by_hand(collected: Collected) -> None:
    rows = dict(summary_table(summarise(SESSION, collected)))
    assert rows["session"] == "demo-dim-seed7"
    assert rows["protocol"] == "demo, dim"
    assert rows["model"] == "amal (torch)"
    assert rows["frames labelled"] == "11 of 12, 1 dropped"
    assert rows["accuracy, held"] == "40.0 %"
    assert rows["accuracy, all commanded frames"] == "42.9 %"
    assert rows["lag after settling, median"] == "-100 ms"
    assert rows["latency p50 / p95"] == "25.5 / 30.4 ms"
    assert rows["expressions never read"] == "0"


def test_table_of_nothing() -> None:
    empty = summarise(Session(id="x", protocol="watch"), Collected((), (), FrameCounts(None, 0, 0, 0, 0)))
    rows = dict(summary_table(empty))
    assert rows["accuracy, held"] == rows["macro F1"] == rows["expressions never read"] == "-"


def test_versions_of_what_is_installed() -> None:
    found = installed_versions("numpy", "no-such-package-anywhere")
    assert list(found) == ["numpy"]
    assert found["numpy"][0].isdigit()
