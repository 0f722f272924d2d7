"""What colcon and pip call; everything stands in setup.cfg."""

from setuptools import setup

setup()
