"""A trial in a closed loop, from the first command to the report.

    ros2 launch affect_hri trial.launch.py camera:=avatar head:=avatar protocol:=demo clock:=lockstep record:=true

Nodes, arguments and parameters: config/graph.yaml, scenario `trial`.
"""

from affect_hri.launching import launch_description


def generate_launch_description():
    return launch_description("trial")
