"""A recorded bag through the perception nodes into a report.

    ros2 launch affect_hri replay.launch.py bag:=reports/demo-even-seed0/bag

Nodes, arguments and parameters: config/graph.yaml, scenario `replay`.
"""

from affect_hri.launching import launch_description


def generate_launch_description():
    return launch_description("replay")
