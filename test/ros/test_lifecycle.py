"""Every node, through its lifecycle services, twice round."""

import re
from pathlib import Path

import pytest
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState

from affect_hri.nodes import __path__ as node_folder

SAMPLE_BAG = Path(__file__).resolve().parents[2] / "bags" / "short_even"
OWN = re.compile(r"/(parameter_events|rosout)$")


@pytest.fixture
def parameters(node_name, tiny_model, pictures, tmp_path):
    """What a node needs to come up."""
    return {
        "attribution": {"model": str(tiny_model)},
        "avatar": {"width": 64, "height": 36},
        "camera": {"source": "folder", "path": str(pictures[0]), "loop": True},
        "emotion": {"model": str(tiny_model)},
        "face": {"model": str(tiny_model)},
        "evaluation": {"output": str(tmp_path)},
        "ohbot": {"head": "none"},
        "replay": {"bag": str(SAMPLE_BAG)},
        "recorder": {"output": str(tmp_path)},
        "trial": {"protocol": "short", "output": str(tmp_path), "start": "action"},
    }.get(node_name, {})


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
    assert from_files == sorted(request.getfixturevalue("all_nodes"))


def test_twice_round(bench, peer, lifecycle, node_name, node_class, parameters, wait_until):
    with bench.running(node_class(node_name), peer.namespace, autostart=False, **parameters) as node:

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


def test_shutdown_from_active(bench, peer, lifecycle, node_name, node_class, parameters, wait_until):
    with bench.running(node_class(node_name), peer.namespace, autostart=False, **parameters):
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
