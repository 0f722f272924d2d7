"""ROS 2 nodes of affect_hri: convert, call `affect_core`, convert, publish."""
