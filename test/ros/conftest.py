"""Real rclpy and DDS, on a domain of its own, with a small untrained model: these tests are about the nodes.

`bench` runs nodes as the programs do, each on an executor thread of its own; `peer` is a plain rclpy node that
knows topics by their names only.
"""

import importlib.util
import itertools
import os
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs rclpy: run `make test`, or source a ROS 2 workspace")
pytest.importorskip("affect_hri_interfaces.msg", reason="needs the built workspace: run `make setup`")

DEADLINE_S = float(os.environ.get("AFFECT_TEST_DEADLINE_S", "90"))
"""For everything that is waited for: never reached, unless it does not come at all."""
SAMPLE_BAG = Path(__file__).resolve().parents[2] / "bags" / "short_even"


@pytest.fixture(scope="session", autouse=True)
def _isolated_domain(ros_domain):
    return ros_domain


# --- nodes and their peer ------------------------------------------------------------------------------------


def until(condition, what):
    """Wait until ``condition()`` is true and return its value; ``what`` says what was waited for."""
    deadline_s = time.monotonic() + DEADLINE_S
    while not (value := condition()):
        if time.monotonic() > deadline_s:
            pytest.fail(f"waited {DEADLINE_S:g} s in vain for {what() if callable(what) else what}")
        time.sleep(0.005)
    return value


class Spinner:
    """A node on an executor thread of its own; what its callbacks raise is raised at the end."""

    def __init__(self, node):
        from rclpy.executors import SingleThreadedExecutor

        self.crash = None
        self._stopping = threading.Event()
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(node)
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self):
        from rclpy.executors import ExternalShutdownException

        try:
            while not self._stopping.is_set():
                self._executor.spin_once()
        except ExternalShutdownException:
            pass
        except BaseException as error:  # noqa: BLE001 - raised by stop()
            self.crash = error

    def stop(self):
        # Not Executor.shutdown() first: it takes the guard conditions away from under the thread that waits on them.
        self._stopping.set()
        self._executor.create_task(lambda: None)  # something to do, so that spin_once returns
        self._thread.join(timeout=10.0)
        self._executor.shutdown(timeout_sec=5.0)


class Bench:
    """Runs nodes in this process, over DDS."""

    _numbers = itertools.count(1)  # of all modules: what one has left behind must not be found by the next

    def namespace(self):
        """One that nobody has used before."""
        return f"test{next(self._numbers)}"

    @contextmanager
    def running(self, node_type, namespace, *, handover=None, **parameters):
        """A node at work. With autostart (the default) wait for its diagnostics to know what has become of it."""
        from rclpy.parameter import Parameter

        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        node = node_type(handover=handover, namespace=namespace, parameter_overrides=overrides)
        spinner = Spinner(node)
        try:
            yield node
        finally:
            spinner.stop()
            node.close()
            if spinner.crash is not None:  # also where the test has waited in vain: this is why
                raise AssertionError(f"{node.node_name} crashed") from spinner.crash


class Peer:
    """A plain rclpy node. Topics are names below the namespace; what it hears is kept in lists."""

    def __init__(self, namespace):
        from diagnostic_msgs.msg import DiagnosticArray
        from rclpy.node import Node

        self.node = Node("peer", namespace=namespace)
        self.namespace = namespace
        self._diagnostics = self.hear("/diagnostics", DiagnosticArray)
        self._spinner = Spinner(self.node)

    def hear(self, topic, message_type, *, latched=False, depth=100):
        """A list that grows with every message of the topic."""
        inbox = []
        self.node.create_subscription(message_type, topic, inbox.append, _profile(latched, depth))
        return inbox

    def react(self, topic, message_type, callback, *, latched=False):
        """Call back with every message of the topic."""
        self.node.create_subscription(message_type, topic, callback, _profile(latched, 100))

    def speak(self, topic, message_type, *, listeners=1, depth=100):
        """A publisher that ``listeners`` subscriptions are matched with."""
        publisher = self.node.create_publisher(message_type, topic, _profile(True, depth))
        until(lambda: publisher.get_subscription_count() >= listeners, f"a subscription of {topic}")
        return publisher

    def statuses(self, name):
        """All diagnostics of the node ``name`` so far: (level, message)."""
        return [(s.level, s.message) for s in self.reports(name)]

    def reports(self, name):
        """All diagnostics of the node ``name`` so far."""
        full = f"/social_perception/faces/{self.namespace}/{name}"
        return [s for array in list(self._diagnostics) for s in array.status if s.name == full]

    def until_status(self, name, level, text=""):
        """Wait for a diagnostic of that level that holds ``text``; return its message."""
        from diagnostic_msgs.msg import DiagnosticStatus

        wanted = getattr(DiagnosticStatus, level)

        def found():
            return next((m for lv, m in self.statuses(name) if lv == wanted and text in m), None)

        return until(found, lambda: f"{level} {text!r} of {name}; it said {self.statuses(name)[-3:]}")

    def call(self, service, service_type, request):
        """The answer of a service."""
        client = self.node.create_client(service_type, service)
        until(client.service_is_ready, f"the service {service}")
        future = client.call_async(request)
        until(future.done, f"the answer of {service}")
        self.node.destroy_client(client)
        return future.result()

    def act(self, action, action_type, goal):
        """The handle of an accepted or refused goal, and a future of its result."""
        from rclpy.action import ActionClient

        client = ActionClient(self.node, action_type, action)
        until(client.server_is_ready, f"the action {action}")
        sent = client.send_goal_async(goal)
        until(sent.done, f"the goal of {action} to be answered")
        handle = sent.result()
        return handle, handle.get_result_async() if handle.accepted else None

    def close(self):
        self._spinner.stop()
        self.node.destroy_node()
        if self._spinner.crash is not None:
            raise AssertionError("the peer crashed") from self._spinner.crash


def _profile(latched, depth):
    from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

    durability = DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE
    return QoSProfile(depth=depth, reliability=ReliabilityPolicy.RELIABLE, durability=durability)


@pytest.fixture(scope="module")
def bench():
    import rclpy
    from rclpy.signals import SignalHandlerOptions

    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    yield Bench()
    rclpy.try_shutdown()


@pytest.fixture
def namespace(bench):
    return bench.namespace()


@pytest.fixture
def peer(bench, namespace):
    made = Peer(namespace)
    yield made
    made.close()


@pytest.fixture
def projector(peer):
    """Shows a picture to the cameras' readers, as frame after frame with a stamp of its own."""
    from sensor_msgs.msg import Image
    from std_msgs.msg import Header

    from affect_hri import conversions

    stamps = iter(range(10**9, 10**12, 33_000_000))

    def load(*topics):
        cameras = [peer.speak(topic, Image, depth=1) for topic in topics]

        def show(image_rgb):
            header = Header(stamp=conversions.to_time(next(stamps)), frame_id="eye")
            for camera in cameras:
                camera.publish(conversions.to_image(image_rgb, header))

        return show

    return load


@pytest.fixture(scope="session")
def portrait():
    """A picture of one face."""
    from skimage import data

    return data.astronaut()


@pytest.fixture(scope="session")
def wait_until():
    return until


@pytest.fixture(scope="session")
def make_peer():
    """For peers of a namespace of one's own."""
    return Peer


NODES = (
    "attribution",
    "avatar",
    "camera",
    "emotion",
    "evaluation",
    "face",
    *(("humans",) if importlib.util.find_spec("hri_msgs") else ()),
    "ohbot",
    "overlay",
    "recorder",
    "replay",
    "responder",
    "trial",
)


@pytest.fixture(scope="session")
def all_nodes():
    return NODES


@pytest.fixture(params=NODES)
def node_name(request):
    return request.param


@pytest.fixture
def node_parameters(node_name, tiny_model, pictures, tmp_path):
    """What a node needs to come up."""
    return {
        "attribution": {"model": str(tiny_model)},
        "avatar": {"width": 64, "height": 36},
        "camera": {"source": "folder", "path": str(pictures[0]), "loop": True},
        "emotion": {"model": str(tiny_model)},
        "face": {"model": str(tiny_model)},
        "evaluation": {"output": str(tmp_path)},
        "humans": {"model": str(tiny_model)},
        "ohbot": {"head": "none"},
        "replay": {"bag": str(SAMPLE_BAG)},
        "recorder": {"output": str(tmp_path)},
        "trial": {"protocol": "short", "output": str(tmp_path), "start": "action"},
    }.get(node_name, {})


@pytest.fixture(scope="session")
def node_class():
    from affect_hri.composed import node_class

    return node_class


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """A folder of three PNG images 6x4 and their pixels."""
    import cv2
    import numpy as np

    folder = tmp_path_factory.mktemp("pictures")
    images = [np.random.default_rng(i).integers(0, 256, (4, 6, 3), np.uint8) for i in range(3)]
    for number, image in enumerate(images):
        cv2.imwrite(str(folder / f"{number}.png"), image[..., ::-1])
    return folder, images
