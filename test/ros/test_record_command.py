"""`affect-hri record` beside a running graph; `info` and `repair` of what it wrote."""

import os
import signal
import subprocess

import numpy as np
import pytest
from click.testing import CliRunner
from sensor_msgs.msg import Image

from affect_core.bags import Recording
from affect_core.errors import InputError
from affect_core.evaluation import TruthEvent
from affect_core.evaluation.bags import SessionBag
from affect_core.trial import EventKind, Session
from affect_core.types import Frame
from affect_hri import conversions
from affect_hri.record_command import record
from affect_hri_interfaces.msg import TrialEvent

FRAMES = 5


def count_in(path):
    """Messages in a bag that is being written."""
    try:
        with Recording(path) as bag:
            return bag.count()
    except InputError:
        return 0


def publish(peer):
    """A whole session; the last event stands for a trial that ends while the recording goes on."""
    images, events = peer.speak("camera/image_raw", Image), peer.speak("trial/events", TrialEvent)
    session = Session(id="s1", protocol="short")
    for index, kind in enumerate((EventKind.SESSION_START, EventKind.SESSION_END)):
        detail = session.to_json() if kind is EventKind.SESSION_START else ""
        events.publish(conversions.from_truth_event(TruthEvent(index, kind, index=index), "s1", detail))
    for number in range(FRAMES):
        pixels = np.full((24, 32, 3), 40 * number, np.uint8)
        images.publish(conversions.from_frame(Frame(pixels, (number + 1) * 33_000_000, "eye")))
    return images, events  # a publisher that is gone takes back what was not delivered


@pytest.fixture(scope="module")
def recorded(bench, make_peer, wait_until, affect_hri_command, tmp_path_factory):
    """Exit code, stdout and bag of a recording that was stopped with Ctrl-C."""
    path = tmp_path_factory.mktemp("record") / "bag"
    peer = make_peer(bench.namespace())
    command = [*affect_hri_command, "record", "--output", str(path), "--image", "jpeg"]
    process = subprocess.Popen(
        [*command, "--namespace", peer.namespace], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    try:
        peer.until_status("recorder", "OK", "recording")
        publishers = publish(peer)
        wait_until(lambda: count_in(path) == FRAMES + 2, "all messages in the bag")
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=90)
        del publishers
    finally:
        process.kill()
        process.wait()
        peer.close()
    return process.returncode, output, path


def test_ctrl_c_ends_a_whole_recording(recorded):
    code, output, path = recorded
    assert code == 0
    assert output.splitlines()[-1].startswith(f"{path}: {FRAMES + 2} messages on 2 topics, ")
    assert output.splitlines()[-1].endswith("1 file, whole")
    with SessionBag(path) as bag:
        frames = list(bag.frames())
        assert bag.session().protocol == "short"
        assert bag.flaws == []
    assert [frame.stamp_ns for frame in frames] == [(n + 1) * 33_000_000 for n in range(FRAMES)]
    for number, frame in enumerate(frames):
        np.testing.assert_allclose(frame.image_rgb, 40 * number, atol=2)


def test_info_shows_topics_facts_and_flaws(recorded):
    *_, path = recorded
    done = CliRunner().invoke(record, ["info", str(path)])
    assert done.exit_code == 0
    assert '"image": "jpeg"' in done.stdout
    (images, events, *_) = done.stdout.splitlines()
    assert images.endswith("/camera/image_raw/compressed  sensor_msgs/msg/CompressedImage")
    assert (int(images.split()[0]), int(events.split()[0])) == (FRAMES, 2)
    metadata = path / "metadata.yaml"
    text = metadata.read_text()
    metadata.unlink()
    try:
        done = CliRunner().invoke(record, ["info", str(path)])
        assert done.exit_code == 3
        assert "metadata.yaml is missing" in done.stderr
        assert done.stdout.splitlines()[-1].endswith("not whole")
        done = CliRunner().invoke(record, ["repair", str(path)])
        assert done.exit_code == 0
        assert "repaired, 7 messages" in done.stdout
    finally:
        metadata.write_text(text)
    done = CliRunner().invoke(record, ["repair", str(path)])
    assert "whole, nothing changed" in done.stdout


def test_a_bag_that_is_there_is_not_written_over(recorded, affect_hri):
    *_, path = recorded
    done = affect_hri("record", "--output", path)
    assert done.returncode == 4
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("affect-hri: ")]
    assert "expected a new folder for the bag" in line
