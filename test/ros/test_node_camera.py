"""camera_node and avatar_node, each alone in front of a plain rclpy peer."""

import os
import signal

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, JointState

from affect_core.avatar import Avatar, AvatarApart, AvatarConfig, Scene
from affect_core.heads.expressions import load_expressions
from affect_hri import conversions
from affect_hri.nodes import _endpoints
from affect_hri.nodes._ports import Handover
from affect_hri.nodes.avatar import AvatarNode
from affect_hri.nodes.camera import CameraNode
from affect_hri_interfaces.msg import GroundTruth, SceneCommand

DT_NS = 100_000_000
SIZE = {"width": 128, "height": 72}


def stamps(messages):
    return [conversions.from_time(message.header.stamp) for message in messages]


def pixels(message):
    return np.frombuffer(message.data, np.uint8).reshape(message.height, message.width, 3)


class TestCamera:
    @pytest.fixture
    def inbox(self, peer):
        return {
            "raw": peer.hear("camera/image_raw", Image),
            "info": peer.hear("camera/camera_info", CameraInfo),
            "status": peer.hear("camera/status", DiagnosticStatus, latched=True),
        }

    def ended(self, inbox):
        return any(status.message == "ended" for status in list(inbox["status"]))

    def test_a_folder_from_first_to_last_pixel(self, bench, peer, inbox, pictures, wait_until):
        folder, images = pictures
        parameters = {
            "source": "folder",
            "path": str(folder),
            "fps": 20.0,
            "fov_deg": 90.0,
            "frame_id": "eye",
        }
        with bench.running(CameraNode, peer.namespace, **parameters):
            wait_until(lambda: self.ended(inbox), "the end of the folder")
            wait_until(lambda: len(inbox["raw"]) == 3 and len(inbox["info"]) == 3, "three frames")
        for message, image in zip(inbox["raw"], images, strict=True):
            assert (message.encoding, message.width, message.height, message.step) == ("rgb8", 6, 4, 18)
            assert bytes(message.data) == image.tobytes()
            assert message.header.frame_id == "eye"
        assert stamps(inbox["raw"]) == stamps(inbox["info"])
        assert stamps(inbox["raw"]) == sorted(set(stamps(inbox["raw"])))

    def test_camera_info_numbers(self, bench, peer, inbox, pictures, wait_until):
        # 6 pixels over 90 degrees: focal length 3 / tan(45) = 3; the middle between the pixels 0 and 5 is 2.5.
        parameters = {"source": "folder", "path": str(pictures[0]), "fov_deg": 90.0}
        with bench.running(CameraNode, peer.namespace, **parameters):
            info = wait_until(lambda: inbox["info"], "camera_info")[0]
        assert (info.width, info.height, info.distortion_model) == (6, 4, "plumb_bob")
        np.testing.assert_allclose(info.k, [3, 0, 2.5, 0, 3, 1.5, 0, 0, 1], atol=1e-12)
        np.testing.assert_allclose(info.p, [3, 0, 2.5, 0, 0, 3, 1.5, 0, 0, 0, 1, 0], atol=1e-12)
        assert list(info.d) == [0.0] * 5
        assert list(info.r) == [1, 0, 0, 0, 1, 0, 0, 0, 1]

    def test_images_are_made_only_for_those_who_ask(self, bench, peer, pictures, wait_until, monkeypatch):
        made = {"raw": 0, "jpeg": 0}

        def counting(name, convert):
            def call(frame):
                made[name] += 1
                return convert(frame)

            return call

        monkeypatch.setattr(conversions, "from_frame", counting("raw", conversions.from_frame))
        monkeypatch.setattr(_endpoints, "from_frame_jpeg", counting("jpeg", conversions.from_frame_jpeg))
        info = peer.hear("camera/camera_info", CameraInfo)
        parameters = {"source": "folder", "path": str(pictures[0]), "loop": True, "fps": 50.0}
        with bench.running(CameraNode, peer.namespace, **parameters):
            wait_until(lambda: len(info) >= 10, "ten frames")
            assert made == {"raw": 0, "jpeg": 0}
            jpegs = peer.hear("camera/image_raw/compressed", CompressedImage)
            wait_until(lambda: jpegs, "a JPEG")
            assert made["raw"] == 0
            assert made["jpeg"] > 0
        assert jpegs[0].format == "rgb8; jpeg compressed bgr8"
        assert cv2.imdecode(np.frombuffer(jpegs[0].data, np.uint8), cv2.IMREAD_COLOR).shape == (4, 6, 3)

    def test_a_damaged_image_is_named_and_left_out(self, bench, peer, inbox, pictures, tmp_path, wait_until):
        _folder, images = pictures
        for number in (0, 2):
            cv2.imwrite(str(tmp_path / f"{number}.png"), images[number][..., ::-1])
        (tmp_path / "1.png").write_bytes(b"no picture")
        with bench.running(CameraNode, peer.namespace, source="folder", path=str(tmp_path)):
            wait_until(lambda: self.ended(inbox), "the end of the folder")
            wait_until(lambda: len(inbox["raw"]) == 2, "the two good images")
        assert [bytes(message.data) for message in inbox["raw"]] == [images[i].tobytes() for i in (0, 2)]
        assert any(
            level == DiagnosticStatus.ERROR and "1.png" in text for level, text in peer.statuses("camera")
        )

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            (
                {"source": "folder", "path": "/nowhere"},
                "expected a folder of images at /nowhere, got nothing",
            ),
            ({"source": "video", "path": "/nowhere.mp4"}, "/nowhere.mp4"),
            ({"source": "video"}, "expected a video file, got no path; set `path`"),
            (
                {"source": "webcam", "device": "/dev/video_none"},
                "expected a camera at /dev/video_none, got nothing",
            ),
        ],
    )
    def test_a_missing_source_is_an_error_and_the_node_lives(
        self, bench, peer, parameters, message, wait_until
    ):
        with bench.running(CameraNode, peer.namespace, **parameters):
            peer.until_status("camera", "ERROR", message)
            told = len(peer.statuses("camera"))
            wait_until(lambda: len(peer.statuses("camera")) > told, "its next diagnostic")

    def test_lockstep_gives_one_frame_a_tick_with_its_stamp(self, bench, peer, inbox, pictures, wait_until):
        from rosgraph_msgs.msg import Clock

        parameters = {"source": "folder", "path": str(pictures[0]), "clock": "lockstep"}
        with bench.running(CameraNode, peer.namespace, **parameters):
            clock = peer.speak("/clock", Clock)
            peer.until_status("camera", "OK", "streaming")
            for k in range(3):
                clock.publish(Clock(clock=conversions.to_time(k * DT_NS)))
                wait_until(lambda count=k + 1: len(inbox["raw"]) == count, f"frame {k}")
            clock.publish(Clock(clock=conversions.to_time(3 * DT_NS)))
            wait_until(lambda: self.ended(inbox), "the end of the folder")
        assert stamps(inbox["raw"]) == [0, DT_NS, 2 * DT_NS]


class TestAvatar:
    """In lock-step: one frame for every joint state, with its stamp."""

    @pytest.fixture
    def settings(self):
        return {}

    @pytest.fixture
    def stage(self, bench, peer, wait_until, settings):
        inbox = {
            "image": peer.hear("camera/image_raw", Image, latched=True),
            "truth": peer.hear("ground_truth", GroundTruth),
            "info": peer.hear("camera/camera_info", CameraInfo),
            "applied": peer.hear("scene/applied", SceneCommand, latched=True),
        }
        with bench.running(AvatarNode, peer.namespace, clock="lockstep", **SIZE, **settings):
            joints = peer.speak("head/joint_states", JointState)
            scene = peer.speak("scene", SceneCommand, depth=1)

            def shoot(stamp_ns, pose=None, onset=1.0):
                pose = {**(pose or {}), "onset": onset}
                positions = [float(value) for value in pose.values()]
                header = conversions.to_header(stamp_ns)
                joints.publish(JointState(header=header, name=list(pose), position=positions))
                for name in ("image", "truth", "info"):
                    wait_until(lambda n=name: stamp_ns in stamps(list(inbox[n])), f"{name} of {stamp_ns}")
                return inbox["image"][-1], inbox["truth"][-1]

            inbox.update(shoot=shoot, scene=scene)
            yield inbox

    def test_the_picture_of_a_pose(self, stage):
        pose = load_expressions().pose("confusion")
        message, truth = stage["shoot"](7 * DT_NS, pose)
        expected = Avatar(AvatarConfig(**SIZE)).render(pose, Scene())
        np.testing.assert_array_equal(pixels(message), expected.image_rgb)
        np.testing.assert_allclose(truth.box_xyxy, expected.box_xyxy, rtol=1e-6)
        np.testing.assert_allclose(truth.landmarks_xy, expected.landmarks_xy.ravel(), rtol=1e-6)
        assert (truth.lighting, truth.occlusion, truth.settled) == ("even", "none", True)
        assert truth.roll == pytest.approx(pose["head_roll"], abs=1e-6)
        assert truth.render_ms > 0

    @pytest.mark.parametrize("settings", [{"look": "ohbot", "colour": "red", "background": "room"}])
    def test_the_look_and_the_background_asked_for(self, stage):
        message, _ = stage["shoot"](7 * DT_NS)
        avatar = Avatar(AvatarConfig(**SIZE, look="ohbot", colour="red"))
        np.testing.assert_array_equal(
            pixels(message), avatar.render(None, Scene(background="room")).image_rgb
        )

    def test_one_frame_per_joint_state_with_its_stamp(self, stage):
        for k in range(3):
            _, truth = stage["shoot"](k * DT_NS, onset=0.5 * k)
            assert truth.settled == (k == 2)
        expected = [0, DT_NS, 2 * DT_NS]
        assert stamps(stage["image"]) == stamps(stage["truth"]) == stamps(stage["info"]) == expected
        assert {m.header.frame_id for name in ("image", "truth", "info") for m in stage[name]} == {
            "camera_optical"
        }

    def test_camera_info_has_the_renderers_focal_length(self, stage):
        stage["shoot"](0)
        # Half the height over the tangent of half of 38 degrees; the middle between pixels 0 and 127 is 63.5.
        focal = 36 / np.tan(np.radians(19))
        k = stage["info"][0].k
        np.testing.assert_allclose([k[0], k[4], k[2], k[5]], [focal, focal, 63.5, 35.5], rtol=1e-9)

    def test_a_scene_is_applied_and_repeated(self, stage, wait_until):
        even, _ = stage["shoot"](0)
        command = SceneCommand(
            header=conversions.to_header(5), lighting="dim", occlusion="none", yaw_offset=0.125
        )
        stage["scene"].publish(command)
        wait_until(lambda: stage["applied"], "the scene to be repeated")
        assert stage["applied"][-1] == command
        dim, truth = stage["shoot"](DT_NS)
        assert (truth.lighting, truth.yaw) == ("dim", pytest.approx(0.125))
        assert pixels(dim).mean() < 0.8 * pixels(even).mean()

    def test_an_unknown_lighting_is_told_and_work_goes_on(self, stage, peer):
        before, _ = stage["shoot"](0)
        stage["scene"].publish(SceneCommand(lighting="disco", occlusion="none"))
        text = peer.until_status("avatar", "WARN", "unknown lighting 'disco'")
        assert "dim" in text
        assert "even" in text
        after, truth = stage["shoot"](DT_NS)
        assert truth.lighting == "even"
        assert bytes(after.data) == bytes(before.data)
        assert stage["applied"] == []

    def test_a_malformed_joint_state_is_told_and_work_goes_on(self, stage, peer):
        joints = peer.speak("head/joint_states", JointState)
        joints.publish(JointState(name=["head_yaw", "head_pitch"], position=[0.1]))
        peer.until_status("avatar", "WARN", "expected one position per joint, got 1 for 2 joints")
        stage["shoot"](DT_NS)


def test_avatar_in_wall_mode_stamps_with_the_clock(bench, peer, wait_until):
    infos = peer.hear("camera/camera_info", CameraInfo)
    truths = peer.hear("ground_truth", GroundTruth)
    before_ns = peer.node.get_clock().now().nanoseconds
    with bench.running(AvatarNode, peer.namespace, width=64, height=36, fps=20.0, lighting="dim"):
        wait_until(lambda: len(infos) >= 3 and len(truths) >= 3, "three frames")
        after_ns = peer.node.get_clock().now().nanoseconds
    times = stamps(infos[:3])
    assert times == stamps(truths[:3]) == sorted(set(times))
    assert before_ns < times[0]
    assert times[-1] < after_ns
    assert truths[0].lighting == "dim"


def test_avatar_whose_process_was_killed_says_so_and_goes_on(bench, peer, wait_until):
    truths = peer.hear("ground_truth", GroundTruth)
    with bench.running(AvatarNode, peer.namespace, width=64, height=36, fps=20.0, apart="yes") as node:
        wait_until(lambda: truths, "the first frame")
        os.kill(node._avatar.process_id, signal.SIGKILL)
        peer.until_status("avatar", "WARN", "its process ended (exit code -9)")
        seen = len(truths)
        wait_until(lambda: len(truths) > seen, "a frame of the next process")
        wait_until(lambda: peer.statuses("avatar")[-1][1] == "rendering", "the warning to end")


@pytest.mark.parametrize(
    ("clock", "beside_others", "asked", "apart"),
    [
        ("wall", True, "auto", True),
        ("wall", False, "auto", False),
        ("lockstep", True, "auto", False),
        ("lockstep", True, "yes", True),
        ("wall", True, "no", False),
    ],
)
def test_where_the_avatar_is_drawn(bench, peer, clock, beside_others, asked, apart):
    handover = Handover() if beside_others else None
    options = {"clock": clock, "apart": asked, **SIZE}
    with bench.running(AvatarNode, peer.namespace, handover=handover, **options) as node:
        peer.until_status("avatar", "OK", "rendering")
        assert isinstance(node._avatar, AvatarApart) == apart
