"""What waits in memory between two nodes, and what is dropped."""

import pytest

from affect_hri.nodes._ports import Mailbox


class Bell:
    """Stands in for a node and for its guard condition: nobody is woken, the test takes turns itself."""

    def create_guard_condition(self, callback):
        self.turn = callback
        return self

    def destroy_guard_condition(self, _condition):
        pass

    def trigger(self):
        pass


@pytest.fixture
def bell():
    return Bell()


@pytest.fixture
def heard():
    return []


@pytest.fixture
def open_box(bell, heard):
    def build(depth, burst=None, during=lambda _box: None):
        """``during`` is what comes while the callback runs."""

        def callback(value, dropped):
            heard.append((value, dropped))
            during(box)

        box = Mailbox(bell, callback, depth, burst)
        return box

    return build


def put(box, values):
    for value in values:
        box.put(value)


def test_the_newest_wins_and_drops_are_told(open_box, bell, heard):
    put(open_box(depth=1), "abc")
    bell.turn()
    bell.turn()
    assert heard == [("c", 2)]


def test_a_burst_waits_its_turn(open_box, bell, heard):
    put(open_box(depth=1, burst=2), "ab")
    bell.turn()
    bell.turn()
    assert heard == [("a", 0), ("b", 0)]


def test_who_falls_behind_gets_the_newest_until_nothing_waits(open_box, bell, heard):
    coming = iter(["de", "fg", ""])
    box = open_box(depth=1, burst=2, during=lambda box: put(box, next(coming, "")))
    put(box, "abc")  # one too many
    for _ in range(3):
        bell.turn()
    assert heard == [("c", 2), ("e", 1), ("g", 1)]
    heard.clear()
    put(box, "hi")
    bell.turn()
    bell.turn()
    assert heard == [("h", 0), ("i", 0)]


def test_a_queue_keeps_its_depth(open_box, bell, heard):
    put(open_box(depth=3), "abcd")
    for _ in range(3):
        bell.turn()
    assert heard == [("b", 1), ("c", 0), ("d", 0)]
