"""Recordings (rosbag2): writing mcap, reading mcap and sqlite3 also where parts are missing, repairing. No ROS."""

from affect_core.bags.base import Contents, Flaw, TopicInfo
from affect_core.bags.reader import Recording
from affect_core.bags.repair import Repaired, repair
from affect_core.bags.writer import BagFull, BagWriter

__all__ = ["BagFull", "BagWriter", "Contents", "Flaw", "Recording", "Repaired", "TopicInfo", "repair"]
