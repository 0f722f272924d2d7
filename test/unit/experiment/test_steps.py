"""The steps: what is skipped, what is taken over, what is left after a failure. The steps here write a file each."""

import subprocess
import sys

import pytest

from affect_core.errors import ConfigError, InputError
from affect_core.experiment.locks import Locks
from affect_core.experiment.steps import Graph, Step, work


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


class Bench:
    """Makes steps that write a file, and remembers what ran."""

    def __init__(self, folder):
        self.folder, self.ran, self.locks = folder, [], Locks(folder / "locks")

    def step(self, name, *needs, fails=False, idle=False):
        def run():
            self.ran.append(name)
            if fails:
                raise InputError("broken")
            if not idle:
                (self.folder / name).touch()

        return Step(name, needs, (self.folder / name).exists, run)

    def work(self, graph, *goals, sleep=None):
        return work(graph, goals, self.locks, sleep or self.no_sleep)

    @staticmethod
    def no_sleep(_seconds):
        pytest.fail("nobody else is working")


def chain(bench):
    return Graph([bench.step("set"), bench.step("train", "set"), bench.step("measure", "train")])


def test_everything_is_done_once_in_order(bench):
    outcome = bench.work(chain(bench), "measure")
    assert bench.ran == ["set", "train", "measure"] == list(outcome.finished)
    assert not outcome.left
    assert not bench.work(chain(bench), "measure").finished


def test_behind_what_is_done_nothing_is_made(bench):
    """The rows are there: neither the weights nor the pictures they came from are made again."""
    (bench.folder / "measure").touch()
    bench.work(chain(bench), "measure")
    assert bench.ran == []


def test_weights_are_made_again_for_a_child_only(bench):
    """A's rows are there, its weights are gone, and B, which goes on from them, is not done."""
    (bench.folder / "measure-A").touch()
    graph = Graph(
        [
            bench.step("train-A"),
            bench.step("measure-A", "train-A"),
            bench.step("train-B", "train-A"),
            bench.step("measure-B", "train-B"),
        ]
    )
    bench.work(graph, "measure-A", "measure-B")
    assert bench.ran == ["train-A", "train-B", "measure-B"]


def test_a_failure_stops_only_what_needs_it(bench):
    graph = Graph(
        [
            bench.step("a", fails=True),
            bench.step("b", "a"),
            bench.step("c"),
        ]
    )
    outcome = bench.work(graph, "b", "c")
    assert bench.ran == ["a", "c"]
    assert outcome.failed == {"a": "broken"}
    assert outcome.left == ("a", "b")


def test_a_step_without_its_result_has_failed(bench):
    outcome = bench.work(Graph([bench.step("a", idle=True)]), "a")
    assert bench.ran == ["a"]
    assert "without its result" in outcome.failed["a"]


def test_an_interrupt_goes_through(bench):
    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.work(Graph([Step("a", (), lambda: False, interrupt)]), "a")
    with bench.locks.hold("a") as mine:
        assert mine


OTHER = """
import sys, time
from pathlib import Path
from affect_core.experiment.locks import Locks
with Locks(Path(sys.argv[1])).hold(sys.argv[2]) as mine:
    print("locked" if mine else "refused", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def other_process(bench):
    """Another process that holds the lock of a step until it is told otherwise."""
    started = []

    def start(name):
        process = subprocess.Popen(
            [sys.executable, "-c", OTHER, str(bench.folder / "locks"), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_what_another_process_does_is_waited_for(bench, other_process):
    process, said = other_process("set")
    assert said == "locked"
    assert bench.locks.holder("set") == process.pid
    naps = []

    def sleep(seconds):
        naps.append(seconds)
        (bench.folder / "set").touch()  # the other one has finished it
        process.communicate("\n")

    bench.work(chain(bench), "measure", sleep=sleep)
    assert bench.ran == ["train", "measure"]
    assert len(naps) == 1


def test_other_work_is_done_meanwhile(bench, other_process):
    process, _ = other_process("a")
    graph = Graph([bench.step("a"), bench.step("b")])
    bench.work(graph, "a", "b", sleep=lambda _: (process.kill(), process.wait()))
    assert bench.ran == ["b", "a"]


def test_the_lock_of_a_dead_process_is_taken_over(bench, other_process):
    process, _ = other_process("set")
    process.kill()
    process.wait()
    assert bench.locks.path("set").read_text().strip() == str(process.pid)  # it could not tidy up
    assert bench.locks.holder("set") is None
    bench.work(chain(bench), "measure")
    assert bench.ran == ["set", "train", "measure"]


def test_a_lock_is_refused_to_a_second_process(bench, other_process):
    with bench.locks.hold("set") as mine:
        assert mine
        assert other_process("set")[1] == "refused"
    assert other_process("set")[1] == "locked"


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ([("a", ()), ("a", ())], "stands twice"),
        ([("a", ("b",))], "not there"),
        ([("a", ("b",)), ("b", ("a",))], "circle"),
    ],
)
def test_a_graph_that_cannot_be_walked_is_refused(bench, steps, problem):
    with pytest.raises(ConfigError, match=problem):
        Graph([bench.step(name, *needs) for name, needs in steps])


def test_patterns_choose_steps(bench):
    graph = Graph([bench.step("train m/A_0"), bench.step("measure m/A_0"), bench.step("measure m/B_0")])
    assert graph.matching(["m/A_*"]) == ("train m/A_0", "measure m/A_0")
    assert graph.matching(["measure *"]) == ("measure m/A_0", "measure m/B_0")
    with pytest.raises(ConfigError, match="no step matches"):
        graph.matching(["m/Z*"])
