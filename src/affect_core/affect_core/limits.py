"""What is too large to be true: the largest sizes that files, messages and downloads may claim.

A number in a file or message is an assertion of whoever wrote it. It is held against these before memory is taken for
it, so that a few bytes cannot ask for gigabytes. Each is far above what anybody has used on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from affect_core.config import Settings, setting
from affect_core.errors import AffectError, InputError

MIB: Final = 1 << 20
GIB: Final = 1 << 30


@dataclass(frozen=True)
class Limits(Settings):
    """Largest sizes. Images: 8K video has 33 million pixels."""

    image_edge_px: int = setting(16_384, "width and height of an image", low=1)
    image_pixels: int = setting(40_000_000, "width x height of an image", low=1)
    compressed_image_bytes: int = setting(128 * MIB, "a compressed image, message or file", low=1)
    faces: int = setting(256, "faces, estimates or maps in one message", low=1)
    classes: int = setting(1_000, "labels and probabilities of one estimate", low=1)
    joints: int = setting(256, "joints, regions or statuses in one message", low=1)
    text_bytes: int = setting(1 * MIB, "text in a message: JSON of a session or scene", low=1)
    json_file_bytes: int = setting(512 * MIB, "a JSON file of our own", low=1)
    json_line_bytes: int = setting(1 * MIB, "one record of a manifest", low=1)
    manifest_bytes: int = setting(4 * GIB, "all records of a manifest", low=1)
    scenes: int = setting(1_000, "scenes of a protocol, combinations counted", low=1)
    yaml_bytes: int = setting(512 * 1024, "a YAML file", low=1)
    yaml_depth: int = setting(32, "levels of a YAML file", low=1)
    yaml_nodes: int = setting(200_000, "values of a YAML file, those that aliases repeat included", low=1)
    bag_metadata_bytes: int = setting(1 * MIB, "metadata.yaml of a bag", low=1)
    motor_file_bytes: int = setting(256 * 1024, "an .omd file", low=1)
    weights_header_bytes: int = setting(8 * MIB, "header of a safetensors file", low=1)
    bag_record_bytes: int = setting(1 * GIB, "one record or chunk of a bag, and one message", low=1)
    unpacked_bag_bytes: int = setting(64 * GIB, "a compressed file of a bag, unpacked", low=1)
    arrays_bytes: int = setting(16 * GIB, "the arrays of one .npz or .npy file", low=1)
    download_bytes: int = setting(2 * GIB, "a file from the network", low=1)


LIMITS: Final = Limits()


def expect_at_most(
    limit: float,
    got: float,
    what: str,
    do: str = "it is damaged, or not what it says",
    error: type[AffectError] = InputError,
) -> None:
    """Raise ``error`` with the limit, what came and what to do, if ``got`` is above ``limit``.

    Args:
        what: names the number, with its unit: ``bytes in FILE``.
        do: what it means, or what to do about it.
    """
    if got > limit:
        raise error(f"expected at most {limit:,.0f} {what}, got {got:,.0f}; {do}")
