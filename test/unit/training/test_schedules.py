from types import SimpleNamespace

import pytest

from affect_core.training.schedules import SCHEDULES, OptimiserConfig, Plateau, Stop


def watch(callback, losses, rate=1.0):
    """The learning rate, and whether it should stop, after each epoch with these validation losses."""
    group = {"lr": rate}
    trainer = SimpleNamespace(optimizers=[SimpleNamespace(param_groups=[group])], should_stop=False)
    seen = []
    for loss in losses:
        trainer.callback_metrics = {"val_loss": loss}
        callback.on_validation_end(trainer, None)
        seen.append((group["lr"], trainer.should_stop))
    return seen


def test_the_rate_falls_to_a_tenth_after_the_patience():
    rates = [rate for rate, _ in watch(Plateau(2), [3, 2, 2, 2, 2, 2, 1])]
    # Better twice, then worse twice: a tenth; worse twice again: a hundredth.
    assert rates == pytest.approx([1, 1, 1, 0.1, 0.1, 0.01, 0.01])


def test_the_training_ends_after_its_patience():
    assert [stop for _, stop in watch(Stop(3), [3, 2, 2, 2, 1, 1, 1, 1])] == [False] * 7 + [True]


@pytest.mark.parametrize("kind", [Plateau, Stop])
def test_the_state_survives_a_checkpoint(kind):
    first = kind(3)
    watch(first, [2, 3, 3])
    second = kind(3)
    second.load_state_dict(first.state_dict())
    assert watch(second, [3, 3], 1.0) == watch(first, [3, 3], 1.0)


def test_p0s_plateau_says_that_it_does_nothing(caplog):
    SCHEDULES["plateau"].callbacks(OptimiserConfig(patience=10, stop=5))
    assert "the learning rate stays as it is" in caplog.text
    caplog.clear()
    kinds = [type(item) for item in SCHEDULES["plateau"].callbacks(OptimiserConfig())]
    assert kinds == [Plateau, Stop]
    assert (OptimiserConfig().patience, OptimiserConfig().stop) == (3, 8)
    assert caplog.text == ""


def test_other_schedules_need_no_callbacks():
    assert SCHEDULES["one_cycle"].callbacks(OptimiserConfig()) == []
    assert SCHEDULES["constant"].callbacks(OptimiserConfig()) == []
