"""What nodes cost in processes of their own: memory that cleanup gives back, processor time while they wait."""

import pytest

from affect_core.errors import AffectError
from affect_hri.bench.standing import Idle, Kept, Standing, idle, kept, parameters_of

GIVEN_BACK = 0.6
CORE = 0.02
WINDOW_S = 5.0
TURNS = 3
"""What else runs on the machine only adds to a share: the smallest of some windows counts."""


def test_the_share_that_is_given_back_is_of_what_configure_added():
    assert Kept(before=400.0, configured=600.0, after=450.0).given_back == 0.75
    assert Kept(before=400.0, configured=500.0, after=510.0).given_back == pytest.approx(-0.1)


@pytest.mark.parametrize("name", ["emotion", "attribution"])
def test_cleanup_gives_memory_back(tmp_path, name):
    """With all defaults: the model that comes with the suite, on torch."""
    (one,) = kept(name, tmp_path)
    assert one.added > 50.0, one  # a network was loaded
    assert one.given_back >= GIVEN_BACK, one


@pytest.mark.long
@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino", "auto"])
@pytest.mark.parametrize("name", ["emotion", "attribution"])
def test_cleanup_gives_memory_back_with_every_runtime_and_does_not_creep(tmp_path, name, runtime):
    if runtime != "auto":
        pytest.importorskip(runtime)
    first, *later = kept(name, tmp_path, {"runtime": runtime}, rounds=3)
    assert first.given_back >= GIVEN_BACK, first
    assert max(one.after for one in later) <= 1.1 * first.after, (first, *later)


@pytest.mark.long
def test_an_inactive_node_takes_less_than_two_percent_of_a_core(tmp_path, node_name):
    if node_name == "humans":
        pytest.skip("it waits as face_node does")
    found = [
        idle(node_name, parameters_of(tmp_path / str(turn)).get(node_name, {}), tmp_path, WINDOW_S)
        for turn in range(TURNS)
    ]
    best = Idle(min(one.inactive for one in found), min(one.again for one in found))
    assert best.inactive < CORE, found
    assert best.again < CORE, found


def test_a_node_that_refuses_says_why(tmp_path):
    with (
        Standing("emotion", {"model": "/nowhere/model"}, tmp_path) as node,
        pytest.raises(AffectError, match=r"expected emotion to configure, it refused; (.|\n)*/nowhere/model"),
    ):
        node.change("configure")
