"""Every node, through its lifecycle services, twice round."""

import re
import shutil
from pathlib import Path

import pytest
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState

from affect_hri.nodes import __path__ as node_folder

OWN = re.compile(r"/(parameter_events|rosout)$")


class Lifecycle:
    """The lifecycle services of one node, as a manager sees them."""

    def __init__(self, peer, name):
        self._peer, self._name = peer, name

    def change(self, transition):
        request = ChangeState.Request(
            transition=Transition(id=getattr(Transition, f"TRANSITION_{transition}"))
        )
        return self._peer.call(f"{self._name}/change_state", ChangeState, request).success

    @property
    def state(self):
        return self._peer.call(f"{self._name}/get_state", GetState, GetState.Request()).current_state.label


@pytest.fixture
def lifecycle(peer, node_name):
    return Lifecycle(peer, node_name)


def endpoints(peer, name):
    """Names of all topics, services and actions the node has in the graph."""
    node, where = peer.node, (name, f"/{peer.namespace}")
    queries = (
        node.get_subscriber_names_and_types_by_node,
        node.get_publisher_names_and_types_by_node,
        node.get_service_names_and_types_by_node,
    )
    found = [topic for query in queries for topic, _types in query(*where)]
    return sorted(topic for topic in found if not OWN.search(topic))


def test_the_list_of_nodes_is_complete(request):
    from_files = sorted(path.stem for path in Path(node_folder[0]).glob("[a-z]*.py"))
    without_hri = set(from_files) - {"humans"}  # which comes up where hri_msgs is only
    assert set(request.getfixturevalue("all_nodes")) in ({*from_files}, without_hri)


def test_twice_round(bench, peer, lifecycle, node_name, node_class, node_parameters, wait_until):
    with bench.running(node_class(node_name), peer.namespace, autostart=False, **node_parameters) as node:

        def wait_for(expected):
            wait_until(
                lambda: endpoints(peer, node_name) == expected, lambda: f"only {expected} to be in the graph"
            )

        assert lifecycle.state == "unconfigured"
        bare = endpoints(peer, node_name)
        seen = []
        for _ in range(2):
            assert lifecycle.change("CONFIGURE")
            assert lifecycle.state == "inactive"
            idle = endpoints(peer, node_name)
            assert lifecycle.change("ACTIVATE")
            assert lifecycle.state == "active"
            active = endpoints(peer, node_name)
            assert lifecycle.change("DEACTIVATE")
            assert lifecycle.state == "inactive"
            wait_for(idle)
            assert lifecycle.change("ACTIVATE")
            wait_for(active)
            assert lifecycle.change("DEACTIVATE")
            assert lifecycle.change("CLEANUP")
            assert lifecycle.state == "unconfigured"
            wait_for(bare)
            seen.append((idle, active))
        assert seen[0] == seen[1]
        assert len(seen[0][1]) > len(bare)
        assert node.failure is None
        assert lifecycle.change("UNCONFIGURED_SHUTDOWN")
        assert lifecycle.state == "finalized"


def test_shutdown_from_active(bench, peer, lifecycle, node_name, node_class, node_parameters, wait_until):
    with bench.running(node_class(node_name), peer.namespace, autostart=False, **node_parameters):
        bare = endpoints(peer, node_name)
        assert lifecycle.change("CONFIGURE")
        assert lifecycle.change("ACTIVATE")
        assert lifecycle.change("ACTIVE_SHUTDOWN")
        assert lifecycle.state == "finalized"
        wait_until(lambda: endpoints(peer, node_name) == bare, "nothing left over after shutdown")


def test_replay_without_a_bag(bench, peer, node_class):
    lifecycle = Lifecycle(peer, "replay")
    with bench.running(node_class("replay"), peer.namespace, autostart=False, bag="/nowhere/bag"):
        for _ in range(2):
            assert not lifecycle.change("CONFIGURE")
            assert lifecycle.state == "unconfigured"
        peer.until_status("replay", "ERROR", "/nowhere/bag")


def test_a_wrong_transition_is_refused(bench, peer, node_class):
    lifecycle = Lifecycle(peer, "ohbot")
    with bench.running(node_class("ohbot"), peer.namespace, autostart=False, head="none"):
        assert not lifecycle.change("ACTIVATE")
        assert lifecycle.state == "unconfigured"
        assert lifecycle.change("CONFIGURE")
        assert not lifecycle.change("CONFIGURE")
        assert lifecycle.state == "inactive"


@pytest.fixture
def broken_model(tiny_model, tmp_path):
    """A model folder whose weights are gone; ``mend()`` brings them back."""
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    weights = folder / "weights.safetensors"
    weights.rename(tmp_path / "weights")
    return folder, lambda: (tmp_path / "weights").rename(weights)


@pytest.mark.parametrize("name", ["emotion", "attribution"])
def test_missing_weights_leave_the_node_unconfigured_until_they_are_there(
    bench, peer, node_class, broken_model, name
):
    folder, mend = broken_model
    lifecycle = Lifecycle(peer, name)
    with bench.running(node_class(name), peer.namespace, autostart=False, model=str(folder)) as node:
        bare = endpoints(peer, name)
        assert not lifecycle.change("CONFIGURE")
        assert lifecycle.state == "unconfigured"
        peer.until_status(
            name, "ERROR", f"expected weights at {folder / 'weights.safetensors'}, found no file"
        )
        assert not hasattr(node, "_stage")
        assert endpoints(peer, name) == bare
        mend()
        assert lifecycle.change("CONFIGURE")
        assert lifecycle.change("ACTIVATE")
        peer.until_status(name, "OK", "waiting for")


@pytest.mark.parametrize("name", ["face", "emotion", "attribution"])
def test_a_missing_model_leaves_the_node_unconfigured_with_the_reason(bench, peer, node_class, name):
    lifecycle = Lifecycle(peer, name)
    with bench.running(node_class(name), peer.namespace, autostart=False, model="/nowhere/model"):
        assert not lifecycle.change("CONFIGURE")
        assert lifecycle.state == "unconfigured"
        peer.until_status(name, "ERROR", "/nowhere/model")


def test_cleanup_forgets_what_configure_made(bench, peer, lifecycle, node_name, node_class, node_parameters):
    with bench.running(node_class(node_name), peer.namespace, autostart=False, **node_parameters) as node:
        before = set(vars(node))
        assert lifecycle.change("CONFIGURE")
        assert lifecycle.change("ACTIVATE")
        assert lifecycle.change("DEACTIVATE")
        assert lifecycle.change("CLEANUP")
        assert set(vars(node)) == before
