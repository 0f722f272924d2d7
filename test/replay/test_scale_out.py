"""Work spread over processes, or over Ray where that is installed."""

import importlib.util
import math
import sys
import types

import pytest

from affect_core.errors import Unavailable
from affect_hri.scale_out import spread

THINGS = [9, 1, 5, 3]
MADE = [362880, 1, 120, 6]


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_things(jobs):
    done = []
    assert list(spread(math.factorial, THINGS, jobs, advance=lambda: done.append(1))) == MADE
    assert len(done) == len(THINGS)


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="ray is installed")
def test_ray_that_is_not_installed():
    with pytest.raises(Unavailable, match="pip install ray"):
        list(spread(math.factorial, THINGS, 1, ray="local"))


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs ray, which is optional")
def test_ray_gives_the_same():
    assert list(spread(math.factorial, THINGS, 1, ray="local")) == MADE


@pytest.fixture
def cluster(monkeypatch):
    """A module that answers like Ray, out of order, and remembers what was asked of it."""
    asked = []
    module = types.ModuleType("ray")

    def init(address, **_):
        asked.append(("init", address))
        if address == "nowhere":
            raise ConnectionError("nobody is there")

    class Remote:
        def __init__(self, work):
            self.remote = lambda thing: (work, thing)

    module.init = init
    module.remote = Remote
    module.wait = lambda left: ([left[-1]], left[:-1])
    module.get = lambda refs: [work(thing) for work, thing in refs]
    module.shutdown = lambda: asked.append(("shutdown", ""))
    monkeypatch.setitem(sys.modules, "ray", module)
    return asked


def test_a_cluster_is_joined_and_left(cluster):
    done = []
    assert list(spread(math.factorial, THINGS, 1, "ray://head:10001", lambda: done.append(1))) == MADE
    assert len(done) == len(THINGS)
    assert cluster == [("init", "ray://head:10001"), ("shutdown", "")]


def test_a_cluster_is_left_after_an_error_too(cluster):
    with pytest.raises(ValueError, match="negative"):
        list(spread(math.factorial, [3, -1], 1, "auto"))
    assert cluster[-1] == ("shutdown", "")


def test_no_cluster_at_the_address(cluster):
    with pytest.raises(Unavailable, match="expected a Ray cluster at nowhere: nobody is there"):
        list(spread(math.factorial, THINGS, 1, "nowhere"))
