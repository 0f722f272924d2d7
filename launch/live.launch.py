"""Watch a person or the virtual head; see overlay/image.

    ros2 launch affect_hri live.launch.py camera:=webcam
    ros2 launch affect_hri live.launch.py camera:=webcam rviz:=true

Nodes, arguments and parameters: config/graph.yaml, scenario `live`.
"""

from affect_hri.launching import launch_description, overlay_in_rviz


def generate_launch_description():
    return launch_description("live", *overlay_in_rviz())
