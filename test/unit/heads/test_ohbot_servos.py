"""The bytes for the servos, and their order."""

import pytest

from affect_core.heads.motor_definitions import DEFAULT_MOTORS
from affect_core.heads.ohbot_servos import Servos


class Recorder:
    """Keeps what would go to the port."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def taken(self) -> list[bytes]:
        taken, self.sent = self.sent, []
        return taken


@pytest.fixture
def port() -> Recorder:
    return Recorder()


@pytest.fixture
def servos(port) -> Servos:
    return Servos(DEFAULT_MOTORS, port)


SMILE, FROWN = {"TOPLIP": 3, "BOTTOMLIP": 7}, {"TOPLIP": 7, "BOTTOMLIP": 3}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # A smile that turns: top 3 -> 7 opens first (int(99 * 0.3) = 29), then bottom 7 -> 3 closes (69).
        (SMILE, FROWN, b"m04,29,25\nm05,69,25\n"),
        (FROWN, SMILE, b"m05,29,25\nm04,69,25\n"),
        ({"TOPLIP": 5, "BOTTOMLIP": 5}, {"TOPLIP": 7, "BOTTOMLIP": 7}, b"m04,29,25\nm05,29,25\n"),
    ],
)
def test_the_lip_that_opens_goes_first(servos, port, before, after, expected):
    servos.wake_next(before, 0.0)
    port.taken()
    servos.move(after, 25, 0.0)
    assert port.taken() == [expected]


def test_one_servo_wakes_at_a_time_and_the_move_comes_first(servos, port):
    target = {"HEADTURN": 8.0, "EYETILT": 5.0}
    assert servos.wake_next(target, 1.0)
    assert port.taken() == [b"m01,144,0\na01\n"]
    assert (servos.awake, servos.woken_s, servos.first_woken_s) == ({"HEADTURN"}, 1.0, 1.0)
    assert servos.wake_next(target, 2.0)
    assert port.taken() == [b"m06,129,0\na06\n"]
    assert not servos.wake_next(target, 3.0)
    assert port.taken() == []


def test_both_lips_wake_together(servos, port):
    servos.wake_next(FROWN, 0.0)
    assert port.taken() == [b"m04,29,0\na04\n", b"m05,69,0\na05\n"]


def test_idle_servo_wakes_where_it_was_switched_off(servos, port):
    servos.wake_next({"HEADTURN": 5.0}, 0.0)
    servos.move({"HEADTURN": 8.0}, 75, 1.0)
    servos.rest_idle(5.0, 6.0)
    port.taken()
    servos.rest_idle(5.0, 6.1)
    assert port.taken() == [b"d01\n"]
    assert servos.awake == set()
    assert not servos.wake_next({"HEADTURN": 8.0}, 7.0), "it is there already"
    assert servos.wake_next({"HEADTURN": 5.0}, 8.0)
    servos.move({"HEADTURN": 5.0}, 75, 8.0)
    assert port.taken() == [b"m01,144,0\na01\n", b"m01,90,75\n"]
    assert (servos.woken_s, servos.first_woken_s) == (8.0, 0.0)


def test_a_servo_that_moves_is_not_idle(servos, port):
    servos.wake_next({"HEADTURN": 5.0}, 0.0)
    servos.move({"HEADTURN": 5.01}, 75, 4.0)  # the same whole degree
    servos.move({"HEADTURN": 6.0}, 75, 4.5)
    servos.rest_idle(5.0, 9.4)
    assert servos.awake == {"HEADTURN"}
    assert port.taken()[1:] == [b"m01,108,75\n"]


def test_after_all_are_off_nobody_knows_where_they_stand(servos, port):
    servos.wake_next({"HEADTURN": 5.0}, 0.0)
    servos.detach_all()
    assert port.taken()[-1] == b"d00\nd01\nd02\nd03\nd04\nd05\nd06\nd07\n"
    servos.wake_next({"HEADTURN": 8.0}, 9.0)
    assert port.taken() == [b"m01,144,0\na01\n"]
    assert servos.first_woken_s == 9.0


def test_a_port_that_fails_leaves_the_servo_asleep():
    class Broken:
        def write(self, data: bytes) -> None:
            raise ConnectionError

    servos = Servos(DEFAULT_MOTORS, Broken())
    with pytest.raises(ConnectionError):
        servos.wake_next({"HEADTURN": 5.0}, 0.0)
    assert servos.awake == set()
