"""Watch a person or the virtual head; see overlay/image.

    ros2 launch affect_hri live.launch.py camera:=webcam

Nodes, arguments and parameters: config/graph.yaml, scenario `live`.
"""

from affect_hri.launching import launch_description


def generate_launch_description():
    return launch_description("live")
