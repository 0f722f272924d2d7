"""Our diagnostics as an operator sees them: grouped by a real diagnostic_aggregator, which knows nothing of us."""

import subprocess
from pathlib import Path

import pytest
from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from sensor_msgs.msg import Image

CONFIG = Path(__file__).resolve().parents[2] / "config" / "diagnostics_aggregator.yaml"
GROUP = "/Robot/Social perception of faces"
try:
    AGGREGATOR = (
        Path(get_package_prefix("diagnostic_aggregator")) / "lib/diagnostic_aggregator/aggregator_node"
    )
except PackageNotFoundError:
    pytest.skip("needs diagnostic_aggregator, which comes with ROS", allow_module_level=True)


@pytest.fixture
def aggregated(peer):
    """The newest status of each name that the aggregator gave; it runs as long as the test."""
    heard = peer.hear("/diagnostics_agg", DiagnosticArray)
    program = subprocess.Popen([AGGREGATOR, "--ros-args", "--params-file", CONFIG])
    yield lambda: {status.name: status for message in list(heard) for status in message.status}
    program.terminate()
    assert program.wait(10) == 0


def test_our_nodes_stand_in_one_group_and_others_do_not(
    bench, peer, aggregated, node_class, tiny_model, wait_until
):
    # The aggregator turns slashes of what is left of a name into spaces.
    face = f"{GROUP}/{peer.namespace.strip('/')} face"

    def level(name, wanted):
        def found():
            status = aggregated().get(name)
            return status if status and status.level == wanted else None

        return wait_until(found, lambda: f"{name} to have the level {wanted!r} among {sorted(aggregated())}")

    arm = peer.speak("/diagnostics", DiagnosticArray)
    with bench.running(node_class("face"), peer.namespace, model=str(tiny_model)):
        found = level(face, DiagnosticStatus.OK)
        assert found.message == "waiting for frames"
        assert {item.key: item.value for item in found.values}["model"] == "tiny"
        assert level(GROUP, DiagnosticStatus.OK).message == "OK"
        turning = DiagnosticArray(status=[DiagnosticStatus(name="arm/motor", message="turns")])
        wait_until(lambda: arm.publish(turning) or "/Robot/Other/arm motor" in aggregated(), "the arm")

        images = peer.speak("camera/image_raw", Image, depth=1)
        images.publish(Image(width=4, height=4, encoding="smell8", step=4, data=bytes(16)))
        level(face, DiagnosticStatus.WARN)
        level(GROUP, DiagnosticStatus.WARN)
    level(face, DiagnosticStatus.STALE)  # five seconds after the node's last word: config's timeout
