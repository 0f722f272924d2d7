from affect_core.heads import HEADS, HeadConfig, rest_pose


def test_accepts_and_drops():
    with HEADS.build("none", HeadConfig()) as head:
        assert head.command({"furrow": 2.0}) == rest_pose() | {"furrow": 1.0}
