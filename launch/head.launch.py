"""The expression controller with its head.

    ros2 launch affect_hri head.launch.py head:=ohbot_serial port:=/dev/ttyACM0

Nodes, arguments and parameters: config/graph.yaml, scenario `head`.
"""

from affect_hri.launching import launch_description


def generate_launch_description():
    return launch_description("head")
