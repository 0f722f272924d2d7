"""Work that is spread over processes."""

import os
from functools import partial

import pytest

from affect_core.processes import spread


def test_every_item_comes_back_with_what_was_made_of_it():
    made = dict(spread(partial(pow, 2), [3, 5, 8], workers=2))
    assert made == {3: 8, 5: 32, 8: 256}


def test_who_does_it():
    here = str(os.getpid())
    who = "/proc/self"  # a link that says so
    assert [pid for _, pid in spread(os.readlink, [who, who], workers=1)] == [here, here]
    assert [pid for _, pid in spread(os.readlink, [who], workers=2)] == [here]
    assert here not in [pid for _, pid in spread(os.readlink, [who, who], workers=2)]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_is_the_caller_s(workers):
    with pytest.raises(ZeroDivisionError):
        list(spread(partial(divmod, 1), [1, 0], workers))
