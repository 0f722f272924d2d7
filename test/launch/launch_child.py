"""Runs one launch file on a LaunchService, as `ros2 launch` does: launch_child.py FILE name:=value ..."""

import sys

from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource

from launch import LaunchDescription, LaunchService

file, *arguments = sys.argv[1:]
values = [tuple(argument.split(":=", 1)) for argument in arguments]
service = LaunchService(noninteractive=True)
service.include_launch_description(
    LaunchDescription(
        [IncludeLaunchDescription(PythonLaunchDescriptionSource(file), launch_arguments=values)]
    )
)
sys.exit(service.run())
