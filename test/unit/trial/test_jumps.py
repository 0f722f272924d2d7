import pytest

from affect_core.trial.jumps import ClockWatch

START_NS = 100_000_000_000


def watch_steps(*steps: tuple[float, float]) -> list[float]:
    """The answer to every look; steps are of the clock and of real time, s."""
    watch, now_s, real_s, found = ClockWatch(START_NS, 7.0), 0.0, 7.0, []
    for step_s, real_step_s in steps:
        now_s, real_s = now_s + step_s, real_s + real_step_s
        found.append(watch.jump_s(START_NS + round(now_s * 1e9), real_s))
    return found


@pytest.mark.parametrize(
    "step", [(0.01, 0.01), (0.0, 0.01), (1.0, 0.1), (0.002, 0.01), (30.0, 30.0), (-0.2, 0.01)]
)
def test_no_jump(step: tuple[float, float]) -> None:
    """As real time, paused, ten times as fast, slow, after a process stood still, set right by a little."""
    assert watch_steps(step, step, step) == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0, 2.1, -2.1])
def test_jumps(jump_s: float) -> None:
    assert watch_steps((0.01, 0.01), (jump_s, 0.01)) == [0.0, pytest.approx(jump_s)]


def test_the_last_look_is_before_the_jump() -> None:
    watch = ClockWatch(START_NS, 0.0)
    watch.jump_s(START_NS + 10, 0.01)
    watch.jump_s(0, 0.02)
    assert watch.last_ns == START_NS + 10
