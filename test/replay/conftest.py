"""One short recorded session for all tests of this folder."""

import json

import pytest


@pytest.fixture(scope="session", autouse=True)
def _isolated_domain(ros_domain):
    return ros_domain


@pytest.fixture(scope="session")
def recorded(affect_hri, tiny_model, tmp_path_factory):
    """The report folder of a recorded lock-step trial of 20 frames."""
    output = tmp_path_factory.mktemp("recorded")
    values = ["--model", tiny_model, "--protocol", "short", "--clock", "lockstep", "--record"]
    done = affect_hri("trial", *values, "--output", output)
    assert done.returncode == 0, done.stderr
    (folder,) = output.iterdir()
    return folder


@pytest.fixture(scope="session")
def summary_of():
    def read(output):
        """summary.json of the only report below ``output``, and its folder."""
        (file,) = output.glob("*/summary.json")
        return json.loads(file.read_text())

    return read
