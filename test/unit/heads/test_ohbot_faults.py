"""Every fault ends in a reconnect or a clear status within 3 s of its beginning, never in a hang."""

import time
from contextlib import suppress
from math import radians

import pytest

from affect_core.errors import HeadError
from affect_core.heads.fake_firmware import FAULTS

pytest.importorskip("serial", reason="pyserial is not installed")

DEADLINE_S = 3.0
HARMLESS_AT_START = ("late", "slow_boot", "disappear")  # within the time a board may take to name itself
HARMLESS = ("slow_boot",)  # comes back by itself
VOICELESS = ("silent", "short", "garbage")


def test_the_list_of_faults():
    assert set(FAULTS) == {
        *("silent", "late", "short", "garbage"),
        *("slow_boot", "disappear", "write_error"),
    }


@pytest.mark.parametrize("fault", FAULTS)
def test_at_start(ohbot, fake, fault):
    fake.inject(fault)
    start_s = time.monotonic()
    if fault in HARMLESS_AT_START:
        ohbot()
    else:
        with pytest.raises(HeadError, match=f"{fake.port}") as caught:
            ohbot()
        assert "check the port" in str(caught.value) or "plug it in again" in str(caught.value)
    assert time.monotonic() - start_s < DEADLINE_S


@pytest.mark.parametrize("fault", FAULTS)
def test_while_moving(ohbot, fake, eventually, fault):
    head = ohbot()
    head.command({})
    assert fake.wait_until(lambda board: len(board.attached) == 8)
    step = 0

    def moving_until_noticed() -> bool:
        nonlocal step
        step += 1
        with suppress(HeadError):
            head.command({"head_yaw": radians(step % 20)})
        return bool(head.fault)

    start_s = time.monotonic()
    fake.inject(fault)
    assert eventually(moving_until_noticed, DEADLINE_S - (time.monotonic() - start_s))
    assert "trying again until it is back" in head.fault
    assert not head.present
    if fault in VOICELESS:  # it still obeys: a robot that cannot be trusted is switched off
        assert fake.wait_until(lambda board: not board.attached)
    if fault not in HARMLESS:
        fake.heal()
    assert eventually(lambda: not head.fault, 20.0), "it connects again by itself"
    head.command({"head_yaw": radians(3 / 0.11)})
    assert fake.wait_until(lambda board: len(board.attached) == 8 and board.servos[1].last_target == 144)
    head.close()
    assert fake.wait_until(lambda board: not board.attached)


@pytest.mark.parametrize("fault", FAULTS)
def test_close_during_a_fault(ohbot, fake, eventually, fault):
    head = ohbot()
    head.command({})
    assert fake.wait_until(lambda board: len(board.attached) == 8)
    fake.inject(fault)
    if fault == "disappear":
        head.command({"head_yaw": radians(20)})
        assert eventually(lambda: not fake.port.exists())
    start_s = time.monotonic()
    head.close()
    assert time.monotonic() - start_s < DEADLINE_S
    if fault not in ("disappear", "write_error"):  # these two cannot be told anything
        assert fake.wait_until(lambda board: not board.attached)
