"""What `affect-hri doctor` looks at in ROS; importing this registers the checks."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from affect_core.doctor import CHECKS, Finding, Level

DISTRO = "jazzy"
LOOP_S = 5.0


@CHECKS.register("7 middleware")
def middleware() -> Iterator[Finding]:
    """Whether a message goes from one participant to another, and by what."""
    from rclpy.utilities import get_rmw_implementation_identifier

    from affect_hri.nodes._loop import seconds_to_hear

    distro = os.environ.get("ROS_DISTRO", "")
    if distro and distro != DISTRO:
        yield Finding(Level.ERROR, f"ROS 2 {distro} is sourced, expected {DISTRO}", "source ROS 2 Jazzy")
    domain = os.environ.get("ROS_DOMAIN_ID", "0")
    where = f"{get_rmw_implementation_identifier()}, domain {domain}, ROS {distro or 'from wheels'}"
    took_s = seconds_to_hear(LOOP_S)
    if took_s is None:
        mend = "look at firewall, ROS_DOMAIN_ID, ROS_AUTOMATIC_DISCOVERY_RANGE and the network interface lo"
        yield Finding(Level.ERROR, f"{where}: no message came through within {LOOP_S:g} s", mend)
    else:
        yield Finding(Level.OK, f"{where}: a message came through after {took_s:.2f} s")


@CHECKS.register("8 graph")
def graph() -> Iterator[Finding]:
    """The description of the graph, and the protocols."""
    from affect_core.paths import find_shared
    from affect_core.trial import load_protocol, parts_of
    from affect_hri.graph import load_scenario

    source = find_shared("config/graph.yaml")
    scenarios = [load_scenario(name, source) for name in ("trial", "live", "replay", "head")]
    names = sorted(path.stem for path in find_shared("config/trials").glob("*.yaml"))
    for name in names:
        if parts_of(name) is None:
            load_protocol(name)
    yield Finding(Level.OK, f"{len(scenarios)} scenarios, {len(names)} protocols: {', '.join(names)}")


@CHECKS.register("9 others")
def others() -> Iterator[Finding]:
    """Whether a trial or a live session of ours runs already where we would run ours."""
    import rclpy
    from rclpy.context import Context

    context = Context()
    rclpy.init(context=context)
    try:
        node = rclpy.create_node("affect_doctor", context=context)
        time.sleep(1.0)  # discovery
        running = sorted({name for name, space in node.get_node_names_and_namespaces() if space == "/affect"})
        node.destroy_node()
    finally:
        context.try_shutdown()
    if running:
        what = f"in /affect these nodes run already: {', '.join(running)}"
        yield Finding(Level.WARNING, what, "end them, or use another ROS_DOMAIN_ID")
    else:
        yield Finding(Level.OK, "nobody else uses /affect in this domain")
