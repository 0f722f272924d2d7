"""Images of every layout, through both converters."""

import cv2
import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from affect_core.errors import InputError
from affect_core.images import rgb_from_raw
from affect_hri import conversions

STAMP_NS = 12_345_678_901
ENCODINGS = (
    "rgb8",
    "bgr8",
    "rgba8",
    "bgra8",
    "mono8",
    "mono16",
    "rgb16",
    "bgr16",
    "rgba16",
    "bgra16",
    "yuv422",
    "yuv422_yuy2",
    "bayer_rggb8",
    "bayer_bggr8",
    "bayer_gbrg8",
    "bayer_grbg8",
    "bayer_rggb16",
)


def sent(message):
    """The message as it comes out of the other end of a wire."""
    return deserialize_message(serialize_message(message), type(message))


def raw(pixels, encoding, *, padding=0, big_endian=False):
    """An Image of an array (H, W) or (H, W, C), with ``padding`` bytes of 0xAA at the end of every row."""
    stored = pixels.astype(pixels.dtype.newbyteorder(">" if big_endian else "<"))
    height, width = pixels.shape[:2]
    rows = np.frombuffer(stored.tobytes(), np.uint8).reshape(height, -1)
    rows = np.hstack([rows, np.full((height, padding), 0xAA, np.uint8)])
    return Image(
        header=conversions.to_header(STAMP_NS, "optical"),
        height=height,
        width=width,
        encoding=encoding,
        is_bigendian=int(big_endian),
        step=rows.shape[1],
        data=rows.tobytes(),
    )


class TestImageEncodings:
    """Every converter, against values written down by hand."""

    def test_rgb8(self, pixels, reader):
        np.testing.assert_array_equal(reader(raw(pixels, "rgb8")), pixels)

    def test_bgr8(self, pixels, reader):
        np.testing.assert_array_equal(reader(raw(pixels[..., ::-1], "bgr8")), pixels)

    def test_rgba8(self, pixels, reader):
        alpha = np.full((4, 5, 1), 7, np.uint8)
        np.testing.assert_array_equal(reader(raw(np.dstack([pixels, alpha]), "rgba8")), pixels)

    def test_bgra8(self, pixels, reader):
        alpha = np.full((4, 5, 1), 7, np.uint8)
        np.testing.assert_array_equal(reader(raw(np.dstack([pixels[..., ::-1], alpha]), "bgra8")), pixels)

    def test_mono8(self, pixels, reader):
        grey = pixels[..., 0]
        np.testing.assert_array_equal(reader(raw(grey, "mono8")), np.dstack([grey] * 3))

    @pytest.mark.parametrize("big_endian", [False, True])
    def test_mono16_is_rounded_to_8_bit(self, reader, big_endian):
        grey = np.array([[0, 128, 129, 257, 0x8000, 65535]], np.uint16)  # / 257, to the nearest
        expected = np.array([[0, 0, 1, 1, 128, 255]], np.uint8)
        found = reader(raw(grey, "mono16", big_endian=big_endian))
        np.testing.assert_array_equal(found, np.dstack([expected] * 3))

    def test_rgb16_and_bgr16(self, pixels, reader):
        deep = pixels.astype(np.uint16) * 257
        np.testing.assert_array_equal(reader(raw(deep, "rgb16")), pixels)
        np.testing.assert_array_equal(reader(raw(deep[..., ::-1], "bgr16", big_endian=True)), pixels)

    def test_yuyv(self, reader):
        # Grey: U = V = 128; brightness 16..235 is stretched to 0..255.
        yuyv = np.array([[[16, 128], [235, 128], [126, 128], [126, 128]]], np.uint8)
        found = reader(raw(yuyv, "yuv422_yuy2"))
        np.testing.assert_array_equal(found[0, :, 0], [0, 255, 128, 128])
        assert np.ptp(found, axis=2).max() == 0

    def test_bayer(self, reader):
        mosaic = np.full((8, 8), 90, np.uint8)
        np.testing.assert_array_equal(reader(raw(mosaic, "bayer_rggb8")), np.full((8, 8, 3), 90))

    @pytest.mark.parametrize(("encoding", "padding"), [("rgb8", 1), ("rgb8", 3), ("bgr8", 7), ("rgb16", 2)])
    def test_row_padding_is_removed(self, pixels, reader, encoding, padding):
        shown = pixels[..., ::-1] if encoding == "bgr8" else pixels
        stored = shown.astype(np.uint16) * 257 if encoding == "rgb16" else shown
        np.testing.assert_array_equal(reader(raw(stored, encoding, padding=padding)), pixels)

    @pytest.mark.parametrize("padding", [0, 3])
    @pytest.mark.parametrize(
        "encoding",
        ENCODINGS,
    )
    def test_both_converters_agree(self, encoding, padding):
        pytest.importorskip("cv_bridge", reason="needs cv_bridge, which comes with a ROS installation")
        shapes = {"rgba": 4, "bgra": 4, "rgb": 3, "bgr": 3, "yuv": 2}
        channels = next((count for name, count in shapes.items() if encoding.startswith(name)), 1)
        depth = np.uint16 if encoding.endswith("16") else np.uint8
        values = np.random.default_rng(3).integers(0, np.iinfo(depth).max + 1, (6, 8, channels), depth)
        message = raw(
            values if channels > 1 else values[..., 0], encoding, padding=padding * depth().itemsize
        )
        np.testing.assert_array_equal(conversions.ImageReader("cv_bridge")(message), rgb_from_raw(message))


class TestBadImages:
    """Each is an InputError that says what was expected, what came and what to do."""

    @pytest.mark.parametrize("encoding", ["", "nonsense", "jpeg", "32FC1", "8UC3", "32FC3"])
    def test_unknown_encoding(self, pixels, reader, encoding):
        message = raw(pixels, "rgb8")
        message.encoding = encoding
        with pytest.raises(InputError, match=rf"expected .*encoding.*got '{encoding}'.*rgb8, bgr8, mono8"):
            reader(message)

    def test_step_shorter_than_a_row(self, pixels, reader):
        message = raw(pixels, "rgb8")
        message.step = 14
        with pytest.raises(InputError, match=r"expected step >= 15 for 5 pixels of 'rgb8', got 14"):
            reader(message)

    def test_step_longer_than_the_data(self, pixels, reader):
        message = raw(pixels, "rgb8")
        message.step = 16
        with pytest.raises(InputError, match=r"16 \* 4 = 64 bytes of 'rgb8' for width 5, got 60"):
            reader(message)

    def test_too_few_bytes(self, pixels, reader):
        message = raw(pixels, "rgb8")
        message.data = message.data[:-1]
        with pytest.raises(InputError, match=r"= 60 bytes .* got 59"):
            reader(message)

    @pytest.mark.parametrize(("width", "height"), [(0, 0), (0, 4), (5, 0)])
    def test_no_pixels(self, reader, width, height):
        message = Image(header=Header(), width=width, height=height, encoding="rgb8", step=15)
        with pytest.raises(InputError, match=rf"expected an image, got {width}x{height} pixels"):
            reader(message)

    def test_odd_width_of_a_format_that_needs_pairs(self, reader):
        with pytest.raises(InputError, match=r"expected an image that converts to rgb8, got .*yuv422_yuy2"):
            reader(raw(np.zeros((2, 3, 2), np.uint8), "yuv422_yuy2"))


class TestCompressedImages:
    @staticmethod
    def encoded(pixels, suffix):
        return cv2.imencode(suffix, pixels[..., ::-1])[1].tobytes()

    def test_png_is_exact(self, pixels, reader):
        message = CompressedImage(format="png", data=self.encoded(pixels, ".png"))
        np.testing.assert_array_equal(reader(sent(message)), pixels)

    def test_grey_png_becomes_colour(self, pixels, reader):
        data = cv2.imencode(".png", pixels[..., 0])[1].tobytes()
        np.testing.assert_array_equal(
            reader(CompressedImage(format="mono8; png compressed", data=data)),
            np.dstack([pixels[..., 0]] * 3),
        )

    def test_jpeg(self, reader):
        blue = np.zeros((16, 16, 3), np.uint8)
        blue[..., 2] = 180
        found = reader(CompressedImage(format="jpeg", data=self.encoded(blue, ".jpg")))
        np.testing.assert_allclose(found, blue, atol=3)

    @pytest.mark.parametrize(
        "damage", [lambda data: b"", lambda data: b"\xff\xd8\xff rest", lambda data: data[:20]]
    )
    def test_broken_jpeg(self, pixels, reader, damage):
        data = damage(self.encoded(pixels, ".jpg"))
        with pytest.raises(InputError, match=rf"expected JPEG or PNG data, got {len(data)} bytes"):
            reader(CompressedImage(format="jpeg", data=data))


def test_unknown_converter_lists_the_known_ones():
    with pytest.raises(Exception, match=r"unknown image converter 'magic'; known: cv_bridge, rosbags_image"):
        conversions.ImageReader("magic")
