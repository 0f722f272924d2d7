"""The expression controller with its head.

    ros2 launch affect_hri head.launch.py head:=ohbot_serial port:=/dev/ttyACM0
    ros2 launch affect_hri head.launch.py rviz:=true

Nodes, arguments and parameters: config/graph.yaml, scenario `head`. `description` and `rviz` need the packages
robot_state_publisher and rviz2.
"""

from affect_hri.launching import launch_description, robot_description


def generate_launch_description():
    return launch_description("head", *robot_description())
