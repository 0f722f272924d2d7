"""`affect-hri sros2`: the policy file for a graph that is secured."""

from __future__ import annotations

import os
from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--namespace", default="affect", show_default=True, help="Of the nodes.")
@click.option("--model", default="amal_small", show_default=True, help="What the nodes load to be looked at.")
def sros2(folder: Path, namespace: str, model: str) -> None:
    """Write FOLDER/policy.xml: for every node an SROS2 enclave that allows what it uses, and nothing else."""
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "OFF"  # nobody hears of the nodes that are looked at

    import rclpy
    from rclpy.signals import SignalHandlerOptions

    from affect_core.files import write_whole
    from affect_hri.sros2 import policy_xml, survey

    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    try:
        name = namespace.strip("/")
        write_whole(folder / "policy.xml", policy_xml(survey(name, model), name))
    finally:
        rclpy.try_shutdown()
    click.echo(folder / "policy.xml")
