"""Durations that `hmm` expects: from recorded trials into a file, and from the file into the filter."""

import numpy as np
import pytest
import yaml
from click.testing import CliRunner

from affect_core.cli import commands
from affect_core.errors import ConfigError, InputError
from affect_core.smoothing import Temporal, TemporalConfig, save_durations, stays_s, with_durations

S = 1_000_000_000
HEAD = "session,stamp_ns,event,truth,p_happy"


@pytest.fixture
def records(tmp_path):
    """Writes records.csv of a trial that shows what it is told, two frames a second."""

    def write(name, shown):
        stamp_ns, lines = 7 * S, [HEAD]
        for event, (label, seconds) in enumerate(shown):
            for _ in range(2 * seconds):
                lines.append(f"{name},{stamp_ns},{event},{label},0.5")
                stamp_ns += S // 2
        path = tmp_path / "reports" / name / "records.csv"
        path.parent.mkdir(parents=True)
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def test_stays_are_from_one_change_to_the_next(records):
    path = records("a", [("neutral", 2), ("boredom", 6), ("neutral", 2), ("confusion", 4)])
    assert stays_s(path) == [2.0, 6.0, 2.0]  # the end of the last one was not seen


def test_the_same_expression_again_goes_on(records):
    path = records("a", [("neutral", 2), ("boredom", 3), ("boredom", 3), ("neutral", 2)])
    assert stays_s(path) == [2.0, 6.0]


def test_a_pause_tells_nothing(records):
    path = records("a", [("neutral", 2), ("boredom", 3), ("", 50), ("neutral", 2), ("boredom", 3)])
    assert stays_s(path) == [2.0, 2.0]


def test_sessions_are_apart(records, tmp_path):
    first = records("a", [("neutral", 2), ("boredom", 3)])
    rest = records("b", [("fear", 4), ("anger", 3)]).read_text().splitlines()[1:]
    first.write_text(first.read_text() + "\n".join(rest) + "\n")
    assert stays_s(first) == [2.0, 4.0]


def test_another_table_is_refused(tmp_path):
    (tmp_path / "records.csv").write_text("stamp_ns,label\n1,2\n")
    with pytest.raises(InputError, match=r"missing \['session', 'event', 'truth'\]"):
        stays_s(tmp_path / "records.csv")


def test_the_command_writes_what_the_filter_reads(records, tmp_path):
    records("a", [("neutral", 2), ("boredom", 6), ("neutral", 2), ("boredom", 6)])  # 2, 6, 2
    records("b", [("neutral", 2), ("boredom", 3), ("neutral", 1)])  # 2, 3
    file = tmp_path / "mine.yaml"
    done = CliRunner().invoke(commands, ["durations", str(tmp_path / "reports"), "--output", str(file)])
    assert done.exit_code == 0, done.output
    # mean 15 / 5 = 3; variance (1 + 9 + 1 + 1 + 0) / 5 = 2.4; shape 9 / 2.4 = 3.75, so 4
    content = yaml.safe_load(file.read_text())
    assert content == {
        "duration_s": 3.0,
        "duration_shape": 4,
        "seen": 5,
        "about": "learnt from 2 recorded trials: a, b",
    }
    read = with_durations(TemporalConfig(smoothing="hmm", durations=str(file), evidence_s=0.5))
    assert (read.duration_s, read.duration_shape, read.evidence_s, read.durations) == (3.0, 4, 0.5, "")


def test_a_folder_without_reports(tmp_path):
    done = CliRunner().invoke(commands, ["durations", str(tmp_path), "--output", str(tmp_path / "x.yaml")])
    assert isinstance(done.exception, InputError) and "records.csv" in str(done.exception)


def test_the_filter_uses_the_file(tmp_path):
    long = save_durations(
        TemporalConfig(duration_s=1000.0, duration_shape=1), 9, "long", tmp_path / "long.yaml"
    )
    frames = [[0.9, 0.1]] + [[0.4, 0.6]] * 12

    def last(**settings):
        temporal = Temporal(TemporalConfig(smoothing="hmm", duration_s=0.2, duration_shape=1, **settings))
        return [temporal.smooth("f", np.array(one), i * S // 10) for i, one in enumerate(frames)][-1]

    assert last()[0] < 0.5 < last(durations=str(long))[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"duration_s": 3.0}, "duration_shape"),
        ({"duration_s": "long", "duration_shape": 2}, "seconds"),
        ({"duration_s": 3.0, "duration_shape": 2.5}, "whole number"),
        ({"duration_s": 3.0, "duration_shape": 99}, "99"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path, content, said):
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(ConfigError, match=said):
        Temporal(TemporalConfig(smoothing="hmm", durations=str(tmp_path / "x.yaml")))


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ConfigError, match="nobody"):
        Temporal(TemporalConfig(smoothing="hmm", durations="nobody"))
