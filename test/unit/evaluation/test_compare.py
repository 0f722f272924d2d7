"""Two trials beside each other, by hand."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from affect_core.commands.compare import compare as command
from affect_core.errors import InputError
from affect_core.evaluation.compare import compare
from affect_core.evaluation.repetitions import repetition_rows


def rows(hits, label="cross", lags=None):
    """One command of ten settled frames each, so many of them right."""
    return [
        {
            "kind": "command",
            "label": label,
            "repetition": index,
            "frames": 10,
            "correct": right,
            "settled": 10,
            "correct_settled": right,
            "correct5": None,
            "lag_ms": None if lags is None else lags[index - 1],
        }
        for index, right in enumerate(hits, 1)
    ]


def trial(*found):
    return {"session": "s", "repetitions": [row for some in found for row in some]}


def by_name(first, second):
    return {one.name: one for one in compare(first, second)}


def test_like_repetitions_are_compared_with_each_other():
    """Every repetition is better by one frame, and they differ among each other by far more than that."""
    hits = [1, 9, 3, 8, 2, 7]
    one = by_name(trial(rows([h + 1 for h in hits])), trial(rows(hits)))["accuracy, held"]
    assert (one.paired, one.n) == (True, (6, 6))
    assert one.difference == pytest.approx(0.1)
    assert (one.lo, one.hi) == (pytest.approx(0.1), pytest.approx(0.1))


def test_others_are_drawn_by_themselves():
    one = by_name(trial(rows([10, 0, 10, 0])), trial(rows([5, 5, 5, 5, 5])))["accuracy, held"]
    assert (one.paired, one.n) == (False, (4, 5))
    assert one.difference == 0.0
    assert (one.lo, one.hi) == pytest.approx((-0.5, 0.5))  # all four the same: 2 in 16 draws


def test_repetitions_without_a_lag_do_not_count_for_it():
    first = trial(rows([10, 10, 10], lags=[100.0, None, 300.0]))
    one = by_name(first, trial(rows([10, 10, 10], lags=[0.0, 0.0, 0.0])))["lag, ms"]
    assert (one.first, one.second, one.n, one.paired) == (200.0, 0.0, (2, 3), False)


def test_measures_that_one_lacks_are_left_out():
    assert set(by_name(trial(rows([1, 2])), trial(rows([1, 2])))) == {
        "accuracy, held",
        "accuracy, all commanded frames",
    }


def test_a_summary_without_repetitions():
    with pytest.raises(InputError, match="that of old without"):
        compare(trial(rows([1, 2])), {"session": "old"})


def test_rows_of_the_trial_of_ten_frames(events, records):
    rest, command_row = repetition_rows(events, records)
    assert (rest["kind"], rest["label"], rest["frames"], rest["correct"]) == ("rest", "neutral", 3, 2)
    assert command_row == {
        "kind": "command",
        "label": "confusion",
        "repetition": 1,
        "frames": 7,
        "correct": 3,
        "settled": 5,
        "correct_settled": 2,
        "correct5": 3,
        "lag_ms": -100.0,
    }


def test_the_command(tmp_path):
    random = np.random.default_rng(0)
    for name, share in (("a", 0.9), ("b", 0.4)):
        (tmp_path / f"{name}.json").write_text(
            json.dumps(trial(rows(random.binomial(10, share, 20).tolist())))
        )
    done = CliRunner().invoke(command, [str(tmp_path / "a.json"), str(tmp_path / "b.json")])
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1] == "compare: 2 of 2 numbers differ"
    assert "20 pairs  differs" in done.stdout
    (tmp_path / "a.json").write_text("{")
    assert isinstance(CliRunner().invoke(command, [str(tmp_path / "a.json")] * 2).exception, InputError)
