import json
import logging

import numpy as np
import pytest

from affect_core.emotion import EmotionConfig, EmotionStage, Output
from affect_core.emotion.base import build_runtime
from affect_core.emotion.runtimes import auto
from affect_core.errors import Unavailable
from affect_core.registry import Registry


class Clock:
    """Stands still but for what runtimes say they take."""

    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s


class Fake:
    """Takes a given time, and is a given amount off."""

    def __init__(self, name, clock, takes_s, off=0.0):
        self.name, self.passes = name, 0
        self._clock, self._takes_s, self._off = clock, takes_s, off

    def forward(self, batch):
        self.passes += 1
        self._clock.now_s += self._takes_s
        return Output(np.array([[self._off, 0.0]], np.float32).repeat(len(batch), axis=0))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def fakes(monkeypatch, own_cache, clock):
    """Registers runtimes from a table ``{(runtime, precision): (time, error)}``; counts what is built."""
    built = []

    def register(table):
        registry = Registry("runtime")
        for runtime in {runtime for runtime, _ in table}:

            def build(card, threads=1, precision="fp32", device="cpu", runtime=runtime):
                if (runtime, precision) not in table:
                    raise Unavailable(f"no {precision}")
                built.append((runtime, precision))
                return Fake(f"{runtime}-{precision}", clock, *table[runtime, precision])

            registry.register(runtime)(build)
        monkeypatch.setattr(auto, "RUNTIMES", registry)
        return built

    return register


def test_the_fastest_wins(fakes, model_folder, clock):
    fakes({("torch", "fp32"): (0.015,), ("quick", "fp32"): (0.008,), ("quick", "bf16"): (0.002,)})
    choice = auto.choose(model_folder(), clock_s=clock)
    assert (choice.runtime, choice.precision) == ("quick", "bf16")
    assert choice.shortest_ms == {"quick-fp32": 8.0, "quick-bf16": 2.0, "torch-fp32": 15.0}
    assert choice.passed_over["torch-bf16"] == "no bf16"


def test_of_equally_fast_ones_the_most_exact_wins(fakes, model_folder, clock):
    fakes({("torch", "fp32"): (0.01,), ("quick", "int8"): (0.0018,), ("quick", "bf16"): (0.002,)})
    choice = auto.choose(model_folder(), clock_s=clock)
    assert choice.precision == "bf16"
    times_s = {("a", "fp32"): 1.3, ("a", "bf16"): 1.2, ("b", "bf16"): 1.1, ("b", "int8"): 1.0}
    assert auto.fastest(times_s) == ("b", "bf16")


def test_what_disagrees_cannot_win(fakes, model_folder, clock, caplog):
    # A logit that is 0.5 off moves a probability of 0.5 by 0.12; int8 may move a single one by that, but not all.
    fakes({("torch", "fp32"): (0.01,), ("quick", "bf16"): (0.001, 0.5), ("quick", "int8"): (0.002, 0.5)})
    choice = auto.choose(model_folder(), clock_s=clock)
    assert (choice.runtime, choice.precision) == ("torch", "fp32")
    assert "disagrees with torch-fp32" in choice.passed_over["quick-bf16"]
    assert "disagrees with torch-fp32" in caplog.text
    assert list(choice.shortest_ms) == ["torch-fp32"]


def test_a_wanted_precision_restricts_the_choice(fakes, model_folder, clock):
    table = {("torch", "fp32"): (0.01,), ("quick", "fp32"): (0.008,), ("quick", "bf16"): (0.001,)}
    fakes(table)
    card = model_folder()
    assert auto.choose(card, precision="fp32", clock_s=clock).runtime == "quick"
    with pytest.raises(Unavailable, match="quick-fp16: no fp16"):
        auto.choose(card, precision="fp16", clock_s=clock)


def test_the_choice_is_remembered(fakes, model_folder, clock, caplog):
    built = fakes({("torch", "fp32"): (0.01,), ("quick", "fp32"): (0.001,)})
    card = model_folder()
    with caplog.at_level(logging.INFO):
        first = auto.choose(card, clock_s=clock)
    assert "runtime auto is quick-fp32 (quick-fp32 1.00 ms, torch-fp32 10.00 ms)" in caplog.text
    count = len(built)
    assert auto.choose(card, clock_s=clock) == first
    assert len(built) == count
    auto.choose(card, threads=2, clock_s=clock)  # other threads, another measurement
    assert len(built) == 2 * count


def test_what_is_remembered_holds_for_one_machine_and_installation(fakes, model_folder, clock, monkeypatch):
    built = fakes({("torch", "fp32"): (0.01,)})
    card = model_folder()
    auto.choose(card, clock_s=clock)
    count = len(built)
    monkeypatch.setattr(auto, "cpu_model", lambda: "another processor")
    auto.choose(card, clock_s=clock)
    monkeypatch.setattr(auto, "installed", lambda package: "another version")
    auto.choose(card, clock_s=clock)
    (card.folder / "int8.json").write_text("{}")
    auto.choose(card, clock_s=clock)
    assert len(built) == 4 * count


def test_a_damaged_memory_is_measured_again(fakes, model_folder, clock, own_cache):
    built = fakes({("torch", "fp32"): (0.01,)})
    card = model_folder()
    auto.choose(card, clock_s=clock)
    (file,) = own_cache.glob("*choice*.json")
    assert json.loads(file.read_text())["runtime"] == "torch"
    file.write_text("{")
    count = len(built)
    auto.choose(card, clock_s=clock)
    assert len(built) == 2 * count


def test_measuring_takes_turns_and_ends(clock):
    slow, quick = Fake("slow", clock, 3.0), Fake("quick", clock, 0.25)
    shortest_s = auto.measure({("s", "fp32"): slow, ("q", "fp32"): quick}, np.zeros(1), clock)
    assert shortest_s == {("s", "fp32"): 3.0, ("q", "fp32"): 0.25}
    assert slow.passes == 2 * 2  # twelve times slower after the warm-up: not measured any further
    assert quick.passes == 2 * (
        2 + 5
    )  # of two one counts; 2 s are over after the fourth turn; the fifth began in time


def test_what_only_disturbs_now_and_then_does_not_count(clock):
    class Disturbed(Fake):
        def forward(self, batch):
            self._takes_s = (
                0.1 if self.passes % 4 == 1 else 0.9
            )  # most passes share the core with another program
            return super().forward(batch)

    disturbed, steady = Disturbed("d", clock, 0.0), Fake("s", clock, 0.15)
    found = auto.measure({("d", "int8"): disturbed, ("s", "bf16"): steady}, np.zeros(1), clock)
    assert found == pytest.approx({("d", "int8"): 0.1, ("s", "bf16"): 0.15})
    assert auto.fastest(found) == ("d", "int8")


def test_nothing_can_run(fakes, model_folder, clock):
    fakes({("quick", "int4"): (1.0,), ("torch", "int4"): (1.0,)})
    with pytest.raises(Unavailable):
        auto.choose(model_folder(), clock_s=clock)


def test_auto_on_this_machine(model_folder, own_cache):
    card = model_folder()
    stage = EmotionStage(EmotionConfig(model=str(card.folder), runtime="auto"))
    remembered = json.loads(next(own_cache.glob("*choice*.json")).read_text())
    assert stage.runtime_name == f"{remembered['runtime']}-{remembered['precision']}"
    assert {"torch-fp32", stage.runtime_name} <= set(remembered["shortest_ms"])
    assert "affect-hri quantise" in remembered["passed_over"]["onnxruntime-int8"]


def test_missing_packages_are_passed_over(model_folder, own_cache, monkeypatch):
    present = {"torch", "numpy"}
    monkeypatch.setattr(
        "affect_core.emotion.runtimes.find_spec", lambda name: object() if name in present else None
    )
    card = model_folder()
    built = build_runtime(EmotionConfig(runtime="auto", precision="fp32"), card)
    assert built.name == "torch-fp32"
