import threading

import pytest

from affect_core.ahead import ahead


def test_the_same_items_in_the_same_order():
    assert list(ahead(range(100), most=3)) == list(range(100))
    assert list(ahead([None, 0, ""], most=5)) == [None, 0, ""]
    assert list(ahead([])) == []


def test_they_are_made_on_another_thread_but_not_without_end():
    made, enough = [], threading.Event()

    def numbers():
        for number in range(100):
            assert threading.current_thread() is not threading.main_thread()
            made.append(number)
            if len(made) == 4:
                enough.set()
            yield number

    items = ahead(numbers(), most=3)
    assert next(items) == 0
    assert enough.wait(10)  # the one that was read, and three more
    assert made == [0, 1, 2, 3]
    items.close()


def test_an_error_comes_when_its_turn_comes():
    def broken():
        yield 1
        yield 2
        raise ValueError("the third")

    items = ahead(broken(), most=4)
    assert (next(items), next(items)) == (1, 2)
    with pytest.raises(ValueError, match="the third"):
        next(items)


def test_who_stops_early_ends_the_thread():
    closed = threading.Event()

    def numbers():
        try:
            yield from range(10**9)
        finally:
            closed.set()

    source = numbers()
    for item in (items := ahead(source)):
        if item == 5:
            break
    items.close()
    assert not any(thread.name.startswith("ahead") for thread in threading.enumerate())
    assert next(source) < 20  # nobody reads from it any more
    source.close()
    assert closed.is_set()
